"""A stored model that was swapped, rewritten or asks for code is refused; none ends the process."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import yaml

from churngrid.features.errors import ArtifactError
from churngrid.training.models.boosted_model import Boosted
from churngrid.training.models.booster_text import check_booster_text
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel, load_model, save_model
from churngrid.training.registry.mlflow_registry import (
    TrainingReport,
    champion_files,
    load_champion,
    local_uri,
    log_training,
)
from churngrid.training.registry.promotion import Decision
from tests.faults.edits import edited_text

FUZZED = range(200)
CATEGORY = 2


def table(n=240):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "idle_days": rng.exponential(20, n),
            "tickets": rng.poisson(2, n).astype(float),
            "plan": rng.choice(["basic", "plus", "pro"], n),
        }
    )


def model(kind="logistic", target="churn", turned=1):
    X = table()
    y = (turned * (X["idle_days"] + X["tickets"]) > turned * 18).to_numpy().astype(int)
    fitted = model_named(kind).build()
    fitted.fit(X, y, groups=np.arange(len(y)) // 2, monotone={}, roles={"recency": "idle_days"})
    return FittedModel(
        target=target,
        model=fitted,
        base_rate=0.4,
        lead_days=30,
        horizon_days=180,
        trained_through="2025-06-01",
    )


@pytest.fixture(scope="module")
def text():
    """A small booster over two numbers and a category, as LightGBM writes it."""
    X = table()
    X["plan"] = pd.Categorical(X["plan"]).codes
    y = ((X["plan"] == 0) + (X["idle_days"] > 15)).clip(0, 1)
    params = {"objective": "binary", "verbosity": -1, "num_leaves": 4, "min_data_per_group": 5}
    params |= {"monotone_constraints": [1, 0, 0], "num_threads": 1, "max_cat_to_onehot": 1}
    data = lgb.Dataset(X.to_numpy(), y, categorical_feature=[CATEGORY], params=params)
    return lgb.train(params, data, 3).model_to_string()


@pytest.fixture(scope="module")
def boosted():
    """What a boosted model is stored as."""
    return model("boosted").model.to_state()


def fitting(edited):
    """A text whose `tree_sizes` are true again, as a careful forger would leave it."""
    head, start, rest = edited.partition("\n\nTree=0\n")
    trees = f"{start}{rest}"[2:].split("end of trees")[0]
    sizes = [str(len(tree)) for tree in re.split(r"(?m)^(?=Tree=)", trees) if tree]
    return re.sub(r"tree_sizes=.*", f"tree_sizes={' '.join(sizes)}", head) + start + rest


def trees_of(text):
    return re.split(r"(?m)^(?=Tree=)", text.split("end of trees")[0])[1:]


def alone(text, tree):
    """The text with this tree in the place of all its own."""
    return fitting(text.replace("".join(trees_of(text)), tree))


def line(text, key):
    """The values in the first line of this key."""
    return re.search(rf"(?m)^{key}=(.*)$", text).group(1)


def with_line(text, key, value):
    return fitting(re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text, count=1))


def test_what_lightgbm_writes_is_taken(text):
    check_booster_text(text, 3, {CATEGORY})
    assert "cat_threshold" in text


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("version", "v9", "must begin with `version`"),
        ("num_class", "2", "must begin with `num_class`"),
        ("objective", "none", "must begin with `objective`"),
        ("max_feature_idx", "9", r"`max_feature_idx` must be of 3 columns, got 10"),
        ("feature_names", "c c c", r"`feature_names` must be of 3 columns, got 1"),
        ("monotone_constraints", "7 0 0", "`monotone_constraints` must be -1, 0 or 1"),
        ("num_leaves", "99999", "must have 1 to 4,096 leaves, got 99999"),
        ("num_leaves", "x", "`num_leaves` must be 1 whole numbers"),
        ("num_leaves", "3", "must be 3 finite numbers"),
        ("split_feature", "0 1 3000000", "`split_feature` must be one of 3 columns"),
        ("decision_type", "2 2 12", "`decision_type` must be one that LightGBM knows"),
        ("leaf_value", "nan 0 0 0", "`leaf_value` must be 4 finite numbers"),
        ("leaf_value", "1e999 0 0 0", "`leaf_value` must be 4 finite numbers"),
        ("leaf_value", "1e9 0 0 0", "`leaf_value` must lie within"),
        ("leaf_count", "0 1 1 1", "`leaf_count` must be 1 to"),
        ("internal_count", "1 1 1", "`internal_count` must be the rows of both sides"),
        ("left_child", "0 0 0", "`left_child` and `right_child` must lead to every node once"),
        ("is_linear", "1", "`is_linear` must be 0"),
        ("shrinkage", "", "`shrinkage` must be 1 finite numbers"),
        ("num_cat", "0", "`num_cat` must count the splits that ask for categories"),
        ("cat_boundaries", "0 7", "`cat_boundaries` must"),
        ("cat_threshold", "4294967296", "`cat_threshold` must be words of 32 bits"),
    ],
)
def test_line_that_is_wrong_is_named(text, key, value, message):
    if key in ("num_cat", "cat_boundaries", "cat_threshold"):
        # The first tree that asks for a category comes first.
        own = next(tree for tree in trees_of(text) if "cat_threshold" in tree)
        text = alone(text, re.sub(r"Tree=\d+", "Tree=0", own))
        check_booster_text(text, 3, {CATEGORY})
    with pytest.raises(ValueError, match=message):
        check_booster_text(with_line(text, key, value), 3, {CATEGORY})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "é" + text, "must be ASCII of at most"),
        (lambda text: text.replace("tree_sizes=", "tree_sizes=1 "), "must begin with `Tree=0`"),
        (lambda text: text.replace("tree_sizes=", "tree_sizes=1 "), r"^tree 0: "),
        (lambda text: text.replace("end of trees", "end"), "as long as `tree_sizes` says"),
        (lambda text: text.replace("\n\nTree=0", "\nmore=1\n\nTree=0"), "has a line too many"),
        (lambda text: fitting(text.replace("is_linear=0\n", "", 1)), "must be those that LightGBM"),
        (lambda text: text.replace("[boosting: gbdt]", '["]'), "as long as `tree_sizes` says"),
        (lambda text: text.replace("pandas_categorical:null", "pandas_categorical:[[1]]"), "long"),
    ],
)
def test_text_of_another_make_is_refused(text, change, message):
    with pytest.raises(ValueError, match=message):
        check_booster_text(change(text), 3, {CATEGORY})


def test_columns_of_categories_are_those_of_the_model(text):
    with pytest.raises(ValueError, match="must ask columns of categories, and no others"):
        check_booster_text(text, 3, {1})


def chain(splits):
    """A tree that goes down on one side only."""
    leaves = splits + 1
    lines = {
        "num_leaves": str(leaves),
        "num_cat": "0",
        "split_feature": " ".join(["0"] * splits),
        "split_gain": " ".join(["1"] * splits),
        "threshold": " ".join(str(place) for place in range(splits)),
        "decision_type": " ".join(["2"] * splits),
        "left_child": " ".join(str(-1 - place) for place in range(splits)),
        "right_child": " ".join([*(str(place) for place in range(1, splits)), str(-leaves)]),
        "leaf_value": " ".join(["0"] * leaves),
        "leaf_weight": " ".join(["1"] * leaves),
        "leaf_count": " ".join(["1"] * leaves),
        "internal_value": " ".join(["0"] * splits),
        "internal_weight": " ".join(["1"] * splits),
        "internal_count": " ".join(str(leaves - place) for place in range(splits)),
        "is_linear": "0",
        "shrinkage": "1",
    }
    return "Tree=0\n" + "".join(f"{key}={value}\n" for key, value in lines.items()) + "\n\n"


def test_tree_so_deep_that_lightgbm_would_run_out_of_stack_is_refused(text):
    check_booster_text(alone(text, chain(100)), 3, {CATEGORY})
    with pytest.raises(ValueError, match="at most 128 splits deep"):
        check_booster_text(alone(text, chain(200)), 3, {CATEGORY})


def test_sets_of_categories_are_each_named_once(text):
    own = next(tree for tree in trees_of(text) if "cat_threshold" in tree)
    places = [i for i, kind in enumerate(line(own, "decision_type").split()) if int(kind) & 1]
    threshold = line(own, "threshold").split()
    threshold[places[0]] = "5"
    changed = own.replace(f"threshold={line(own, 'threshold')}", f"threshold={' '.join(threshold)}")
    with pytest.raises(ValueError, match="`threshold` must name each set of categories once"):
        check_booster_text(fitting(text.replace(own, changed)), 3, {CATEGORY})


FUZZ = """
import json, sys
import numpy as np
from lightgbm.basic import LightGBMError
from churngrid.training.models.boosted_model import Boosted
from tests.faults.test_stored_models import fitting, table
from tests.faults.edits import edited_text

