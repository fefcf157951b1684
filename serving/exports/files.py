"""All files for other tools, by name."""

import pandas as pd

from ..company.playbook import Playbook
from ..results.csv_files import as_csv
from ..results.words import held_back, in_order, with_the_account
from .crm import crm_rows, field_map
from .digests import digests_of
from .lists import LISTS, list_of, listed_rows
from .workbook import can_write_workbooks, workbook_of

__all__ = ["export_files"]


def export_files(
    scores: pd.DataFrame,
    drivers: pd.DataFrame,
    plays: pd.DataFrame,
    *,
    playbook: Playbook,
    currency: str,
) -> dict[str, bytes | str]:
    """Return the three lists, the workbook, the CRM files and the digests of one scoring.

    Parameters
    ----------
    scores, drivers, plays : DataFrame
        Results of one date.
    playbook : Playbook
        For the words of each action.
    currency : str
        ISO 4217 code of every amount.

    Returns
    -------
    dict of str to bytes or str
        By file name; nothing without accounts. Without the extra ``churngrid[excel]`` there is no
        workbook.
    """
    if scores.empty:
        return {}
    ordered = in_order(scores).reset_index(drop=True)
    rows = listed_rows(ordered, drivers, plays, playbook)
    lists = {one: list_of(one, ordered, rows) for one in LISTS}
    files: dict[str, bytes | str] = {
        f"lists/{one.name}.csv": as_csv(frame) for one, frame in lists.items()
    }
    if can_write_workbooks():
        sheets = {one.title: frame for one, frame in lists.items()}
        files["lists/accounts.xlsx"] = workbook_of(sheets | {"All accounts": rows})
    files["crm/field_map.csv"] = as_csv(field_map())
    files["crm/hubspot_companies.csv"] = as_csv(crm_rows(ordered, rows, "hubspot"))
    files["crm/salesforce_accounts.csv"] = as_csv(crm_rows(ordered, rows, "salesforce"))
    tasks = _in_words(with_the_account(plays), playbook)
    waits = _in_words(held_back(plays), playbook).assign(due_at=None)
    digests = digests_of(ordered, rows, tasks, waits, currency=currency)
    return files | {f"digests/{name}": text for name, text in digests.items()}


def _in_words(plays: pd.DataFrame, playbook: Playbook) -> pd.DataFrame:
    """Return plays in words, the earliest due first."""
    columns = ["account_id", "play", "owner", "due_at", "overdue_days"]
    told = plays.reindex(columns=columns)
    actions = {play.name: play.action for play in playbook.plays}
    due = pd.to_datetime(told["due_at"], utc=True)
    words = told["play"].map(actions).fillna(told["play"])
    return told.assign(due_at=due, action=words).sort_values(
        ["due_at", "account_id"], kind="stable", ignore_index=True
    )
