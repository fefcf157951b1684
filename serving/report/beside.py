"""What the page knows beside scores, reasons and plays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ...features.scores.health_overrides import Override
from ..company.put_aside import PutAside

__all__ = ["STORED", "Beside"]

STORED = ("facts", "changes", "improvements", "forecast", "feeds", "departures", "criteria")
"""Results that the page shows beside scores, reasons and plays."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Results of the same date, and what only a fresh scoring knows; all of it may be missing.

    Parameters
    ----------
    facts, changes, improvements, forecast, feeds, departures, criteria : DataFrame
        Stored results; rows of other dates do not count.
    history : DataFrame
        Stored scores, of earlier dates too.
    raters : DataFrame or None
        Who grades maturity apart, as ``rater_means`` gives it; None where it is not known.
    outcomes : DataFrame or None
        What became of plays: ``play`` and ``state``, one row an account and play.
    aside : sequence of PutAside or None
        Rows and money put aside.
    overrides : sequence of Override
        Those that are written down.
    """

    facts: pd.DataFrame = field(default_factory=pd.DataFrame)
    changes: pd.DataFrame = field(default_factory=pd.DataFrame)
    improvements: pd.DataFrame = field(default_factory=pd.DataFrame)
    forecast: pd.DataFrame = field(default_factory=pd.DataFrame)
    feeds: pd.DataFrame = field(default_factory=pd.DataFrame)
    departures: pd.DataFrame = field(default_factory=pd.DataFrame)
    criteria: pd.DataFrame = field(default_factory=pd.DataFrame)
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    raters: pd.DataFrame | None = None
    outcomes: pd.DataFrame | None = None
    aside: Sequence[PutAside] | None = None
    overrides: Sequence[Override] = ()

    @classmethod
    def stored(
        cls,
        tables: Mapping[str, pd.DataFrame],
        history: pd.DataFrame,
        overrides: Sequence[Override],
    ) -> "Beside":
        """Return what stored results tell, without what only a fresh scoring knows."""
        whole: dict[str, Any] = {name: tables[name] for name in STORED}
        return cls(**whole, history=history, overrides=overrides)

    def of_date(self, name: str, as_of: pd.Timestamp | None) -> pd.DataFrame:
        """Return the rows of one table on a date; none where it is empty."""
        frame: pd.DataFrame = getattr(self, name)
        if frame.empty or as_of is None:
            return frame.iloc[:0]
        return frame[pd.to_datetime(frame["as_of"], utc=True) == as_of]

    def reading_before(self, as_of: pd.Timestamp) -> pd.DataFrame:
        """Return the newest stored scores before a date, by account; empty where none are."""
        if self.history.empty:
            return self.history
        dates = pd.to_datetime(self.history["as_of"], utc=True)
        if not (dates < as_of).any():
            return self.history.iloc[:0]
        last = dates[dates < as_of].max()
        return self.history[dates == last].drop_duplicates("account_id").set_index("account_id")