state, text = json.load(open(sys.argv[1]))
ask = table(60)
ask.iloc[::5, 0] = np.nan
ask.iloc[::7, 2] = "new"
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    edited = edited_text(text, seed)
    # Every other one is a careful forger.
    edited = fitting(edited) if seed % 2 else edited
    print(seed, end=" ", flush=True)
    try:
        model = Boosted.from_state(state, [edited])
    except (ValueError, LightGBMError):
        print("refused", flush=True)
        continue
    finite = np.isfinite(model.log_odds(ask)).all() and np.isfinite(model.contributions(ask)).all()
    print("finite" if finite else "NOT FINITE", flush=True)
"""


def test_what_it_was_trained_with_decides_nothing(boosted):
    """LightGBM refuses to explain a booster that says its leaves were linear functions."""
    state, texts = boosted
    linear = [text.replace("[linear_tree: 0]", "[linear_tree: 1]") for text in texts]
    assert linear != list(texts)
    ask = table(40)
    one, other = Boosted.from_state(state, texts), Boosted.from_state(state, linear)
    np.testing.assert_array_equal(one.contributions(ask), other.contributions(ask))
    assert one.to_state()[1] == tuple(texts)


def test_no_edit_of_a_booster_ends_the_process(boosted, tmp_path):
    state, (text, *_) = boosted
    (tmp_path / "model.json").write_text(json.dumps([state, text]))
    run = [sys.executable, "-c", FUZZ, str(tmp_path / "model.json")]
    done = subprocess.run(
        [*run, str(FUZZED.start), str(FUZZED.stop)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    outcomes = [entry.split(" ", 1) for entry in done.stdout.splitlines()]
    assert done.returncode == 0, f"{outcomes[-1:]} {done.stderr[-500:]}"
    assert {kind for _, kind in outcomes} == {"refused", "finite"}
    assert len(outcomes) == len(FUZZED)


@pytest.fixture
def folder(tmp_path):
    save_model(model(), tmp_path / "model")
    return tmp_path / "model"


def rewritten(folder, change):
    """Change what a model says of itself, with a checksum that fits."""
    import hashlib

    described = json.loads((folder / "model.json").read_text())
    change(described)
    content = json.dumps(described).encode()
    (folder / "model.json").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.json"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def setting(*way, to):
    def change(described):
        place = described
        for step in way[:-1]:
            place = place[step]
        place[way[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (setting("base_rate", to=0.0), "`base_rate`"),
        (setting("base_rate", to=1.0), "`base_rate`"),
        (setting("base_rate", to="0.4"), "`base_rate`"),
        (setting("lead_days", to=-1), "`lead_days`"),
        (setting("horizon_days", to=10**9), "`horizon_days`"),
        (setting("trained_through", to="never"), "`trained_through`"),
        (setting("target", to="bought"), "`target`"),
        (setting("more", to=1), "`more`"),
        (setting("state", "intercept", to=float("inf")), "is no number"),
        (setting("state", "intercept", to=None), "`intercept`"),
        (setting("state", "terms", 0, "scale", "spread", to=0.0), "spread"),
        (setting("state", "terms", 0, "scale", "low", to=1e9), "`low` must not lie above `high`"),
        (setting("state", "terms", 0, "slope", to=1e300), "slope"),
    ],
)
def test_what_a_model_cannot_say_is_refused_by_name(folder, change, message):
    rewritten(folder, change)
    with pytest.raises(ArtifactError, match=message):
        load_model(folder)


def test_json_without_end_is_refused(folder):
    import hashlib

    content = b"[" * 200_000
    (folder / "model.json").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.json"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="is not JSON"):
        load_model(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slope": 0.0}, "slope"),
        ({"slope": -1.0}, "slope"),
        ({"base_rate": 1.5}, "base_rate"),
        ({"columns": ["a", "a", "b"]}, "names must differ"),
        ({"levels": [None]}, "`levels` must be as many as `columns`"),
    ],
)
def test_state_of_a_boosted_model_is_held_against_its_rules(boosted, change, message):
    state, texts = boosted
    Boosted.from_state(state, texts)
    with pytest.raises(ValueError, match=message):
        Boosted.from_state(state | change, texts)


def test_models_have_the_boosters_of_their_kind(boosted):
    with pytest.raises(ValueError, match="needs at least one booster"):
        Boosted.from_state(boosted[0], [])
    linear = model_named("logistic").build()
    with pytest.raises(ValueError, match="a linear model has no boosters"):
        type(linear).from_state({"intercept": 0.0, "terms": []}, ["tree"])


def test_booster_that_is_no_text_is_named(tmp_path):
    save_model(model("boosted"), tmp_path / "model")
    import hashlib

    path = tmp_path / "model" / "trees_00000.txt"
    path.write_bytes(b"\xff\xfe")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    manifest["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"'trees_00000.txt' in .* is no booster"):
        load_model(tmp_path / "model")


# The registry


REPORT = TrainingReport(
    Decision("champion", "It is the first."),
    pd.DataFrame({"scorer": ["brier"], "value": [0.1], "low": [0.1], "high": [0.1]}),
)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A store with both champions."""
    store = local_uri(tmp_path_factory.mktemp("models"))
    for fitted in (model(), model(target="expansion", turned=-1)):
        log_training(store, fitted, REPORT)
    return store


