"""Tables that fit on a screen, and the metrics of one account on one day computed from them."""

import pandas as pd

from churngrid.features.engine.compute import compute_features
from churngrid.features.metrics.catalogue import METRICS
from tests.build import day, tables_of

AS_OF = day("2025-06-02")
"""A Monday."""

DAY = pd.Timedelta(days=1)


def ago(days):
    """Moments so many days before; None where there is none."""
    moments = [pd.NaT if each is None else AS_OF - each * DAY for each in days]
    return pd.to_datetime(pd.Series(moments, dtype=object), utc=True)


def measured(since_days=800, as_of=AS_OF, account=None, **frames):
    """The values of all metrics of account ``a``, and the state behind each."""
    since = AS_OF - since_days * DAY
    described = {"account_id": ["a"], "customer_since": since, "valid_from": since}
    described = pd.DataFrame({**described, "known_at": since, **(account or {})})
    pairs = pd.DataFrame({"account_id": ["a"], "as_of": [as_of]})
    tables = tables_of({"accounts": described, **frames})
    found = compute_features(tables, pairs, metrics=METRICS)
    return found.frame.iloc[0], found.absence.iloc[0]


def usage(rows):
    """Usage from (user, feature, days ago, events); another account had the feed before and has."""
    columns = ["product_user_id", "feature_id", "ago", "events"]
    frame = pd.DataFrame([*rows, ("z", "f", 1, 1), ("z", "f", 900, 1)], columns=columns)
    frame["date"] = ago(frame.pop("ago"))
    frame["account_id"] = ["a"] * len(rows) + ["b", "b"]
    return frame.assign(known_at=frame["date"] + DAY / 2)


def features(names, **columns):
    """A catalogue in which everything was released long ago, unless a column says otherwise."""
    frame = pd.DataFrame({"feature_id": list(names), "released_at": day("2020-01-01")})
    return frame.assign(**{"is_core": True, "is_value_event": True, **columns})


def people(rows):
    """People from (person, roles, days since they came, days since they left)."""
    frame = pd.DataFrame(rows, columns=["person_id", "roles", "came", "left"])
    frame["valid_from"], frame["left_account_at"] = ago(frame.pop("came")), ago(frame.pop("left"))
    frame["left_known_at"] = frame["left_account_at"]
    return frame.assign(account_id="a", known_at=frame["valid_from"])


def answers(rows, kind="nps"):
    """Survey answers from (survey, person, days ago, score); another account's came long before."""
    columns = ["survey_id", "person_id", "ago", "score"]
    frame = pd.DataFrame([*rows, ("first", "z", 900, 9)], columns=columns)
    frame["responded_at"] = ago(frame.pop("ago"))
    frame["sent_at"] = frame["responded_at"] - DAY
    frame["account_id"] = ["a"] * len(rows) + ["b"]
    return frame.assign(survey_type=kind, known_at=frame["responded_at"])


def tickets(rows):
    """Solved tickets from (days ago, hours taken, hours promised, tone)."""
    frame = pd.DataFrame(rows, columns=["ago", "taken", "sla_target_h", "text_sentiment"])
    frame["created_at"] = ago(frame.pop("ago"))
    frame["resolved_at"] = frame["created_at"] + pd.to_timedelta(frame.pop("taken"), "h")
    frame["ticket_id"] = [f"t{place}" for place in range(len(frame))]
    return frame.assign(
        account_id="a",
        status="solved",
        changed_at=frame["resolved_at"],
        known_at=frame["resolved_at"],
    )


def seats(users):
    """Seats that were given and activated a year ago."""
    given = AS_OF - 365 * DAY
    return pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": list(users),
            "status": "active",
            "invited_at": given,
            "activated_at": given,
            "deactivated_at": pd.NaT,
            "known_at": given,
        }
    )
