"""Every verb takes its settings as a file or as the object, and its data in any form of table."""

import inspect
import typing
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import SchemaError
from churngrid.features.schema.settings import GivenSettings, Settings
from churngrid.features.short_view import ShortView

VERBS = [
    name
    for name in churngrid.__all__
    if inspect.isfunction(verb := getattr(churngrid, name))
    and "settings_path" in inspect.signature(verb).parameters
]
FLAT = [name for name in VERBS if name.endswith("_table")]
CUSTOMERS = pd.DataFrame({"left": ["yes", "no"] * 6, "visits": [1.0, 2.0, 3.0] * 4})


@pytest.fixture(scope="module")
def company():
    return build_company(4, months=6).tables


def test_all_verbs_that_take_settings_are_tried():
    assert len(VERBS) >= 14
    assert {"check", "train", "score", "report", "forecast", "explain", "score_table"} <= {*VERBS}


@pytest.mark.parametrize("name", VERBS)
def test_the_type_says_that_the_object_is_taken(name):
    told = typing.get_type_hints(getattr(churngrid, name))["settings_path"]
    assert told == GivenSettings | None


@pytest.mark.parametrize("name", sorted({*VERBS} - {*FLAT, "report", "monitor", "tune"}))
@pytest.mark.parametrize("kind", ["object", "text", "path"])
def test_settings_are_used_in_whatever_form_they_come(name, kind, company, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ours.yaml").write_text("playbook: nowhere.yaml")
    forms = {"object": Settings(playbook="nowhere.yaml"), "text": "ours.yaml"}
    given = forms.get(kind, Path("ours.yaml"))
    needed = {"account": "a"} if name == "explain" else {}
    with pytest.raises(SchemaError, match=r"nowhere\.yaml"):
        getattr(churngrid, name)(company, given, **needed)


@pytest.mark.parametrize("given", [7, {"lead_days": 60}, True])
def test_what_are_no_settings_is_said(given, company):
    with pytest.raises(TypeError, match=r"settings must be the path .* got '(int|dict|bool)'"):
        churngrid.check(company, given)


def test_read_tables_takes_a_file_of_settings_too(tmp_path):
    (tmp_path / "ours.yaml").write_text("plans: [gold]")
    tables = churngrid.read_tables(
        {"accounts": pd.DataFrame({"account_id": ["a"], "plan": ["gold"]}),
         "tickets": pd.DataFrame({"ticket_id": ["t"], "account_id": ["a"],
                                  "created_at": ["2025-02-01"]})},
        str(tmp_path / "ours.yaml"),
    )  # fmt: skip
    assert tables.plans == ("gold",)


def test_the_target_of_a_flat_table_comes_from_the_object():
    settings = Settings.model_validate({"flat": {"target": "nowhere"}})
    with pytest.raises(SchemaError, match="nowhere"):
        churngrid.train_table(CUSTOMERS, settings)


@pytest.mark.parametrize("form", [pa.Table.from_pandas, lambda frame: _Stream(frame)])
def test_a_flat_table_may_be_of_arrow_or_polars(form):
    table = form(CUSTOMERS)
    with pytest.raises(SchemaError) as told:
        churngrid.train_table(table, target="left")
    with pytest.raises(SchemaError) as as_pandas:
        churngrid.train_table(CUSTOMERS, target="left")
    assert str(told.value) == str(as_pandas.value)


@pytest.mark.parametrize("data", [None, 7, [CUSTOMERS], CUSTOMERS])
def test_data_of_no_known_form_is_refused_in_words(data):
    with pytest.raises(TypeError, match=r"must be .*got '(NoneType|int|list|DataFrame)'"):
        churngrid.score(data)


@pytest.mark.parametrize("data", [None, 7, [1]])
def test_a_flat_table_of_no_known_form_is_refused_in_words(data):
    with pytest.raises(TypeError, match="must be a file"):
        churngrid.train_table(data, target="left")


def test_results_are_a_line_and_a_short_table(company):
    scored = churngrid.score(company, model="none").scored
    assert repr(scored).startswith("<Scored: 4 accounts by the scorecard alone, ")
    assert len(repr(scored)) < 120
    assert scored._repr_html_().count("<tr") == 5


def test_a_long_table_is_cut():
    class Many(ShortView):
        def _line(self):
            return "<b>"

        def _table(self):
            return pd.DataFrame({"n": range(25)})

    shown = Many()._repr_html_()
    assert "&lt;b&gt;" in shown
    assert shown.count("<td>") == 10
    assert shown.endswith("<p>and 15 more</p>")


@pytest.mark.parametrize("name", [name for name in churngrid.__all__ if name[0].islower()])
def test_whatever_a_verb_answers_is_short(name):
    answer = typing.get_type_hints(getattr(churngrid, name)).get("return")
    fields = getattr(answer, "__dataclass_fields__", {}).values()
    if any("DataFrame" in str(field.type) for field in fields):
        assert not hasattr(answer.__repr__, "__wrapped__"), "it prints all that it holds"


class _Stream:
    """A table that hands out its columns by Arrow's interface alone, as polars does."""

    def __init__(self, frame):
        self._table = pa.Table.from_pandas(frame)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)
