"""Spark in local mode gives the numbers of one machine, whatever lies in the way."""

import os
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churngrid.demo import build_company
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import DEFAULTS, Settings
from churngrid.serving.company.config import read_config
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.scoring.scored import Models
from churngrid.serving.spark import spark_tables as sparktables
from churngrid.serving.spark.on_spark import (
    compute_features_on_spark,
    local_session,
    put_aside_on_spark,
    score_on_spark,
)
from churngrid.serving.spark.spark_tables import open_tables
from churngrid.training.dataset.dataset import maturity_inputs, model_columns
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel
from churngrid.training.registry.mlflow_registry import TrainingReport, local_uri, log_training
from churngrid.training.registry.promotion import Decision
from tests.build import day

# Only Arrow tables pass between Spark and churngrid, never data frames of pandas.
pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
]

ROOT = Path(__file__).parents[3]
BRIEF_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""To compile Java for a long run costs a brief one more than half of its time."""
BRIEF_SQL = {
    "shuffle.partitions": "2",
    "codegen.wholeStage": "false",
    "codegen.factoryMode": "NO_CODEGEN",
    "adaptive.enabled": "false",
    "constraintPropagation.enabled": "false",
}
"""Plans are as long for few rows as for many, and to better them costs more than it brings."""
DATES = [day("2025-09-01"), day("2025-11-20")]
SILENT_FROM = pd.Timestamp("2025-11-05")
KEYS = ["account_id", "as_of"]
SETTINGS = Settings.model_validate(
    {"tables": {"tickets": {"source": "cases", "columns": {"ticket_id": "case no."}}}}
)


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Java is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", BRIEF_JAVA)
        session = local_session(threads=2, memory_mb=1024)
    for name, value in BRIEF_SQL.items():
        session.conf.set(f"spark.sql.{name}", value)
    yield session
    session.stop()


def troubled(frames):
    """What companies bring: moved contracts and people, repeats, broken rows, a feed that ended."""
    first, second, third, fourth = frames["accounts"]["account_id"].unique()[:4]
    changed = {name: frame.copy() for name, frame in frames.items()}
    usage = frames["usage_daily"]
    changed["usage_daily"] = usage[usage["known_at"] < SILENT_FROM]
    moved = frames["contracts"][frames["contracts"]["account_id"] == first]
    later = moved["known_at"] + pd.Timedelta(days=40)
    changed["contracts"] = pd.concat(
        [frames["contracts"], moved.assign(account_id=second, known_at=later)], ignore_index=True
    )
    known = frames["people"][frames["people"]["account_id"] == second]
    later = known["known_at"] + pd.Timedelta(days=50)
    changed["people"] = pd.concat(
        [frames["people"], known.assign(account_id=third, known_at=later, roles="sponsor")],
        ignore_index=True,
    )
    tickets = frames["tickets"]
    repeated = tickets[tickets["account_id"] == third].assign(account_id=fourth, priority="urgent")
    lost = tickets.iloc[:3].assign(ticket_id=["x", "y", "z"], account_id=["nobody", None, first])
    lost["created_at"] = [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-01"), pd.NaT]
    cases = pd.concat([repeated, tickets, lost], ignore_index=True)
    changed["cases"] = cases.rename(columns={"ticket_id": "case no."})
    del changed["tickets"]
    return changed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of both kinds: one a table, and usage in parts of which the first has fewer columns."""
    folder = tmp_path_factory.mktemp("company [1]") / "exports"
    (folder / "usage_daily" / "2025").mkdir(parents=True)
    frames = troubled(build_company(80, months=14, seed=3).tables)
    usage = frames.pop("usage_daily")
    cut = len(usage) // 3
    parts = (("a.parquet", usage[:cut].drop(columns="errors")), ("2025/b.parquet", usage[cut:]))
    for name, part in parts:
        write(part, folder / "usage_daily" / name)
    for name, frame in frames.items():
        write(frame, folder / f"{name}.parquet")
    return folder


def write(frame, path):
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)


@pytest.fixture(scope="module")
def tables(folder):
    return read_tables(folder, SETTINGS)


def on_spark(spark, pairs):
    rows = [
        (account, date.to_pydatetime()) for account, date in pairs[KEYS].itertuples(index=False)
    ]
    return spark.createDataFrame(rows, "account_id string, as_of timestamp")


def own_dates(tables):
    """A shared calendar, and for every account a date of its own."""
    shared = known_accounts(tables, DATES)
    own = known_accounts(tables, DATES[:1])
    own = own.assign(as_of=own["as_of"] + pd.to_timedelta(np.arange(len(own)) % 30, unit="D"))
    return pd.concat([shared, own]).drop_duplicates(ignore_index=True)


