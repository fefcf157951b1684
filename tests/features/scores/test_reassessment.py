"""An account is asked again when its answers are old or much has changed."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.scores.maturity_index import score_maturity
from tests.build import tables_of
from tests.checks.small_company import DAY
from tests.features.maturity_answers import (
    AS_OF,
    EVEN,
    PAIRS,
    RUBRIC,
    all_answered,
    scored,
    statements,
)


@pytest.mark.parametrize(
    ("age", "events", "due"),
    [
        (365, [], ""),
        (366, [], "newest answer older than 365 days"),
        (100, [("m_and_a", 99)], "merger or acquisition since the newest answer"),
        (100, [("m_and_a", 100)], ""),
        (100, [("m_and_a", 0)], ""),
        (100, [("layoff", 20)], ""),
        (
            400,
            [("leadership_change", 9), ("priority_change", 5)],
            "newest answer older than 365 days; leadership change since the newest answer; "
            "priority change since the newest answer",
        ),
    ],
)
def test_an_account_is_due_when_answers_are_old_or_much_has_changed(age, events, due):
    answered = statements([(*row[:3], age) for row in all_answered(**EVEN)])
    changed = answered[: len(events)].assign(
        event_id=[f"x{n}" for n in range(len(events))],
        kind=[kind for kind, _ in events],
        occurred_at=[AS_OF - days * DAY for _, days in events],
        known_at=[AS_OF - days * DAY for _, days in events],
    )
    both = pd.concat([answered, changed.astype(answered.dtypes.to_dict())])
    tables = tables_of({"account_events": both})
    found = score_maturity(tables, PAIRS, RUBRIC).iloc[0]
    assert found["maturity_due"] == due
    assert (found["cmi_age_days"], found["maturity_asked"]) == (age, 1)


def test_an_account_that_nobody_ever_asked_is_not_due_again():
    assert scored([])["maturity_due"] == ""
    assert scored([])["maturity_asked"] == 0
    assert np.isnan(scored([])["cmi_age_days"])
