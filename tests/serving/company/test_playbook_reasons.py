"""What pushes an account most: one component, no context, and words for what a play answers to."""

import pandas as pd

from churngrid.serving.scoring.explanation import with_reasons

ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["a", "b"],
        "caps": [("sponsor_left",), ()],
        "cap_reasons": [("The sponsor left.",), ()],
        "cell": pd.Series(["save", None], dtype=object, index=[7, 3]),
        "health_band": ["low", "unknown"],
        "maturity_band": ["high", "low"],
        "maturity_due": ["", ""],
        "weakest_category": ["", ""],
    },
    index=[7, 3],
)


def drivers(*rows):
    names = ["metric", "component", "weight", "target", "direction", "actionable"]
    frame = pd.DataFrame(rows, columns=names).assign(account_id="a")
    return frame.assign(text=frame["metric"] + " fell")


def test_component_that_pushes_most_altogether_gives_the_drivers():
    found = with_reasons(
        ACCOUNTS,
        drivers(
            ("tickets_30d", "support", 0.5, "churn", "raises", True),
            ("active_users_28d", "usage", 0.4, "churn", "raises", True),
            ("stickiness_28d", "usage", 0.3, "churn", "raises", True),
            ("tenure_days", "context", 9.0, "churn", "raises", False),
            ("exec_sponsors", "relationship", 9.0, "churn", "lowers", True),
            ("open_goals", "outcomes", 9.0, "expansion", "raises", True),
        ),
    )
    assert found.index.tolist() == [7, 3]
    usage = ("active_users_28d", "stickiness_28d", "usage")
    assert found["drivers"].tolist() == [usage, ()]
    assert found["families"].tolist() == [(usage, ("tickets_30d", "support")), ()]
    assert found["spoken"].tolist() == [
        {
            "sponsor_left": "The sponsor left",
            "active_users_28d": "active_users_28d fell",
            "usage": "active_users_28d fell",
            "stickiness_28d": "stickiness_28d fell",
            "tickets_30d": "tickets_30d fell",
            "support": "tickets_30d fell",
            "reasons_told": "The sponsor left",
            "cell": "health low, maturity high",
        },
        {},
    ]


def test_scorecard_speaks_where_no_model_does():
    row = ("exec_sponsors", "relationship", 9.0, "chs", "lowers", True)
    found = with_reasons(ACCOUNTS, drivers(row))
    assert found["drivers"].tolist() == [("exec_sponsors", "relationship"), ()]


def test_accounts_without_drivers_have_none():
    assert with_reasons(ACCOUNTS, drivers())["drivers"].tolist() == [(), ()]