@pytest.mark.parametrize("buckets", [None, 3])
def test_every_column_equals_that_of_one_machine(spark, folder, tables, buckets):
    pairs = own_dates(tables)
    expected = compute_features(tables, pairs, metrics=METRICS).frame
    found = compute_features_on_spark(
        spark, folder, on_spark(spark, pairs), settings=SETTINGS, buckets=buckets
    )
    assert found.columns == [*KEYS, *expected.columns]
    frame = found.toArrow().to_pandas().set_index(KEYS).sort_index()
    pd.testing.assert_frame_equal(frame, expected, rtol=1e-9, atol=1e-9, check_index_type=False)
    # The data has what the comparison is about.
    late = expected.xs(DATES[1], level="as_of")
    assert late["active_users_28d_in_segment"].notna().any()
    assert late["active_users_28d_vs_own"].notna().any()
    assert tables.quarantine.num_rows > 10


def test_rows_put_aside_equal_those_of_one_machine(spark, folder, tables):
    found = put_aside_on_spark(spark, folder, settings=SETTINGS).toArrow().to_pandas()
    # The number of a row is its place in a file; Spark has no order of rows.
    expected = tables.quarantine.drop_columns("row").to_pandas()
    order = ["table", "key", "reason", "values"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
    )


@pytest.fixture(scope="module")
def models(tables, tmp_path_factory):
    """Both champions in a store of their own; what they learned does not matter here."""
    config = read_config(DEFAULTS)
    features = compute_features(tables, known_accounts(tables, DATES[:1]), metrics=METRICS)
    uri = local_uri(tmp_path_factory.mktemp("models"))
    fitted = {}
    for target in ("churn", "expansion"):
        X = features.frame[model_columns(METRICS)]
        if target == "expansion":
            X = X.join(maturity_inputs(tables, features, config.rubric))
        model = model_named("boosted").build()
        y = np.random.default_rng(1).integers(0, 2, len(X))
        model.fit(X, y, groups=np.arange(len(X)), monotone={}, roles={})
        fitted[target] = fitted_model(target, model)
        log_training(uri, fitted[target], report())
    return uri, Models(fitted["churn"], fitted["expansion"])


def fitted_model(target, model):
    return FittedModel(
        target=target,
        model=model,
        base_rate=0.5,
        lead_days=30,
        horizon_days=180,
        trained_through="2025-01-01",
    )


def report():
    scorers = pd.DataFrame({"scorer": [], "value": [], "low": [], "high": []})
    return TrainingReport(Decision("champion", "It is the first."), scorers)


def assert_scores(found, tables, models, column):
    """Scores for the same accounts as on one machine, with the same standing and probability."""
    config = read_config(SETTINGS)
    expected = score_tables(tables, DATES[0], config=config, models=models).scores
    assert list(found.columns) == [*KEYS, "status", column]
    found = found.sort_values("account_id", ignore_index=True)
    wanted = expected[list(found.columns)].sort_values("account_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-9, atol=1e-9, check_dtype=False)
    assert found[column].notna().sum() > 10
    assert found[column].isna().any()


def test_a_model_may_read_maturity(spark, folder, tables, models):
    uri, champions = models
    assert "cmi" in champions.expansion.columns
    found = score_on_spark(
        spark,
        folder,
        DATES[0].tz_localize(None),
        target="expansion",
        tracking=uri,
        settings=SETTINGS,
        buckets=3,
    )
    assert_scores(found.toArrow().to_pandas(), tables, champions, "p_expand")


def test_a_model_that_reads_the_scorecard_is_refused(spark, folder, tmp_path):
    X = pd.DataFrame({"chs": np.linspace(0, 100, 40)})
    model = model_named("scorecard").build()
    y = (X["chs"] < 50).to_numpy().astype(int)
    model.fit(X, y, groups=np.arange(40), monotone={}, roles={"scorecard": "chs"})
    uri = local_uri(tmp_path)
    log_training(uri, fitted_model("churn", model), report())
    with pytest.raises(ArtifactError, match=r"'scorecard' model .* reads \['chs'\], which is not"):
        score_on_spark(spark, folder, DATES[0], tracking=uri)


def test_without_a_champion_the_next_step_is_said(spark, folder, tmp_path):
    with pytest.raises(ArtifactError, match="no champion for 'churn'; run `churngrid train`"):
        score_on_spark(spark, folder, DATES[0], tracking=local_uri(tmp_path))
    assert not any(tmp_path.iterdir())


def test_there_must_be_a_bucket(spark, folder):
    with pytest.raises(ValueError, match="`buckets` must be at least 1, got 0"):
        put_aside_on_spark(spark, folder, buckets=0)


def test_a_folder_that_is_not_there_is_told(spark, tmp_path):
    with pytest.raises(SchemaError, match=r"Spark cannot read .*nowhere.*PATH_NOT_FOUND"):
        put_aside_on_spark(spark, tmp_path / "nowhere")


def small(folder, **changed):
    tables = {
        "accounts": pa.table({"account_id": ["a"], "customer_since": ["2025-01-01"]}),
        "tickets": pa.table(
            {"ticket_id": ["t"], "account_id": ["a"], "created_at": ["2025-02-01"]}
        ),
    }
    folder.mkdir()
    for name, table in (tables | changed).items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


def test_times_that_spark_cannot_read_are_told(spark, tmp_path):
    nanoseconds = pa.array([0], pa.timestamp("ns"))
    accounts = pa.table({"account_id": ["a"], "customer_since": nanoseconds})
    data = small(tmp_path / "data", accounts=accounts)
    with pytest.raises(SchemaError, match="times in microseconds"):
        put_aside_on_spark(spark, data)


def test_other_formats_are_refused(spark, tmp_path):
    data = small(tmp_path / "data")
    (data / "people.csv").write_text("person_id,account_id\n")
    with pytest.raises(SchemaError, match="Spark reads Parquet in place"):
        put_aside_on_spark(spark, data)


def test_a_table_that_is_there_twice_is_refused(spark, tmp_path):
    data = small(tmp_path / "data")
    (data / "tickets").mkdir()
    shutil.copy(data / "tickets.parquet", data / "tickets" / "part.parquet")
    with pytest.raises(SchemaError, match=r"there twice: .*tickets\.parquet.*Keep one of them"):
        put_aside_on_spark(spark, data)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (
            {"lookup": {"priority": {"table": "accounts", "on": "account_id", "take": "name"}}},
            r"`tables.tickets.lookup` does not work on Spark; put \['priority'\]",
        ),
        (
            {"constants": {"account_id": "a"}},
            "`tables.tickets.constants.account_id` does not work on Spark",
        ),
        ({"columns": {"priority": "prio"}}, "source table 'tickets' has no column 'prio'"),
    ],
)
def test_settings_that_do_not_work_on_spark_are_refused(spark, tmp_path, mapping, message):
    accounts = pa.table({"account_id": ["a"], "customer_since": ["2025-01-01"], "name": ["A"]})
    data = small(tmp_path / "data", accounts=accounts)
    with pytest.raises(SchemaError, match=message):
        open_tables(spark, str(data), Settings.model_validate({"tables": {"tickets": mapping}}))


