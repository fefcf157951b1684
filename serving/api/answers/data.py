"""What is answered about data: what the contract found, and what was begun with."""

import html
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ....features.ingest.propose.proposal import Proposal
from ....features.schema.tableset import Tables
from ....features.short_view import ShortView
from ...company.coverage import Coverage

__all__ = ["CheckResult", "InitResult"]


@dataclass(frozen=True, slots=True, repr=False)
class CheckResult:
    """What the contract found.

    Parameters
    ----------
    tables : Tables
    business : str
        What churn means with these tables.
    quarantine_path : Path or None
        Where the rows that were put aside are.
    coverage : Coverage
        What is delivered, and what each further source would unlock.
    """

    tables: Tables
    business: str
    quarantine_path: Path | None
    coverage: Coverage

    def __repr__(self) -> str:
        rows = sum(self.tables[name].num_rows for name in self.tables)
        found = len(self.tables.findings)
        return (
            f"<CheckResult: {rows:,} rows in {len(list(self.tables))} tables, {found} findings. "
            f"{self.business}>"
        )

    def _repr_html_(self) -> str:
        names = ("table", "column", "rule", "count", "quarantined")
        told = [[getattr(one, name) for name in names] for one in self.tables.findings]
        table = pd.DataFrame(told, columns=names).to_html(index=False, escape=True, border=0)
        return f"<p>{html.escape(repr(self))}</p>{table if told else ''}"


@dataclass(frozen=True, slots=True, repr=False)
class InitResult(ShortView):
    """What was written, what was found in the data, and what comes next.

    Parameters
    ----------
    written : tuple of Path
    proposal : Proposal or None
        How the data is read; None without data.
    check : CheckResult or None
        What the contract found with these settings; None where it could not be held against it.
    problem : str
        Why it could not; mostly empty.
    next : str
        The next command.
    """

    written: tuple[Path, ...]
    proposal: Proposal | None = None
    check: CheckResult | None = None
    problem: str = ""
    next: str = ""

    def _line(self) -> str:
        found = "" if self.check is None else f", {len(self.check.tables.findings)} findings"
        return f"{len(self.written)} files written{found}, next: {self.next}"

    def _table(self) -> pd.DataFrame | None:
        return pd.DataFrame({"written": [str(path) for path in self.written]})
