import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.results.result_column import check_result, flag, number, text, time, whole
from churngrid.serving.results.schema import RESERVED, RESULTS

DECLARED = (
    text("account_id", meaning="Who."),
    text("band", meaning="How.", choices=("low", "high")),
    number("cmi", meaning="How mature.", low=1, high=5, null="unknown"),
    number("chs_*", meaning="A component.", low=0, high=100, null="unknown"),
    whole("rank", meaning="Place.", low=1),
    flag("actionable", meaning="Whether."),
    time("as_of", meaning="When."),
)


def rows(**changes):
    at = pd.Timestamp("2025-12-01", tz="UTC")
    frame = {"account_id": ["a", "b"], "band": ["low", "high"], "cmi": [1.0, None]}
    frame |= {"chs_usage": [0.0, 100.0], "rank": [1, 2], "actionable": [True, False]}
    return pd.DataFrame(frame | {"as_of": [at, at]} | changes)


def test_what_is_as_declared_passes():
    check_result("scores", rows(), DECLARED)
    check_result("scores", rows().iloc[:0], DECLARED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account_id": ["a", None]}, r"`account_id` must not be empty, got .* in 1 rows"),
        ({"account_id": [1, 2]}, "`account_id` must hold texts"),
        ({"band": ["low", "grand"]}, r"`band` must be one of \['low', 'high'\], got 'grand'"),
        ({"cmi": [0.99, 2]}, r"`cmi` must be 1 to 5, got .*0.99"),
        ({"cmi": [5.01, 2]}, "`cmi` must be 1 to 5"),
        ({"cmi": ["1", "2"]}, "`cmi` must hold numbers"),
        ({"chs_usage": [0.0, 101.0]}, "`chs_usage` must be 0 to 100"),
        ({"rank": [1.5, 2]}, "`rank` must hold wholes"),
        ({"rank": [0, 2]}, "`rank` must be 1 or more"),
        ({"actionable": ["yes", "no"]}, "`actionable` must hold flags"),
        ({"as_of": ["2025", "2026"]}, "`as_of` must hold times"),
        ({"colour": ["red", "red"]}, "`colour` is declared nowhere"),
    ],
)
def test_what_is_not_is_named(changes, said):
    with pytest.raises(SchemaError, match=said):
        check_result("scores", rows(**changes), DECLARED)


def test_missing_column_is_named():
    with pytest.raises(
        SchemaError, match="Result `scores` is not as it is declared: column `rank` is missing"
    ):
        check_result("scores", rows().drop(columns="rank"), DECLARED)


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_every_column_has_a_sentence_and_one_place(name):
    names = [column.name for column in RESULTS[name]]
    assert len(set(names)) == len(names)
    assert all(column.meaning.endswith(".") for column in RESULTS[name])


def test_no_metric_may_take_the_name_of_a_result():
    assert {"p_churn", "chs", "caps", "health_band_raw"} <= set(RESERVED)
