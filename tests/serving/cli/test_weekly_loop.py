"""A weekly job from the command line, against a real MLflow server on this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pandas as pd
import pytest

from churngrid.demo import write_company
from tests.serving.standins import document, run

WEEKS = ("2025-11-17", "2025-11-24", "2025-12-01", "2025-12-08", "2025-12-15", "2025-12-22")

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="stops the server by its process group"),
    pytest.mark.usefixtures("brief_boosting", "unproven"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """MLflow's own tracking server, with its artifacts behind it."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stores = f"--backend-store-uri sqlite:///{folder}/mlflow.db --artifacts-destination {folder}/a"
    command = f"-m mlflow server --host 127.0.0.1 --port {port} --workers 1 {stores}"
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_TRACKING_URI": ""}
    # Its queues of jobs, which nothing here asks for, are six more processes that load all of it.
    quiet["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    process = subprocess.Popen(
        [sys.executable, *command.split()],
        env=os.environ | quiet,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _wait_until_up(url, process):
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the tracking server did not come up (exit code {process.poll()})")


@pytest.fixture
def week(server, tmp_path, monkeypatch):
    """Run a command as a scheduler does: one document on standard output, and an exit code.

    The server is that of all tests here; what one of them registers is not there for the next.
    """
    from mlflow import MlflowClient

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)

    def done(*arguments, code=0):
        ended = run(*arguments, "--json", "--quiet")
        assert ended.exit_code == code, ended.output
        return document(ended)

    yield done
    client = MlflowClient(server, server)
    for model in client.search_registered_models():
        client.delete_registered_model(model.name)


def known_before(data, since):
    """The tables as they stood on a day: what a model learns from that scores from then on."""
    folder = data.parent / "then"
    for path in sorted(one for one in data.rglob("*") if one.is_file()):
        copy = folder / path.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".parquet":
            copy.write_bytes(path.read_bytes())
            continue
        frame = pd.read_parquet(path)
        when = next((name for name in ("known_at", "date") if name in frame), None)
        if when:
            frame = frame[pd.to_datetime(frame[when], utc=True) < pd.Timestamp(since, tz="UTC")]
        frame.to_parquet(copy, index=False)
    return folder


def plant_a_drift(data, since):
    """Let nearly all use of the product go unrecorded from a day on."""
    (path,) = (data / "usage_daily").glob("*.parquet")
    usage = pd.read_parquet(path)
    late = usage["date"].astype(str) >= since
    kept = ~late | (usage.index % 40 == 0)
    usage[kept].to_parquet(path, index=False)


def test_six_weeks_with_a_new_model_a_drift_and_a_way_back(week, tmp_path):
    data, results = tmp_path / "data", tmp_path / "results"
    write_company(data, accounts=80, months=27, seed=7)
    # Quarters teach nearly as much as months, in a third of the time.
    (data / "churngrid.yaml").write_text("as_of_step: quarter\n", encoding="utf-8")
    refused = week("score", data, "--out", results, "--require-model", code=2)
    assert "has no champion of 'churn', and one is required" in refused["error"]

    then = known_before(data, WEEKS[0])
    (first,) = week("train", then, "--target", "churn")
    if first["alias"] != "champion":
        week("models", "promote", "1", "--reason", "the first one")
    for day in WEEKS[:3]:
        told = week("score", data, "--out", results, "--as-of", day, "--require-model")
        assert told["as_of"].startswith(day)

    (second,) = week("train", then, "--target", "churn", "--model-kind", "one_metric")
    week("models", "promote", "2", "--reason", "to be tried")
    told = week("score", data, "--out", results, "--as-of", WEEKS[3], "--require-model")
    changes = pd.read_csv(results / "changes.csv")
    by_model = changes[(changes["measure"] == "p_churn") & (changes["kind"] == "model")]
    assert len(by_model)
    parts = changes[changes["measure"] == "p_churn"].dropna(subset=["amount"])
    whole = parts[parts["kind"] == "move"].groupby("account_id")["amount"].sum()
    rest = parts[parts["kind"] != "move"].groupby("account_id")["amount"].sum()
    pd.testing.assert_series_equal(whole, rest, atol=1e-6, check_names=False)

    calm = week("monitor", data, "--results", results)
    assert not calm["retrain"]
    assert [run["hindsight"] for run in calm["runs"]] == [0] * 4
    plant_a_drift(data, "2025-09-20")
    for day in WEEKS[4:]:
        ended = run("score", data, "--out", results, "--as-of", day, "--model", "1", "--json")
        assert ended.exit_code in (0, 1)
        json.loads(ended.stdout)
    drifted = week("monitor", data, "--results", results, "--out", tmp_path / "m", code=1)
    assert drifted["retrain"]
    assert {"inputs_moved", "scores_moved"} & {why["rule"] for why in drifted["why"]}
    assert len(drifted["runs"]) == len(WEEKS)
    assert Path(drifted["page"]).read_text(encoding="utf-8").startswith("<!doctype html>")

    back = week("models", "rollback", "--reason", "the new one was only tried")
    assert back["number"] == "1"
    listed = week("models", "list")
    assert [version["number"] for version in listed if "champion" in version["aliases"]] == ["1"]
    assert "only tried" in listed[0]["reason"]
    last = run("score", data, "--out", results, "--as-of", "2025-12-29", "--json", "--quiet")
    assert last.exit_code in (0, 1)
    stored = pd.read_csv(results / "scores.csv")
    assert stored["model_version"].dropna().unique().tolist() == [first["version"][:12]]
    assert second["version"] != first["version"]


def test_a_run_of_the_caller_and_its_experiment_are_honoured(server, week, tmp_path):
    import mlflow

    from churngrid.training.registry.mlflow_registry import log_training
    from tests.training.registry.test_mlflow_registry import _model, _report

    mlflow.set_tracking_uri(server)
    try:
        mlflow.set_experiment("weekly")
        with mlflow.start_run() as outer:
            registered = log_training(server, _model(), _report())
        inner = mlflow.MlflowClient(server).get_run(registered.run_id)
    finally:
        mlflow.set_tracking_uri(None)
        os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    assert inner.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert inner.info.experiment_id == outer.info.experiment_id
    assert "Trained on" in inner.data.tags["mlflow.note.content"]
