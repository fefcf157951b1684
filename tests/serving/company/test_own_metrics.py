"""Metrics of a company's own: from a module to columns, words, scores and models."""

import importlib
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS, by_column
from churngrid.features.schema.settings import Settings, load_settings
from churngrid.serving.api.check_files import check_file
from churngrid.serving.company.config import read_config
from churngrid.serving.company.own_metrics import declared_metrics
from churngrid.serving.scoring.component_reasons import ScorePoints
from churngrid.serving.scoring.drivers import drivers_of
from churngrid.serving.scoring.model_estimates import check_inputs
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.evaluation.candidates import direction_of_inputs
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel

pytestmark = pytest.mark.usefixtures("unproven")

PAGE = Path(__file__).parents[3] / "docs" / "own-metrics.md"
BLOCK = re.compile(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COLUMN = "urgent_tickets_60d"
PLAYBOOK = """plays:
  - name: calm_support
    slot: driver
    when:
      all:
        - {field: drivers, is: [urgent_tickets_60d]}
        - {field: urgent_tickets_60d, at_least: 3}
    action: Call them today.
    owner: support lead
    due_days: 1
  - {name: watch, slot: cell, when: {otherwise: true}, action: Look., owner: csm, due_days: 30}
"""
AS_OF = pd.Timestamp("2025-10-01", tz="UTC")


@pytest.fixture(scope="module")
def frames():
    return build_company(30, months=20, seed=4).tables


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project that the page in docs/ describes, on Python's path."""
    for name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_churn"]:
        del sys.modules[name]


@pytest.fixture
def metrics(project):
    return declared_metrics("acme_churn.metrics")


def module(folder, text):
    """A module of another company; its name is never used twice."""
    name = f"company_{abs(hash((str(folder), text)))}"
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return name


def test_without_a_module_there_are_those_that_ship():
    assert declared_metrics(None) == METRICS


def test_the_page_declares_one_metric_that_obeys_the_rules(project, metrics, capsys):
    assert [metric.column for metric in metrics[len(METRICS) :]] == [COLUMN]
    runpy.run_path(str(project / "tests" / "test_metrics.py"))["test_our_metrics_obey_the_rules"]()
    runpy.run_path(str(project / "reference.py"))
    assert f"| `{COLUMN}` | Tickets of urgent priority" in capsys.readouterr().out


def test_settings_lead_to_columns_drivers_and_the_health_score(project, frames):
    scored = churngrid.score(
        frames, project / "churngrid.yaml", as_of="2025-10-01", model="none"
    ).scored
    assert {COLUMN, f"{COLUMN}_in_segment"} <= set(scored.features.frame.columns)
    urgent = scored.features.frame[COLUMN].droplevel("as_of")
    assert urgent.max() >= 1
    own = scored.drivers[scored.drivers["metric"] == COLUMN]
    assert set(own["account_id"]) <= set(urgent.index[urgent > 0])
    assert own["text"].str.startswith("urgent tickets ").all()
    assert len(own)
    assert (own["component"] == "support").all()
    points = scored.scores.set_index("account_id")["chs"]
    assert points[urgent[urgent == 0].index].max() > points[own["account_id"]].max()


def test_playbook_may_look_at_it_and_name_it_as_driver(project):
    playbook, settings = project / "playbook.yaml", project / "churngrid.yaml"
    playbook.write_text(PLAYBOOK)
    settings.write_text("metrics: acme_churn.metrics\nplaybook: playbook.yaml\n")
    assert check_file("playbook", playbook, settings) == []
    config = read_config(load_settings(settings))
    assert config.metrics[-1].column == COLUMN
    settings.write_text("playbook: playbook.yaml\n")
    assert COLUMN in " ".join(check_file("playbook", playbook, settings))


CONTEXT = """
from acme_churn.metrics import METRICS
from churngrid.features.metrics.combined_measures import Scaled
from churngrid.features.metrics.measures import Tenure
from churngrid.features.metrics.metric import Metric
from churngrid.features.metrics.absence import Absence

YEARS = Metric(
    name="customer_years",
    component="context",
    measure=Scaled(Tenure(), 1 / 365),
    label="years as a customer",
    unit="years",
    direction="c",
    axis="context",
    when_absent=Absence.NOT_APPLICABLE,
    meaning="Years since the account became one.",
)
METRICS = (*METRICS, YEARS)
"""


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("{field: urgent_tickets_60, at_least: 3}", "6: play 'calm_support' looks at unknown"),
        ("{field: urgent_tickets_60d, is: [many]}", "6: .* is a number; use at_least"),
        ("{field: drivers, is: [urgent_ticket_60d]}", "6: .* never 'urgent_ticket_60d'. Did you"),
        ("{field: customer_years, at_least: 3}", "4: .* looks only at context"),
        ("{field: drivers, is: [customer_years]}", "6: .* 'customer_years' is context, which no"),
    ],
)
def test_playbook_is_refused_where_it_gets_an_own_metric_wrong(project, condition, message):
    name = module(project, CONTEXT)
    playbook, settings = project / "playbook.yaml", project / "churngrid.yaml"
    settings.write_text(f"metrics: {name}\nplaybook: playbook.yaml\n")
    both = PLAYBOOK.replace("{field: urgent_tickets_60d, at_least: 3}", condition)
    wrong = both.replace("- {field: drivers, is: [urgent_tickets_60d]}", f"- {condition}")
    playbook.write_text(wrong)
    found = check_file("playbook", playbook, settings)
    assert re.match(rf"playbook.yaml:{message}", found[0])
    with pytest.raises(SchemaError, match=message):
        read_config(load_settings(settings))


