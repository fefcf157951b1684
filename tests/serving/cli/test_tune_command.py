"""Parameters go from `tune` to `train` by a file, for the model that they were found for."""

import json
import sys
from pathlib import Path

import pytest

from tests.serving.standins import document, run, squeezed

TUNE = ("tune", "data", "--out", "tuned.json")


def test_what_tune_writes_reaches_train(verbs):
    done = run(*TUNE, "--target", "expansion", "--seconds", "60", "--trials", "5")
    options = verbs.calls["tune"][1]
    assert (options["target"], options["seconds"], options["trials"]) == ("expansion", 60.0, 5)
    assert "lower by 0.0200 (0.0050 to 0.0350) than with the defaults" in squeezed(done.stdout)
    run("train", "data", "--target", "churn", "--tuned", "tuned.json")
    assert verbs.calls["train"][1]["tuned"] == {"max_depth": 3}


def test_as_json_it_says_what_was_tried_and_what_it_is_worth(verbs):
    told = document(run(*TUNE, "--json"))
    assert [trial["log_loss"] for trial in told["trials"]] == [0.5, 0.45]
    assert told["held_out"] == {"value": 0.02, "low": 0.005, "high": 0.035}
    assert json.loads(Path("tuned.json").read_text()) == told["parameters"]


@pytest.mark.parametrize(
    ("written", "args", "says"),
    [
        ("{}", (), "name the one that they were tuned for with `--target`"),
        ("{", ("--target", "churn"), "cannot be read as JSON"),
        ("[]", ("--target", "churn"), "must hold an object of JSON, got list"),
        (None, ("--target", "churn"), "`churngrid tune --out FILE` writes one"),
    ],
)
def test_a_file_that_train_cannot_use_is_refused(verbs, written, args, says):
    if written is not None:
        Path("tuned.json").write_text(written)
    done = run("train", "data", "--tuned", "tuned.json", *args)
    assert done.exit_code == 2
    assert says in squeezed(done.stderr)
    assert verbs.calls == {}


def test_without_optuna_the_way_to_install_it_is_told_before_any_data_is_read(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = run("tune", "nowhere", "--out", "tuned.json")
    assert done.exit_code == 2
    assert "pip install 'churngrid[tune]'" in squeezed(done.stderr)