@pytest.fixture
def store(shipped, tmp_path):
    """A copy of it to break; the registry names folders by their full path."""
    home = Path(shipped.removeprefix("sqlite:///")).parent
    kept = tmp_path / "kept"
    shutil.copytree(home, kept)
    yield shipped
    shutil.rmtree(home)
    shutil.copytree(kept, home)


def folders(store):
    """Where the files of both champions are."""
    from mlflow import MlflowClient

    client = MlflowClient(store, store)
    found = {}
    for name in ("churngrid-churn", "churngrid-expansion"):
        entry = client.get_model_version_by_alias(name, "champion")
        source = client.get_model_version_download_uri(name, entry.version)
        found[name] = Path(urlsplit(source).path)
    return found["churngrid-churn"], found["churngrid-expansion"]


def test_champions_whose_files_were_swapped_do_not_answer(store):
    churn, expansion = folders(store)
    churn.rename(churn.with_name("aside"))
    expansion.rename(churn)
    churn.with_name("aside").rename(expansion)
    for target in ("churn", "expansion"):
        with pytest.raises(ArtifactError, match=r"hold a model for .*; the registry records one"):
            load_champion(store, target)


def test_other_valid_model_in_the_place_of_the_champion_does_not_answer(store):
    churn, _ = folders(store)
    shutil.rmtree(churn / "data" / "fitted")
    save_model(model("base_rate"), churn / "data" / "fitted")
    with pytest.raises(ArtifactError, match=r"of version '.{12}'; the registry records"):
        load_champion(store, "churn")


