"""Every sentence of a hundred accounts is read back and held against the tables with pandas."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.serving.profile.facts import account_facts
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.scoring.scored import Models
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel
from tests.worked.by_hand import ByHand, bought, contacts, seats, users
from tests.worked.sentences import check, frames_of

AS_OF = pd.Timestamp("2025-12-31", tz="UTC")
WORLD = Path(__file__).parents[3] / "shared" / "data" / "world_a" / "tables"


@pytest.fixture(scope="module")
def tables():
    return read_tables(build_company(130, months=30, seed=5).tables)


@pytest.fixture(scope="module")
def by_scorecard(tables):
    return score_tables(tables, AS_OF, config=read_config(Settings()))


@pytest.fixture(scope="module")
def by_model(tables, by_scorecard):
    """A model of noise: it moves estimates for no reason, which no sentence may make one of."""
    features = by_scorecard.features.frame
    varied = [name for name in features if features[name].nunique() > 3]
    X = features[varied]
    y = np.random.default_rng(3).integers(0, 2, len(X))
    model = model_named("boosted").build()
    model.fit(X, y, groups=np.arange(len(y)), monotone={}, roles={})
    churn = FittedModel("churn", model, 0.3, 30, 180, "2025-06-01T00:00:00+00:00")
    return score_tables(tables, AS_OF, config=read_config(Settings()), models=Models(churn))


@pytest.mark.parametrize("scored", ["by_scorecard", "by_model"])
def test_no_sentence_of_the_demo_is_false_or_contradicts_itself(tables, scored, request):
    read = check(frames_of(tables), request.getfixturevalue(scored))
    assert read.false == []
    assert read.contradicting == []
    assert read.unread == []
    checked = read.counts["value checked"] + read.counts["never checked"]
    assert checked > 100
    # What is not computed by hand is still read, and held against itself.
    assert checked > 0.3 * (checked + read.counts["value not computed by hand"])


def test_the_numbers_of_the_tie_and_of_use_are_those_of_the_tables(tables, by_scorecard):
    hand = ByHand(frames_of(tables), AS_OF)
    by_hand = {
        **{"Seats bought": bought(hand), "Seats assigned": seats(hand)},
        **{"Active users (28 days)": users(hand), "In two-way contact (90 days)": contacts(hand)},
    }
    facts = account_facts(tables, AS_OF, by_scorecard.scores["account_id"])
    told = facts[facts["name"].isin(by_hand)]
    assert len(told) > 200
    shown = told["text"].str.extract(r"^([\d,]+)")[0].str.replace(",", "").astype(float)
    wanted = [
        by_hand[name].get(a) for a, name in zip(told["account_id"], told["name"], strict=True)
    ]
    assert shown.tolist() == pytest.approx(wanted)


def test_one_account_has_one_explanation(by_model):
    by = by_model.scores.set_index("account_id")["explained_by"]
    told = by_model.drivers["account_id"].map(by) + " " + by_model.drivers["target"]
    assert {"model churn"} <= set(told) <= {"model churn", "scorecard chs"}
    noted = by_model.scores["explanation_note"] != ""
    assert (noted == (by_model.scores["explained_by"] != "model")).all()
    estimated = by_model.scores["p_churn"].notna()
    assert (estimated == (by_model.scores["explained_by"] == "model")).all()


def test_no_sentence_of_a_company_nobody_here_wrote_is_false():
    if not WORLD.is_dir():
        pytest.skip("no shared data beside the checkout")
    tables = read_tables(WORLD)
    as_of = pd.Timestamp("2025-06-30", tz="UTC")
    scored = score_tables(tables, as_of, config=read_config(Settings()))
    read = check(frames_of(tables), scored)
    assert read.false == []
    assert read.contradicting == []
    assert read.unread == []
