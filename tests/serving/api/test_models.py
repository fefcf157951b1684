"""Versions of models: listed, loaded, promoted, rolled back, with their reasons on record."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import churngrid
from churngrid.features.errors import ArtifactError
from churngrid.serving.api.chosen_models import models_for
from churngrid.serving.cli.app import app
from churngrid.training.registry.mlflow_registry import local_uri
from tests.flat_customers import flat_customers

pytestmark = pytest.mark.usefixtures("brief_boosting", "unproven")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A champion, and two challengers that only a person can promote."""
    uri = local_uri(tmp_path_factory.mktemp("models"))
    for seed in (5, 6, 7):
        churngrid.train_table(
            flat_customers(300, seed=seed),
            target="left",
            id="customer",
            tracking=uri,
            model_kind="logistic",
        )
    return uri


def champion(store):
    (found,) = (one for one in churngrid.list_models(tracking=store) if "champion" in one.aliases)
    return found.number


def test_versions_are_listed_with_why(store):
    found = churngrid.list_models(tracking=store)
    assert [version.number for version in found] == ["1", "2", "3"]
    assert {version.kind for version in found} == {"logistic"}
    told = ("no champion to compare with", "no row is newer", "Promoted by hand")
    assert all(any(words in version.reason for words in told) for version in found)


def test_any_version_can_be_loaded_and_predicts(store):
    rows = pd.DataFrame({"months": [3.0], "contract": ["monthly"], "noise": [0.0], "paid": [31.5]})
    first, third = (churngrid.load_model("churn", number, store) for number in ("1", "3"))
    assert first.version != third.version
    assert 0 < float(first.predict_p(rows)[0]) < 1
    shares = first.contributions(rows).to_numpy().sum(axis=1)
    np.testing.assert_allclose(shares, first.log_odds(rows), atol=1e-9)
    with pytest.raises(ArtifactError, match="There is no '9' of 'churn' yet"):
        churngrid.load_model("churn", "9", store)
    with pytest.raises(ArtifactError, match="There is no 'champion' of 'expansion' yet"):
        churngrid.load_model("expansion", tracking=store)


def test_a_version_that_is_not_there_is_not_replaced_by_another(store):
    with pytest.raises(ArtifactError, match="There is no version '99' of 'churn' in"):
        models_for("99", store)


def test_promotion_and_rollback_go_back_step_by_step(store):
    churngrid.promote_model("churn", "2", reason="new prices", tracking=store)
    churngrid.promote_model("churn", "3", reason="newer", tracking=store)
    assert champion(store) == "3"
    back = churngrid.rollback_model("churn", reason="wrong data", tracking=store)
    assert (back.number, champion(store)) == ("2", "2")
    assert back.reason == "Promoted by hand: wrong data"
    assert (
        churngrid.load_model(tracking=store).version
        == churngrid.load_model(version="2", tracking=store).version
    )


def test_what_cannot_be_promoted_is_said(store, tmp_path):
    with pytest.raises(ArtifactError, match=r"has no version '9' .* it has \['1', '2', '3'\]"):
        churngrid.promote_model("churn", "9", reason="because", tracking=store)
    with pytest.raises(ValueError, match="`reason` must say why, got an empty text"):
        churngrid.promote_model("churn", "2", reason=" ", tracking=store)
    empty = local_uri(tmp_path)
    with pytest.raises(
        ArtifactError, match="holds no model of 'churn' yet; run `churngrid train` first"
    ):
        churngrid.rollback_model("churn", reason="because", tracking=empty)
    with pytest.raises(ArtifactError, match="holds no model of 'expansion' yet; run `churngrid tr"):
        churngrid.promote_model("expansion", "1", reason="because", tracking=empty)
    churngrid.train_table(flat_customers(300), target="left", tracking=empty)
    with pytest.raises(ArtifactError, match="has had no other champion than version 1"):
        churngrid.rollback_model("churn", reason="because", tracking=empty)


def test_the_command_line_lists_promotes_and_rolls_back(store):
    def run(*arguments):
        done = CliRunner().invoke(app, ["models", *arguments, "--tracking", store, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert [version["number"] for version in run("list")] == ["1", "2", "3"]
    assert run("promote", "2", "--reason", "seasonal")["aliases"] == ["champion"]
    assert run("promote", "1", "--reason", "the old prices")["number"] == "1"
    assert run("rollback", "--reason", "season over")["number"] == "2"


def test_a_champion_that_cannot_be_read_does_not_stand_in_the_way_of_a_new_one(tmp_path):
    uri = local_uri(tmp_path)
    learn = {"target": "left", "id": "customer", "tracking": uri, "model_kind": "logistic"}
    churngrid.train_table(flat_customers(300, seed=5), **learn)
    (state,) = tmp_path.rglob("fitted/model.json")
    state.write_text(state.read_text().replace("logistic", "of another layout"))
    with pytest.raises(ArtifactError):
        churngrid.load_model("churn", tracking=uri)
    result = churngrid.train_table(flat_customers(300, seed=6), **learn)
    assert result.alias == "champion"
    assert "cannot be read and was not compared with" in result.warnings[0]
    assert churngrid.load_model("churn", tracking=uri).version == result.version
