"""MLflow for real: a local SQLite store, its registry, and a served model."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import ArtifactError
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry import mlflow_registry as tracking
from churngrid.training.registry.artifact import FittedModel
from churngrid.training.registry.mlflow_registry import (
    Registered,
    TrainingReport,
    champion_version,
    load_champion,
    local_uri,
    log_training,
)
from churngrid.training.registry.mlflow_settings import tracking_address
from churngrid.training.registry.promotion import Decision

pytestmark = pytest.mark.usefixtures("brief_boosting")

PROMOTE = Decision("champion", "It is the first.")
HOLD = Decision("challenger", "It is worse.")


def _table(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"idle, days [é]": rng.exponential(20, n), "plan": rng.choice(["basic", "pro"], n)}
    )


def _model(kind: str = "boosted", **facts: object) -> FittedModel:
    X = _table()
    y = (X.iloc[:, 0] > 15).to_numpy().astype(int)
    model = model_named(kind).build()
    model.fit(X, y, groups=np.arange(len(y)), monotone={}, roles={})
    about = {"target": "churn", "base_rate": 0.4, "lead_days": 0, "horizon_days": 180}
    return FittedModel(model=model, trained_through="2025-06-01", **(about | facts))


def _report(decision: Decision = PROMOTE) -> TrainingReport:
    scorers = pd.DataFrame(
        {"scorer": ["brier", "roc_auc"], "value": [0.1, np.nan], "low": [0.05, np.nan]}
    ).assign(high=[0.2, np.nan])
    return TrainingReport(
        decision=decision,
        scorers=scorers,
        params={"horizon_days": 180},
        curves={"calibration": [{"predicted": 0.1, "observed": 0.2}]},
        data_hash="abc",
        card="# Card\n\nTrained on é.",
    )


def _with_folds() -> TrainingReport:
    folds = pd.DataFrame(
        {"fold": [1, 2], "test_from": pd.to_datetime(["2025-01-01", "2025-04-01"])}
    )
    scorers = pd.DataFrame(
        [
            (model, fold, "log_loss", value)
            for model, values in {
                "base_rate": (0.5, 0.4, 0.45),
                "boosted": (0.3, 0.2, 0.25),
            }.items()
            for fold, value in zip(("1", "2", "all"), values, strict=True)
        ],
        columns=["model", "fold", "scorer", "value"],
    )
    return replace(_report(), folds=folds, competitors=scorers)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty store; making its tables takes seconds, so the tests share it."""
    return local_uri(tmp_path_factory.mktemp("runs") / "new folder")


@pytest.fixture(scope="module")
def first(store: str) -> tuple[FittedModel, Registered]:
    model = _model()
    registered = log_training(store, model, _report())
    # Here, for later tests make versions of their own in the same store, in any order.
    assert champion_version(store, "churn") == registered.version
    return model, registered


def _client(store: str) -> object:
    from mlflow import MlflowClient

    return MlflowClient(store, store)


def _shown(store: str, run_id: str, name: str) -> str:
    root = Path(store.removeprefix("sqlite:///")).parent / "mlflow-artifacts"
    return (root / run_id / "artifacts" / name).read_text(encoding="utf-8")


