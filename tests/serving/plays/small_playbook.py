"""A playbook of few plays, and accounts on which each of them holds."""

import pandas as pd

from churngrid.features.metrics.catalogue import METRICS, by_column
from churngrid.features.schema.conditions import Condition
from churngrid.serving.company.playbook import Play, Playbook
from churngrid.serving.plays.interventions import Interventions

AS_OF = pd.Timestamp("2025-06-06", tz="UTC")  # a Friday


ALWAYS = {"field": "tickets_30d", "above": 0}


def play(name, slot="driver", when=None, **more):
    told = {"action": "a.", "owner": "CSM", "due_days": 5, **more}
    when = Condition.model_validate(when or ALWAYS)
    return Play(name=name, slot=slot, when=when, **told)


WATCH = play("watch", slot="cell", when={"otherwise": True})


def book(*plays, **more):
    return Playbook(plays=(*plays, WATCH), **more)


def scored(count=1, **columns):
    base = {
        "account_id": [f"a{n}" for n in range(count)],
        "as_of": [AS_OF] * count,
        "tickets_30d": 1.0,
        "arr": 1000.0,
        "p_churn": 0.2,
        "csm_id": "ann",
        "cell": "save",
        "spoken": [{} for _ in range(count)],
        "drivers": [("active_users_28d", "usage")] * count,
        "caps": [("sponsor_left",)] * count,
    }
    return pd.DataFrame({**base, **columns})


def begun(*rows):
    """Interventions from (account, play, state, days ago)."""
    stated = [
        {
            "account_id": account,
            "play": name,
            "state": state,
            "since": AS_OF - pd.Timedelta(days=days),
            "last_at": AS_OF - pd.Timedelta(days=days),
        }
        for account, name, state, days in rows
    ]
    return Interventions(pd.DataFrame(stated), 0)


def states(plays):
    return dict(zip(plays["play"], plays["state"], strict=True))


TICKETS = by_column(METRICS)


def why_of(plays):
    return plays.set_index("play")["why"].to_dict()


FELL = {"says": "active users fell", "when": {"field": "active_users_trend_28d", "at_most": -0.1}}


CUT = {
    "says": "ARR fell",
    "when": {
        "any": [
            {"field": "arr_trend_12m", "at_most": -0.01},
            {"field": "downgrades_365d", "at_least": 1},
        ]
    },
}
