"""The questionnaire as it is handed out: an empty sheet, and what each level means."""

import csv
import io
from collections.abc import Iterable

from ..arrays.spreadsheet_text import defused
from .rubric import Characteristic, Rubric

__all__ = ["questionnaire_guide", "questionnaire_sheet"]


_BETWEEN = "between the levels above and below"
_HOW = """\
# Maturity questionnaire

One row of `questionnaire.csv` says what one person stated about one account on one day. How well
does the account run its own function, whatever it does with our product?

| column | what to write |
|---|---|
| `account_id` | as in the table `accounts` |
| `account_name` | for you; it is not read |
| `assessor` | who stated it, always spelled the same way |
| `date` | when, such as 2025-06-30; it counts from the next day on |
| `evidence` | {kinds}; empty is Q |
| one per characteristic | a whole number from 1 to 5, or empty where nobody knows |
| `comment` | for you; it is not read |

Never guess: an empty cell is better than a 3. For another kind of evidence, or another day, add a
row; the newest answer of each kind counts, so old rows stay. `churngrid check` names every cell
that cannot be used.
"""


def questionnaire_sheet(rubric: Rubric, accounts: Iterable[tuple[str, str]] = ()) -> str:
    """Return an empty questionnaire as CSV.

    Parameters
    ----------
    rubric : Rubric
    accounts : iterable of (str, str)
        Id and name of each account to ask about; the sheet has a row for each. What a spreadsheet
        would take for a formula gets an apostrophe in front.

    Returns
    -------
    str
        Without accounts only the header.

    Examples
    --------
    >>> from churngrid.features.scores.rubric_file import read_rubric
    >>> questionnaire_sheet(read_rubric(None)).split(",")[4:7]
    ['evidence', 'VC1 Mandate', 'VC2 Goals and KPIs']
    """
    items = [f"{item.id} {item.label}" for item in rubric.characteristics()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["account_id", "account_name", "assessor", "date", "evidence", *items, "comment"]
    )
    for account_id, name in accounts:
        known = [defused(account_id), defused(name)]
        writer.writerow([*known, *[""] * (len(items) + 4)])
    return text.getvalue()


def questionnaire_guide(rubric: Rubric) -> str:
    """Return what to write into the questionnaire as Markdown: columns, and levels in words.

    Parameters
    ----------
    rubric : Rubric

    Returns
    -------
    str

    Examples
    --------
    >>> from churngrid.features.scores.rubric_file import read_rubric
    >>> "### VC1 Mandate" in questionnaire_guide(read_rubric(None))
    True
    """
    kinds = ", ".join(f"{kind.upper()} ({part.label})" for kind, part in rubric.evidence.items())
    parts = [_HOW.format(kinds=kinds)]
    for category in rubric.categories.values():
        parts.append(f"## {category.label}\n")
        parts += [_explained(item, rubric) for item in category.characteristics]
    return "\n".join(parts)


def _explained(item: Characteristic, rubric: Rubric) -> str:
    kinds = ", ".join(kind.upper() for kind in rubric.takes(item))
    lines = [f"### {item.id} {item.label}", "", f"Evidence: {kinds}.", ""]
    lines += [f"- **{level}**: {item.levels.get(level, _BETWEEN)}" for level in range(1, 6)]
    return "\n".join([*lines, ""])
