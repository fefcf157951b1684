"""What cannot be asked of a forecast or a model is refused, with what could be."""

import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.schema.table_mapping import TableMapping
from churngrid.serving.api.chosen_models import models_for


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "week"}, r"`by` must be one of \['quarter', 'month'\], got 'week'"),
        ({"periods": 0}, "`periods` must be from 1 to 24, got 0"),
        ({"segment": "SMB", "csm": "kim"}, "Name either `segment` or `csm`, got both"),
    ],
)
def test_a_forecast_is_refused_before_anything_is_read(asked, said):
    with pytest.raises(ValueError, match=said):
        churngrid.forecast("nowhere", **asked)


def test_a_group_that_is_not_there_is_answered_with_those_that_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"No account that pays has the csm 'nobody'; there are"):
        churngrid.forecast(build_company(8, months=8).tables, csm="nobody")


def test_no_model_and_a_required_one_contradict_each_other():
    with pytest.raises(ValueError, match="`model` is 'none' and a model is required"):
        models_for("none", None, require=True)


def test_sums_are_of_lines_of_something():
    with pytest.raises(ValueError, match="`add_up` needs `lines_of`"):
        TableMapping(add_up=["amount"])


def test_a_budget_of_nothing_is_refused_before_anything_is_read():
    with pytest.raises(ValueError, match="`seconds` must be greater than 0, got 0"):
        churngrid.tune("nowhere", seconds=0)
