"""What the model card keeps of the scorecard's criteria."""

import json

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.features.scores.health_score import score_health
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.scorecard.criteria_card import (
    criteria_card,
    scorecard_digest,
    shown_band_card,
)
from churngrid.training.scorecard.success_criteria import CRITERIA, book_of, judge

pytestmark = pytest.mark.usefixtures("unproven")

CARD = read_scorecard(None, METRICS)


@pytest.fixture(scope="module")
def dataset():
    tables = read_tables(build_company(30, months=24, seed=3).tables)
    return build_dataset(tables, Settings(), scorecard=CARD, rubric=read_rubric(None))


def test_the_card_holds_what_the_criteria_say_as_plain_values(dataset):
    book = book_of(dataset, score_health(dataset.features, CARD).scores["chs"])
    card = criteria_card(book, CARD)
    judged = judge(book, bands=CARD.bands, success=CARD.success)
    assert json.loads(json.dumps(card)) == card
    assert [one["criterion"] for one in card["criteria"]] == [one.name for one in CRITERIA]
    assert [one["verdict"] for one in card["criteria"]] == [one.verdict for one in judged]
    assert card["through"] == book["as_of"].max().isoformat()
    assert card["scorecard"] == scorecard_digest(CARD)


def test_another_threshold_is_another_scorecard():
    success = CARD.success.model_copy(update={"green_share": 0.5})
    assert scorecard_digest(CARD.model_copy(update={"success": success})) != scorecard_digest(CARD)


def readings(*, arr=(100.0, 300.0)):
    """Two accounts that leave on one day: one green to the end, one red from 120 days before."""
    decided = pd.Timestamp("2025-07-01", tz="UTC")
    rows = [
        (account, decided - pd.Timedelta(days=days), index, paid)
        for account, indices, paid in zip("ab", ((80, 80, 80), (60, 40, 30)), arr, strict=True)
        for days, index in zip((150, 120, 40), indices, strict=True)
    ]
    book = pd.DataFrame(rows, columns=["account_id", "as_of", "chs", "arr"])
    book = book.assign(parent=book["account_id"], churned=1.0, decided_at=decided)
    return book.astype({"chs": float})


def test_shown_bands_tell_the_lead_and_the_money_that_left_green():
    card = shown_band_card(readings(), CARD)
    told = {one["criterion"]: one["value"] for one in card["criteria"]}
    assert (told["red_lead_days"], told["surprise_arr_share"]) == (120.0, 0.25)
    assert (card["surprises"], card["surprise_arr"]) == (1, 100.0)


def test_money_that_nobody_knows_is_not_called_nothing():
    card = shown_band_card(readings(arr=(np.nan, np.nan)), CARD)
    assert (card["surprises"], card["surprise_arr"]) == (1, None)


def test_without_estimates_nothing_was_shown():
    card = shown_band_card(readings().assign(chs=np.nan), CARD)
    assert {one["value"] for one in card["criteria"]} == {None}
    assert (card["surprises"], card["surprise_arr"]) == (0, 0.0)
