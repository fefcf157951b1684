"""Models on disk: the same numbers back, and every kind of damage named."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import ArtifactError
from churngrid.training.models.catalogue import MODELS, model_named
from churngrid.training.registry.artifact import (
    BASE,
    FORMAT,
    FittedModel,
    _load_pyfunc,
    load_model,
    save_model,
)

ODD = 'tickets, "open" [90d] {é}: ' + "x" * 1000


def _table(n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "idle_days": rng.exponential(20, n),
            ODD: rng.poisson(2, n).astype(float),
            "plan": rng.choice(["basic", "pro", "é, \n"], n),
            "chs": rng.uniform(0, 100, n),
        }
    )


def _model(kind: str = "boosted", **facts: Any) -> FittedModel:
    X = _table()
    y = (X["idle_days"] + X["chs"] / 20 > 20).to_numpy().astype(int)
    roles = {"recency": "idle_days", "scorecard": "chs", "growth": "idle_days", "saturation": "chs"}
    model = model_named(kind).build()
    model.fit(X, y, groups=np.arange(len(y)) // 2, monotone={"idle_days": 1}, roles=roles)
    about = {"target": "churn", "base_rate": 0.4, "lead_days": 30, "horizon_days": 180}
    return FittedModel(model=model, trained_through="2025-06-01", **(about | facts))


@pytest.fixture(scope="module")
def boosted() -> FittedModel:
    return _model(
        collected=("accounts", "tickets"),
        components={"idle_days": "Usage"},
        card={"rows": 240, "limits": ["small"]},
    )


@pytest.fixture
def folder(boosted: FittedModel, tmp_path: Path) -> Path:
    save_model(boosted, tmp_path / "model")
    return tmp_path / "model"


def _rewrite(folder: Path, name: str, change: Any) -> None:
    """Change a file and make its checksum fit, as a careful forger would."""
    content = change((folder / name).read_bytes())
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _edit(folder: Path, name: str, **values: Any) -> None:
    content = json.loads((folder / name).read_text()) | values
    if name == "manifest.json":
        (folder / name).write_text(json.dumps(content))
    else:
        _rewrite(folder, name, lambda _: json.dumps(content).encode())


@pytest.mark.parametrize("kind", [model.name for model in MODELS])
def test_a_stored_model_gives_exactly_the_same(kind: str, tmp_path: Path) -> None:
    model, X = _model(kind), _table()
    save_model(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_p(X), model.predict_p(X))
    pd.testing.assert_frame_equal(again.contributions(X), model.contributions(X), check_exact=True)
    assert again.version == model.version
    assert again.kind == kind


def test_everything_known_about_it_comes_back(boosted: FittedModel, folder: Path) -> None:
    again = load_model(folder)
    assert replace(again, model=boosted.model) == boosted


def test_contributions_are_named_and_add_up(boosted: FittedModel) -> None:
    X = _table().set_index(pd.Index([f"account {i}" for i in range(240)]))
    shares = boosted.contributions(X)
    assert shares.columns.tolist() == ["idle_days", ODD, "plan", BASE]
    assert shares.index.equals(X.index)
    p = boosted.predict_p(X)
    np.testing.assert_allclose(shares.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    np.testing.assert_allclose(shares.sum(axis=1), boosted.log_odds(X), atol=1e-9)


def test_only_json_and_text_are_stored(folder: Path) -> None:
    for path in folder.iterdir():
        assert path.suffix in (".json", ".txt")
        assert path.read_bytes().isascii()


def test_the_version_changes_with_what_decides_a_prediction(boosted: FittedModel) -> None:
    assert replace(boosted).version == boosted.version
    assert replace(boosted, card={"other": 1}).version == boosted.version
    assert replace(boosted, base_rate=0.41).version != boosted.version
    assert replace(boosted, model=boosted.model.shifted(0.1)).version != boosted.version
    assert len(boosted.version) == 64


def test_a_saved_model_replaces_an_older_one(folder: Path) -> None:
    save_model(_model("base_rate"), folder)
    assert load_model(folder).kind == "base_rate"
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "model.json"]
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_folder_with_other_things_is_left_alone(boosted: FittedModel, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ArtifactError, match="holds files that are no model; choose an empty"):
        save_model(boosted, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}])
def test_a_card_that_json_cannot_hold_is_refused(value: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="stored as plain JSON values without NaN"):
        save_model(_model("base_rate", card={"x": value}), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"No model in .*manifest.json is missing; train one"):
        load_model(tmp_path / "none")


@pytest.mark.parametrize("name", ["model.json", "trees_00003.txt"])
def test_a_missing_file_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=f"lacks the file '{name}'"):
        load_model(folder)


@pytest.mark.parametrize("name", ["model.json", "trees_00003.txt"])
def test_one_changed_byte_is_noticed(name: str, folder: Path) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=f"'{name}' in .* was changed after it was written"):
        load_model(folder)


def test_a_change_with_a_forged_checksum_does_not_keep_the_version(folder: Path) -> None:
    _edit(folder, "model.json", base_rate=0.9)
    with pytest.raises(ArtifactError, match="reads back as version"):
        load_model(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    _edit(folder, "manifest.json", format=FORMAT + 1)
    with pytest.raises(ArtifactError, match=f"has format {FORMAT + 1}, this churngrid reads"):
        load_model(folder)


@pytest.mark.parametrize("broken", [{"format": "one"}, {"files": []}])
def test_a_manifest_of_something_else_is_refused(broken: dict[str, Any], folder: Path) -> None:
    _edit(folder, "manifest.json", **broken)
    with pytest.raises(ArtifactError, match=r"manifest\.json in .* is not one of a model"):
        load_model(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "file of the model is not JSON"), (b"[]", "holds no JSON object")],
)
def test_a_manifest_that_is_not_json_is_refused(content: bytes, message: str, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=message):
        load_model(folder)


def test_a_manifest_cannot_point_out_of_its_folder(folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("x")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../secret.txt"] = hashlib.sha256(b"x").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"lacks the file '\.\./secret\.txt'"):
        load_model(folder)


def test_an_unknown_kind_is_refused(folder: Path) -> None:
    _edit(folder, "model.json", kind="forest")
    with pytest.raises(ArtifactError, match=r"cannot be used\. Unknown model 'forest'"):
        load_model(folder)


def test_a_state_that_describes_no_model_is_refused(folder: Path) -> None:
    _edit(folder, "model.json", state={"columns": []})
    with pytest.raises(ArtifactError, match="does not describe a 'boosted' model"):
        load_model(folder)


def test_trees_that_are_none_are_refused(folder: Path) -> None:
    _rewrite(folder, "trees_00000.txt", lambda _: b"no trees")
    with pytest.raises(ArtifactError, match="does not describe a 'boosted' model"):
        load_model(folder)


def test_a_renamed_column_is_shown_line_by_line(boosted: FittedModel) -> None:
    X = _table().rename(columns={"idle_days": "idle"}).drop(columns="plan")
    with pytest.raises(ArtifactError) as caught:
        boosted.predict_p(X)
    assert str(caught.value).splitlines() == [
        "Columns differ from those seen in training:",
        "- idle_days",
        "- plan",
        "+ idle",
        "+ chs",
        "Rename the column or retrain.",
    ]


def test_many_missing_columns_are_counted(boosted: FittedModel) -> None:
    other = pd.DataFrame({f"m{i}": [1.0] for i in range(25)})
    with pytest.raises(ArtifactError, match=r"\+ \.\.\. and 5 more"):
        boosted.contributions(other)


def test_further_columns_and_their_order_do_not_matter(boosted: FittedModel) -> None:
    X = _table()
    more = X.assign(extra="text")[["extra", *X.columns[::-1]]]
    np.testing.assert_array_equal(boosted.predict_p(more), boosted.predict_p(X))


def test_a_column_twice_is_refused(boosted: FittedModel) -> None:
    X = _table()
    with pytest.raises(ArtifactError, match="Column 'plan' is there twice"):
        boosted.predict_p(pd.concat([X, X[["plan"]]], axis=1))


def test_text_in_a_number_column_is_refused(boosted: FittedModel) -> None:
    with pytest.raises(ArtifactError, match="Column 'idle_days' must hold numbers"):
        boosted.predict_p(_table().assign(idle_days="many"))


def test_an_array_is_refused(boosted: FittedModel) -> None:
    with pytest.raises(TypeError, match="`X` must be a DataFrame, got ndarray"):
        boosted.predict_p(np.zeros((2, 3)))


def test_no_accounts_give_no_probabilities(boosted: FittedModel) -> None:
    empty = _table().iloc[:0]
    assert boosted.predict_p(empty).shape == (0,)
    assert boosted.contributions(empty).shape == (0, 4)


def test_an_unknown_target_is_refused(boosted: FittedModel) -> None:
    with pytest.raises(ValueError, match="`target` must be one of"):
        replace(boosted, target="bought")


@pytest.mark.parametrize(("target", "column"), [("churn", "p_churn"), ("expansion", "p_expand")])
def test_the_served_column_is_called_after_the_target(
    target: str, column: str, tmp_path: Path
) -> None:
    model = _model("one_metric", target=target)
    save_model(model, tmp_path / "model")
    served = _load_pyfunc(str(tmp_path / "model")).predict(_table())
    assert served.columns.tolist() == [column]
    np.testing.assert_array_equal(served[column], model.predict_p(_table()))
