"""Files that a CRM imports as they are, and the map of their fields."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

__all__ = ["FIELDS", "CrmField", "System", "crm_rows", "field_map"]


@dataclass(frozen=True, slots=True)
class CrmField:
    """One field: our column, what HubSpot and Salesforce call it, its type there, what it says."""

    column: str
    hubspot: str
    salesforce: str
    kind: str
    meaning: str


FIELDS: tuple[CrmField, ...] = (
    CrmField(
        "account_id",
        "churngrid_account_id",
        "Churngrid_Account_Id__c",
        "text, unique (HubSpot), external id (Salesforce)",
        "The account's id in your tables: rows are matched by it.",
    ),
    CrmField("account", "name", "Name", "text", "Its name."),
    CrmField("health", "churngrid_health", "Churngrid_Health__c", "picklist", "Health band."),
    CrmField(
        "stands_in",
        "churngrid_part_of_list",
        "Churngrid_Part_Of_List__c",
        "picklist",
        "Part of the list it stands in.",
    ),
    CrmField(
        "p_churn",
        "churngrid_chance_to_leave",
        "Churngrid_Chance_To_Leave__c",
        "number, 0 to 1",
        "Estimated chance that its next decision is to leave.",
    ),
    CrmField(
        "decides_on",
        "churngrid_decides_on",
        "Churngrid_Decides_On__c",
        "date",
        "When that decision falls.",
    ),
    CrmField(
        "chs",
        "churngrid_health_score",
        "Churngrid_Health_Score__c",
        "number, 0 to 100",
        "Customer health score.",
    ),
    CrmField(
        "cmi",
        "churngrid_maturity",
        "Churngrid_Maturity__c",
        "number, 1 to 5",
        "Customer maturity index.",
    ),
    CrmField(
        "arr_at_risk",
        "churngrid_arr_at_risk",
        "Churngrid_ARR_At_Risk__c",
        "currency",
        "ARR times the chance to leave.",
    ),
    CrmField(
        "reasons",
        "churngrid_reasons",
        "Churngrid_Reasons__c",
        "long text",
        "What limits its health, and the strongest reasons.",
    ),
    CrmField(
        "action",
        "churngrid_next_step",
        "Churngrid_Next_Step__c",
        "long text",
        "The next step in words.",
    ),
    CrmField("owner", "churngrid_owner", "Churngrid_Owner__c", "text", "Who takes it."),
    CrmField("due", "churngrid_due", "Churngrid_Due__c", "date", "Until when."),
    CrmField(
        "scored_on",
        "churngrid_scored_on",
        "Churngrid_Scored_On__c",
        "date",
        "Only facts known before this date count.",
    ),
)
"""In the order of the files; all but the name are fields to create once."""


System = Literal["hubspot", "salesforce"]


def crm_rows(scores: pd.DataFrame, rows: pd.DataFrame, system: System) -> pd.DataFrame:
    """Return all accounts under the names that a CRM has for the fields.

    Parameters
    ----------
    scores : DataFrame
        Results of one date.
    rows : DataFrame
        As ``listed_rows`` gives them.
    system : {"hubspot", "salesforce"}
        Internal names of HubSpot's company properties, or API names of Salesforce's Account.

    Returns
    -------
    DataFrame
        In the order of ``FIELDS``.
    """
    names = {field.column: getattr(field, system) for field in FIELDS}
    numbers = scores[["p_churn", "chs", "cmi", "arr_at_risk"]].astype(float).round(4)
    dates = pd.to_datetime(scores["as_of"], utc=True).dt.strftime("%Y-%m-%d")
    together = rows.join(numbers).assign(scored_on=dates)
    return together[list(names)].rename(columns=names).reset_index(drop=True)


def field_map() -> pd.DataFrame:
    """Return which column goes into which field, one row each.

    Returns
    -------
    DataFrame
        ``column``, ``hubspot_property``, ``salesforce_field``, ``type``, ``meaning``.
    """
    names = ["column", "hubspot_property", "salesforce_field", "type", "meaning"]
    told = [(one.column, one.hubspot, one.salesforce, one.kind, one.meaning) for one in FIELDS]
    return pd.DataFrame(told, columns=names)
