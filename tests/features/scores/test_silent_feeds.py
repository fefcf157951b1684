"""A feed that falls silent is stale, keeps its last values and never raises a score."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import score_health
from tests.build import day
from tests.checks.small_company import DAY, small_company, with_tables
from tests.features.computed import AS_OF, DATES, FEATURES, SCORECARD, features_at, hand_written


@pytest.fixture(scope="module")
def company():
    return small_company()


def cut_feed(tables, last):
    daily = tables["usage_daily"]
    bound = pa.scalar(last.to_pydatetime(), daily.schema.field("known_at").type)
    return with_tables(tables, usage_daily=daily.filter(pc.less(daily["known_at"], bound)))


def views_of(metric):
    return {select.view for select, _ in metric.measure.selects()}


USAGE_ONLY = [metric.column for metric in METRICS if views_of(metric) == {"usage"}]
FED = {metric.column for metric in METRICS if "usage" in views_of(metric)}


def fed_only(card):
    """The scorecard with nothing but what the usage feed brings."""
    parts = {}
    for name in ("usage", "adoption"):
        metrics = tuple(part for part in card.components[name].metrics if part.metric in FED)
        parts[name] = card.components[name].model_copy(update={"metrics": metrics})
    return card.model_copy(update={"components": parts, "caps": (), "variants": ()})


@pytest.mark.parametrize(("silent_days", "stale"), [(6, False), (7, True), (60, True)])
def test_a_silent_feed_is_stale_after_seven_days_and_keeps_its_last_values(
    company, silent_days, stale
):
    last = DATES[2] - silent_days * DAY
    broken = features_at(cut_feed(company, last), DATES[2])
    states = broken.absence.drop("acc_00001")["active_users_28d"]
    assert states.eq(Absence.STALE_OR_FAILED if stale else Absence.PRESENT).all()
    if stale:
        fresh = features_at(company, last)
        found = broken.frame[USAGE_ONLY].droplevel("as_of")
        pd.testing.assert_frame_equal(found, fresh.frame[USAGE_ONLY].droplevel("as_of"))


@pytest.mark.parametrize("seed", range(4))
def test_a_broken_feed_never_raises_a_score(seed):
    tables = small_company(6, seed=seed)
    last, as_of = DATES[2] - 30 * DAY, DATES[2]
    card = fed_only(SCORECARD)
    fresh = score_health(features_at(tables, last), card).scores.droplevel("as_of")
    broken = score_health(features_at(cut_feed(tables, last), as_of), card).scores
    broken = broken.droplevel("as_of").loc[fresh.index]
    for column in ("chs_usage", "chs_adoption"):
        assert fresh[column].notna().any()
        assert (broken[column].isna() == fresh[column].isna()).all()
        assert not (broken[column] > fresh[column] + 1e-9).any()
    assert (broken["chs_coverage"] == 0).all()
    assert broken["chs"].isna().all()


def test_what_does_not_apply_does_not_begin_to_apply_when_the_feed_breaks():
    """Without seats there is no active user rate; a broken feed must not count it as neutral."""
    used = pd.DataFrame(
        {
            "account_id": ["a", "bystander"],
            "product_user_id": ["u", "v"],
            "feature_id": ["f", "f"],
            "date": [AS_OF - 60 * DAY, AS_OF - 20 * DAY],
            "events": 1.0,
            "known_at": [AS_OF - 59 * DAY, AS_OF - 20 * DAY],
        }
    )
    seats = pd.DataFrame(
        {"account_id": ["bystander"], "product_user_id": ["v"], "known_at": [day("2024-01-01")]}
    ).assign(activated_at=day("2024-01-01"), deactivated_at=pd.NaT)
    tables = hand_written(usage_daily=used, seats=seats, features=FEATURES)
    fresh, broken = features_at(tables, AS_OF - 19 * DAY), features_at(tables, AS_OF)
    assert fresh.absence["active_user_rate_28d"].tolist() == [Absence.NOT_APPLICABLE]
    assert broken.absence["active_user_rate_28d"].tolist() == [Absence.NOT_APPLICABLE]
    assert broken.absence["active_users_28d"].tolist() == [Absence.STALE_OR_FAILED]
    card = fed_only(SCORECARD)
    before, after = (score_health(f, card).scores["chs_usage"].iloc[0] for f in (fresh, broken))
    assert after <= before


def test_a_feed_that_never_began_is_not_collected(company):
    before = company["usage_daily"].filter(pa.array([False] * company["usage_daily"].num_rows))
    found = features_at(with_tables(company, usage_daily=before), DATES[2])
    assert found.absence[USAGE_ONLY].eq(Absence.NOT_COLLECTED).all(axis=None)
    assert found.frame[USAGE_ONLY].isna().all(axis=None)
