"""What the model card keeps of the scorecard's criteria."""

import json

import pytest

from churngrid.demo import build_company
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.features.scores.health_score import score_health
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.scorecard.criteria_card import criteria_card, scorecard_digest
from churngrid.training.scorecard.success_criteria import CRITERIA, book_of, judge

CARD = read_scorecard(None, METRICS)


@pytest.fixture(scope="module")
def dataset():
    tables = read_tables(build_company(30, months=24, seed=3).tables)
    return build_dataset(tables, Settings(), scorecard=CARD, rubric=read_rubric(None))


def test_the_card_holds_what_the_criteria_say_as_plain_values(dataset):
    card = criteria_card(dataset, CARD)
    book = book_of(dataset, score_health(dataset.features, CARD).scores["chs"])
    judged = judge(book, bands=CARD.bands, success=CARD.success)
    assert json.loads(json.dumps(card)) == card
    assert [one["criterion"] for one in card["criteria"]] == [one.name for one in CRITERIA]
    assert [one["verdict"] for one in card["criteria"]] == [one.verdict for one in judged]
    assert card["through"] == book["as_of"].max().isoformat()
    assert card["scorecard"] == scorecard_digest(CARD)


def test_another_threshold_is_another_scorecard():
    success = CARD.success.model_copy(update={"green_share": 0.5})
    assert scorecard_digest(CARD.model_copy(update={"success": success})) != scorecard_digest(CARD)
