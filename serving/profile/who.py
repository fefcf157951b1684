"""Who an account is."""

from collections.abc import Iterator

import pandas as pd

from .known_rows import Fact, KnownRows, on_day

__all__ = ["who_facts"]

_TEXTS = {
    "industry": "Industry",
    "country": "Country",
    "plan_tier": "Plan",
    "lifecycle_stage": "Stage",
    "touch_model": "Touch",
}


def who_facts(known: KnownRows) -> Iterator[Fact]:
    """Yield industry, plan, size and since when it is a customer, as far as known."""
    accounts = known.newest("accounts")
    for row in accounts.to_dict("records"):
        account = row["account_id"]
        for column, name in _TEXTS.items():
            if isinstance(row[column], str) and row[column]:
                yield account, "who", name, row[column].replace("_", " "), None
        if not pd.isna(row["employee_count"]):
            yield account, "who", "Employees", f"{row['employee_count']:,.0f}", None
        if not pd.isna(row["customer_since"]):
            yield account, "who", "Customer since", on_day(row["customer_since"]), None