def people_who_meet(folder, person_ids):
    """A person of `a`, who also meets with `b`; and somebody nobody has described, with all."""
    people = pa.table({"person_id": [7], "account_id": ["a"], "valid_from": ["2025-01-01"]})
    accounts = pa.table({"account_id": ["a", "b", "c"], "customer_since": ["2025-01-01"] * 3})
    met = {"activity_id": ["1", "2"], "account_id": ["b", "c"], "person_ids": person_ids}
    activities = pa.table(met | {"occurred_at": ["2025-03-01"] * 2})
    return small(folder, accounts=accounts, people=people, activities=activities)


@pytest.mark.parametrize("person_ids", [["9, 7", "9"], [["9", "7"], ["9"]]], ids=["text", "list"])
def test_accounts_that_meet_the_same_person_stay_together(spark, tmp_path, person_ids):
    data = people_who_meet(tmp_path / "data", person_ids)
    homes = open_tables(spark, str(data), DEFAULTS).homes.collect()
    assert sorted(tuple(row) for row in homes) == [("a", "a"), ("b", "a")]


def test_too_many_shared_ids_are_refused(spark, tmp_path, monkeypatch):
    monkeypatch.setattr(sparktables, "_MOST_LINKS", 0)
    data = people_who_meet(tmp_path / "data", ["7", "9"])
    message = r"More than 0 ids belong to several accounts, such as those of \['a', 'b'\]"
    with pytest.raises(SchemaError, match=message):
        open_tables(spark, str(data), DEFAULTS)


def test_a_company_without_usable_rows_is_refused(spark, tmp_path):
    tickets = pa.table({"ticket_id": ["t"], "account_id": ["b"], "created_at": ["2025-02-01"]})
    data = small(tmp_path / "data", tickets=tickets)
    pairs = on_spark(spark, pd.DataFrame({"account_id": ["a"], "as_of": DATES[:1]}))
    message = r"Nothing is left of required table `contracts` or .* or `usage_daily` or"
    with pytest.raises(SchemaError, match=message):
        compute_features_on_spark(spark, data, pairs, metrics=METRICS[:1])


def test_the_example_of_the_page_scores_like_one_machine(
    spark, folder, tables, models, monkeypatch, tmp_path
):
    """The session is that of these tests; places are put in that of those on the page."""
    page = (ROOT / "docs" / "spark.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    places = {
        '"exports/"': repr(str(folder)),
        '"scores/"': repr(str(tmp_path / "scores")),
        '"sqlite:///churngrid-models/mlflow.db"': repr(models[0]),
        "settings = Settings()": "",
    }
    for shown, used in places.items():
        assert shown in code
        code = code.replace(shown, used)
    monkeypatch.setattr(spark, "stop", lambda: None)
    names = {"settings": SETTINGS}
    exec(code, names)
    written = pq.read_table(tmp_path / "scores").to_pandas()
    assert_scores(written, tables, models[1], "p_churn")


def test_without_pyspark_the_next_step_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(SchemaError, match=r"pip install 'churngrid\[spark\]'"):
        local_session()


def test_without_java_the_next_step_is_said(monkeypatch):
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SchemaError, match=r"Spark needs Java 17 or newer.*openjdk-17-jre"):
        local_session()


def test_pyspark_is_an_extra_and_not_required():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not any(name.startswith("pyspark") for name in project["dependencies"])
    assert project["optional-dependencies"]["spark"] == ["pyspark>=4.0,<5"]