@pytest.mark.parametrize("change", [{"loader_module": "evil"}, {"code": "code"}])
def test_model_that_asks_for_code_is_refused_and_none_of_it_runs(store, monkeypatch, change):
    churn, _ = folders(store)
    (churn / "code").mkdir()
    for place in (churn / "code" / "evil.py", churn / "evil.py"):
        place.write_text(f"open({str(churn / 'ran')!r}, 'w').close()\n")
    described = yaml.safe_load((churn / "MLmodel").read_text())
    described["flavors"]["python_function"] |= change
    (churn / "MLmodel").write_text(yaml.safe_dump(described))
    monkeypatch.syspath_prepend(str(churn))
    for ask in (load_champion, champion_files):
        with pytest.raises(ArtifactError, match=r"asks for code of its own .* it was not run"):
            ask(store, "churn")
    assert not (churn / "ran").exists()


@pytest.mark.parametrize("content", ["", "[]", "flavors: {}", "a: &b [*b", "\x00"])
def test_description_that_is_none_is_named(store, content):
    churn, _ = folders(store)
    (churn / "MLmodel").write_text(content)
    with pytest.raises(ArtifactError, match="does not describe a model of churngrid"):
        load_champion(store, "churn")


def test_edited_files_of_a_champion_never_answer_otherwise(store):
    churn, _ = folders(store)
    ask, right = table(20), load_champion(store, "churn").predict_p(table(20))
    for name in ("data/fitted/model.json", "data/fitted/manifest.json", "MLmodel"):
        whole = (churn / name).read_text()
        for seed in range(20):
            (churn / name).write_text(edited_text(whole, seed), encoding="utf-8")
            try:
                found = load_champion(store, "churn")
            except ArtifactError:
                continue
            np.testing.assert_array_equal(found.predict_p(ask), right)
        (churn / name).write_text(whole)


def test_run_of_a_killed_process_is_marked_as_failed_by_the_next(tmp_path):
    store = local_uri(tmp_path)
    script = (
        "import os, signal, sys\n"
        "from churngrid.training.registry import mlflow_registry as registry\n"
        "from tests.faults.test_stored_models import REPORT, model\n"
        "registry.log_report = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "registry.log_training(sys.argv[1], model(), REPORT)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, store], check=False, timeout=120)
    assert done.returncode == -9
    log_training(store, model(), REPORT)
    from mlflow import MlflowClient

    client = MlflowClient(store, store)
    (experiment,) = [e for e in client.search_experiments() if e.name == "churngrid"]
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.info.status for run in runs) == ["FAILED", "FINISHED"]