def test_the_package_does_not_load_mlflow() -> None:
    code = (
        "import sys, churngrid.training.registry.mlflow_registry; sys.exit('mlflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_champion_predicts_exactly_as_the_model_that_was_logged(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    model, registered = first
    found = load_champion(store, "churn")
    assert registered.name == "churngrid-churn"
    assert registered.alias == "champion"
    assert found is not None
    assert found.version == model.version
    np.testing.assert_allclose(found.predict_p(_table()), model.predict_p(_table()), atol=1e-12)


def test_a_run_holds_params_scorers_curves_and_card(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    model, registered = first
    run = _client(store).get_run(registered.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"horizon_days": "180", "data_hash": "abc"}
    assert run.data.metrics == {"brier": 0.1, "brier_low": 0.05, "brier_high": 0.2}
    assert run.data.tags["model_version"] == model.version
    assert run.data.tags["decision"] == "It is the first."
    assert _shown(store, registered.run_id, "model_card.md") == "# Card\n\nTrained on é."
    points = json.loads(_shown(store, registered.run_id, "curves/calibration.json"))
    assert points == [{"predicted": 0.1, "observed": 0.2}]


def test_a_registered_version_says_why_and_at_what_base_rate(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    _, registered = first
    tags = _client(store).get_model_version(registered.name, registered.version).tags
    assert tags["reason"] == "It is the first."
    assert tags["base_rate"] == "0.4"
    assert tags["trained_through"] == "2025-06-01"


def test_no_file_of_a_run_is_a_pickle(store: str, first: tuple[FittedModel, Registered]) -> None:
    _, registered = first
    root = Path(store.removeprefix("sqlite:///")).parent / "mlflow-artifacts" / registered.run_id
    suffixes = {path.suffix for path in root.rglob("*") if path.is_file()}
    assert suffixes <= {"", ".json", ".md", ".svg", ".txt", ".yaml"}


def test_a_challenger_leaves_the_champion_in_place(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    before = champion_version(store, "churn")
    registered = log_training(store, _model("base_rate"), _report(HOLD))
    assert registered.alias == "challenger"
    assert champion_version(store, "churn") == before


def test_targets_have_registries_of_their_own_where_a_better_model_takes_over(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    assert load_champion(store, "expansion") is None
    assert champion_version(store, "expansion") is None
    model = _model("logistic", target="expansion")
    one = log_training(store, _model("one_metric", target="expansion"), _report())
    two = log_training(store, model, _report())
    found = load_champion(store, "expansion")
    assert found is not None
    assert found.version == model.version
    assert champion_version(store, "expansion") == two.version != one.version


def test_mlflow_serves_the_columns_it_was_trained_on(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    model, registered = first
    import mlflow.pyfunc

    root = Path(store.removeprefix("sqlite:///")).parent / "mlflow-artifacts"
    served = mlflow.pyfunc.load_model(str(root / registered.run_id / "artifacts" / "model"))
    assert served.metadata.signature.inputs.input_names() == ["idle, days [é]", "plan"]
    np.testing.assert_array_equal(served.predict(_table())["p_churn"], model.predict_p(_table()))


def test_logging_is_as_loud_after_as_before(
    store: str, first: tuple[FittedModel, Registered], capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("mlflow")
    level = logger.level
    load_champion(store, "churn")
    assert logger.level == level
    assert capsys.readouterr().out == ""


def test_asking_an_absent_store_makes_none(tmp_path: Path) -> None:
    assert load_champion(local_uri(tmp_path / "none"), "churn") is None
    assert champion_version(local_uri(tmp_path / "none"), "churn") is None
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("these are not tables " * 100)
    with pytest.raises(ArtifactError, match=r"The model store '.*mlflow\.db' is damaged .*train"):
        load_champion(local_uri(tmp_path), "churn")


def test_an_error_shows_no_password() -> None:
    with (
        pytest.raises(ArtifactError) as caught,
        tracking.store_client("nonsense://me:s3cret@host/runs?token=t0ken"),
    ):
        pass
    assert "nonsense://host/runs" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "t0ken" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`target` must be one of"):
        load_champion(local_uri(tmp_path), "bought")


@contextmanager
def _serving(model: Path) -> Iterator[str]:
    """Run MLflow's own server on a free port; it and its children are stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = f"-m mlflow models serve --env-manager local --host 127.0.0.1 --port {port} -m"
    process = subprocess.Popen(
        [sys.executable, *command.split(), str(model)],
        env=os.environ | {"PATH": programs, "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/ping", process)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the model server did not come up (exit code {process.poll()})")


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="stops the server by its POSIX process group")
def test_a_served_model_answers_with_the_same_probabilities(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    model, registered = first
    X = _table(5)
    X.loc[0, "plan"] = None
    root = Path(store.removeprefix("sqlite:///")).parent / "mlflow-artifacts"
    body = json.dumps(
        {"dataframe_split": json.loads(X.to_json(orient="split", double_precision=15))}
    )
    with _serving(root / registered.run_id / "artifacts" / "model") as url:
        request = urllib.request.Request(
            url, body.encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            rows = json.loads(answer.read())["predictions"]
    np.testing.assert_allclose([row["p_churn"] for row in rows], model.predict_p(X), atol=1e-12)


def test_a_target_without_a_registry_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`target` must be one of \['churn', .*, got 'left'"):
        tracking.registered_name("left")


def test_a_store_that_is_moved_keeps_its_models_and_takes_new_ones(tmp_path: Path) -> None:
    before, after = tmp_path / "here", tmp_path / "there"
    model = _model("logistic")
    log_training(local_uri(before), model, _report())
    before.rename(after)
    found = load_champion(local_uri(after), "churn")
    assert found is not None
    assert found.version == model.version
    again = log_training(local_uri(after), _model("boosted"), _report())
    assert again.version == "2"
    assert not before.exists()


def test_a_run_shows_its_card_pictures_predictions_and_an_example(tmp_path: Path) -> None:
    predictions = pd.DataFrame({"account_id": ["a"], "p": [0.3], "label": [1]})
    report = replace(_report(), predictions=predictions, example=_table(3))
    store = local_uri(tmp_path)
    registered = log_training(store, _model(), report)
    run = _client(store).get_run(registered.run_id)
    assert run.data.tags["mlflow.note.content"].startswith("# Card")
    assert "<circle" in _shown(store, registered.run_id, "plots/calibration.svg")
    folder = tmp_path / "mlflow-artifacts" / registered.run_id / "artifacts"
    kept = pd.read_parquet(folder / "backtest" / "predictions.parquet")
    pd.testing.assert_frame_equal(kept, predictions)
    assert (folder / "model" / "input_example.json").is_file()


def test_the_store_is_the_named_one_or_that_of_mlflow_or_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracking_address(None, "sqlite:///ours.db") == "sqlite:///ours.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example")
    assert tracking_address(None, "sqlite:///ours.db") == "https://mlflow.example"
    assert tracking_address("sqlite:///named.db", "sqlite:///ours.db") == "sqlite:///named.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path))
    assert tracking_address(None, "x") == f"sqlite:///{tmp_path.as_posix()}/mlflow.db"


def test_what_mlflow_prints_does_not_reach_standard_output(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with tracking.store_client(store):
        sys.stdout.write("View run at: somewhere")
    told = capsys.readouterr()
    assert told.out == ""
    assert "View run" in told.err


def test_a_run_tells_what_all_competitors_were_worth_and_each_test_block_is_a_run_below_it(
    store: str, first: tuple[FittedModel, Registered]
) -> None:
    from mlflow import MlflowClient

    registered = log_training(store, first[0], _with_folds())
    client = MlflowClient(store)
    run = client.get_run(registered.run_id)
    assert run.data.metrics["base_rate.log_loss"] == 0.45
    assert run.data.metrics["boosted.log_loss"] == 0.25
    below = client.search_runs(
        [run.info.experiment_id], f"tags.mlflow.parentRunId = '{registered.run_id}'"
    )
    told = {one.info.run_name: one.data for one in below}
    assert sorted(told) == ["fold 1", "fold 2"]
    assert told["fold 2"].metrics == {"base_rate.log_loss": 0.4, "boosted.log_loss": 0.2}
    assert told["fold 1"].params["test_from"] == "2025-01-01"
    assert {one.info.status for one in below} == {"FINISHED"}
