"""All metrics of small companies, on a few dates."""

import pandas as pd

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.features.scores.scorecard_file import read_scorecard
from tests.build import day, tables_of

DATES = [day("2025-04-01"), day("2025-07-15"), day("2025-10-01")]
AS_OF = day("2025-06-01")
SCORECARD, RUBRIC = read_scorecard(None, METRICS), read_rubric(None)


def features_at(tables, *dates):
    return compute_features(tables, known_accounts(tables, dates), metrics=METRICS)


def hand_written(**frames):
    accounts = pd.DataFrame(
        {
            "account_id": ["a"],
            "customer_since": [day("2023-01-01")],
            "valid_from": [day("2023-01-01")],
            "known_at": [day("2023-01-01")],
        }
    )
    return tables_of({"accounts": accounts, **frames})


FEATURES = pd.DataFrame(
    {
        "feature_id": ["f", "g", "h"],
        "module": ["m", "m", "n"],
        "is_core": [True, True, False],
        "is_value_event": [True, False, True],
        "is_premium": [False, False, True],
        "released_at": [day("2020-01-01"), day("2025-02-01"), day("2020-01-01")],
    }
)