def test_hash_of_what_is_declared_knows_them(project):
    without, among = (read_config(Settings(metrics=name)) for name in (None, "acme_churn.metrics"))
    assert without.digest != among.digest


def test_models_train_on_them_and_say_them(metrics, frames):
    tables = read_tables(frames)
    config = read_config(Settings())
    dataset = build_dataset(
        tables,
        Settings(),
        scorecard=config.scorecard,
        rubric=config.rubric,
        metrics=metrics,
        as_of=[pd.Timestamp("2024-10-01", tz="UTC")],
    )
    assert {COLUMN, f"{COLUMN}_in_segment"} <= set(dataset.columns("churn"))
    assert direction_of_inputs("churn", metrics)[COLUMN] == 1
    assert COLUMN not in direction_of_inputs("churn")


def test_shap_of_level_and_percentile_is_one_driver_with_its_label(metrics, frames):
    tables = read_tables(frames)
    features = compute_features(tables, known_accounts(tables, [AS_OF]), metrics=metrics)
    shares = pd.DataFrame(
        {COLUMN: 0.5, f"{COLUMN}_in_segment": 0.25, "(strange)": 9.0}, index=features.frame.index
    )
    everyone = pd.Series(True, index=features.frame.index)
    none = np.empty((len(shares), 0))
    nothing = ScorePoints([], np.empty(0, dtype=np.int64), none, none, none)
    found = drivers_of(
        features, {"churn": shares}, nothing, told={"churn": everyone}, by_scorecard=~everyone
    )
    assert len(found)
    assert set(found["metric"]) == {COLUMN}
    assert set(found["shap"]) == {0.75}
    assert found["text"].str.startswith("urgent tickets ").all()


def fitted(*columns):
    X = pd.DataFrame(np.random.default_rng(0).random((40, len(columns))), columns=list(columns))
    y = (X.iloc[:, 0] > 0.5).to_numpy().astype(int)
    model = model_named("boosted").build()
    model.fit(X, y, groups=np.arange(len(y)), monotone={}, roles={})
    return FittedModel("churn", model, 0.5, 30, 180, "2025-06-01T00:00:00+00:00")


def test_model_that_reads_an_undeclared_metric_is_refused_with_the_way_out(metrics, frames):
    model = fitted("active_users_28d", COLUMN, "cmi")
    check_inputs(model, metrics)
    message = (
        rf"reads \['{COLUMN}'\], which no declared metric gives. .*setting `metrics`, or train"
    )
    with pytest.raises(ArtifactError, match=message):
        check_inputs(model, METRICS)


def test_module_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SchemaError, match=r"module 'acme_nowhere.metrics' cannot be imported: No"):
        declared_metrics("acme_nowhere.metrics")


@pytest.mark.parametrize(
    ("text", "got"), [("", "NoneType"), ("METRICS = []", "list"), ("METRICS = (1,)", "tuple")]
)
def test_module_without_a_tuple_of_metrics_is_refused(text, got, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SchemaError, match=rf"must have a tuple `METRICS` of `Metric`, got '{got}'"):
        declared_metrics(module(tmp_path, text))


def test_metric_that_churngrid_ships_cannot_be_declared_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    text = "from churngrid.features.metrics.catalogue.usage import METRICS"
    with pytest.raises(SchemaError, match="which is there already; give it another name"):
        declared_metrics(module(tmp_path, text))


@pytest.mark.parametrize("name", ["metrics.py/..", "my-metrics", "a b", "", ".", "a..b", "1a"])
def test_setting_is_the_name_of_a_module(name, tmp_path):
    path = tmp_path / "churngrid.yaml"
    path.write_text(f'metrics: "{name}"\n')
    with pytest.raises(SchemaError, match=r"churngrid.yaml:1: metrics"):
        churngrid.score({}, path)


def test_own_columns_lead_to_their_metric(metrics):
    assert by_column(metrics)[f"{COLUMN}_vs_own"] is metrics[-1]


def test_a_name_that_databases_would_cut_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    text = (
        "from dataclasses import replace\n"
        "from churngrid.features.metrics.catalogue.usage import METRICS as shipped\n"
        "METRICS = (replace(shipped[0], name='n' * 60),)\n"
    )
    with pytest.raises(SchemaError, match="must have at most 50 bytes, for databases cut"):
        declared_metrics(module(tmp_path, text))
