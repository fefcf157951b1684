"""Answers about maturity, but for those given while a notice is open."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..schema.tableset import Tables
from .view_data import ViewData, collected_columns

__all__ = ["maturity_answers_view"]


def maturity_answers_view(tables: Tables) -> ViewData:
    """Maturity answers, less those given while a notice was pending: hindsight lowers them."""
    table = tables["account_events"]
    answers = table.filter(pc.equal(table["kind"], "maturity_answer"))
    collected = collected_columns(tables, "account_events")
    if "contract_events" not in tables or not answers.num_rows:
        return ViewData(answers, collected)
    named = ["account_id", "event_type", "known_at", "effective_at", "event_id"]
    decided = tables["contract_events"].select(named).to_pandas()
    decided["pending"] = decided["event_type"].map(_PENDING)
    decided["presupposed"] = decided["pending"].eq(True)
    # Of events of one moment the last counts: a withdrawal presupposes a request.
    decided = decided.dropna(subset=["pending"]).sort_values(
        ["known_at", "effective_at", "presupposed", "event_id"],
        ascending=[True, True, False, True],
        kind="stable",
    )
    asked = answers.select(["account_id", "known_at"]).to_pandas()
    asked["position"] = range(len(asked))
    found = pd.merge_asof(
        asked.sort_values("known_at", kind="stable"),
        decided[["account_id", "known_at", "pending"]],
        on="known_at",
        by="account_id",
    ).sort_values("position")
    kept = ~found["pending"].eq(True).to_numpy()
    return ViewData(answers.filter(pa.array(kept)), collected)


_PENDING = {
    "notice_received": True,
    "cancel_requested": True,
    "cancelled": True,
    "cancel_withdrawn": False,
    "renewed": False,
    "reactivated": False,
}
