"""What is derived from the levels: own baselines, percentiles, medians, and silent feeds."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.catalogue.context import PAYS
from churngrid.features.metrics.measures import Tenure
from churngrid.features.metrics.views import view_named
from churngrid.features.schema.tableset import Whole
from tests.build import day
from tests.oracles.measure_sql import MeasureSql
from tests.oracles.random_company import Company, random_company

BASELINE_DAYS = 168
STALE_DAYS = 7
CASES = [(21, False), (22, True)]
DAY = pd.Timedelta(days=1)


@cache
def made(seed, own_dates):
    company = random_company(seed, own_dates=own_dates, raw_usage=False)
    tables = company.tables
    found = compute_features(tables, company.pairs, metrics=METRICS)
    return company, found, MeasureSql(tables, company.pairs)


def feeds(metric):
    views = (view_named(select.view) for select, _ in metric.measure.selects())
    return {view.feed or view.name for view in views}


def known_since(company, metric, rows):
    """From when on the account's own past is known: its feed has begun, and of use its own."""
    name = "usage_daily" if metric.of_use else "tickets"
    clock = "date" if metric.of_use else "created_at"
    facts = company.frames[name]
    begun = []
    for account, as_of in zip(rows["account_id"], rows["as_of"], strict=True):
        known = facts[(facts["known_at"] < as_of) & (facts[clock] < as_of)]
        first = known[clock].min()
        if metric.of_use:
            by_machines = known["events"].isna() & (known["automated_events"] > 0)
            used = ~by_machines & ~(known["events"] <= 0)
            own = known.loc[used & (known["account_id"] == account), clock].min()
            first = pd.NaT if pd.isna(own) else max(first.floor("D"), own)
        begun.append(first if pd.isna(first) else first.floor("D"))
    return pd.Series(pd.to_datetime(begun, utc=True))


@pytest.mark.parametrize(("seed", "own_dates"), CASES)
def test_baselines_are_means_of_the_windows_before_that_are_known(seed, own_dates):
    company, found, sql = made(seed, own_dates)
    tenure = sql.values(Tenure())
    rows = found.frame.index.to_frame(index=False)
    for metric in METRICS:
        if not metric.own_baseline:
            continue
        days = metric.window_days
        known = ((rows["as_of"] - known_since(company, metric, rows)) / DAY).to_numpy()
        windows = []
        for place in range(1, max(1, round(BASELINE_DAYS / days)) + 1):
            value = sql.values(metric.measure, place * days)
            opens = (place + 1) * days
            counted = (tenure >= opens) & (known + days // 14 >= opens)
            windows.append(np.where(counted, value, np.nan))
        expected = pd.DataFrame(windows).mean().to_numpy()
        np.testing.assert_allclose(found.baseline[metric.column], expected, rtol=1e-9)
        level = found.frame[metric.column].to_numpy()
        ratio = np.where(expected > 0, level / np.where(expected > 0, expected, 1), np.nan)
        ratio = np.where((expected == 0) & (level == 0) & metric.of_use, 0.0, ratio)
        np.testing.assert_allclose(found.frame[metric.vs_own], ratio, rtol=1e-9)


@pytest.mark.parametrize(("seed", "own_dates"), CASES)
def test_percentiles_and_medians_are_those_among_live_accounts_of_segment_and_date(seed, own_dates):
    _, found, sql = made(seed, own_dates)
    np.testing.assert_array_equal(found.live, sql.values(PAYS) > 0)
    group = [found.frame.index.get_level_values("as_of"), found.segment]
    for metric in METRICS:
        level = found.frame[metric.column]
        live = level.where(found.live)
        together = live.groupby(group).transform("count") >= 2
        medians = live.groupby(group).transform("median").where(together)
        pd.testing.assert_series_equal(found.segment_median[metric.column], medians)
        if metric.in_segment:
            ranks = live.groupby(group).rank(pct=True).where(together)
            pd.testing.assert_series_equal(found.frame[metric.percentile], ranks, check_names=False)


def with_silences(company):
    """The company without what became known of its usage at first and in two longer times."""
    usage = company.frames["usage_daily"]
    known = usage["known_at"]
    silent = known.between(day("2023-09-01"), day("2024-08-28"))
    silent |= (known < day("2022-08-01")) | (known > day("2025-02-01"))
    return Company({**company.frames, "usage_daily": usage[~silent]}, company.pairs)


@pytest.mark.parametrize(("seed", "own_dates"), CASES)
def test_levels_are_those_of_the_last_delivery_once_usage_fell_silent(seed, own_dates):
    company = with_silences(random_company(seed, own_dates=own_dates, raw_usage=False))
    tables = company.tables
    found = compute_features(tables, company.pairs, metrics=METRICS)
    known = company.frames["usage_daily"]["known_at"]
    rows = found.frame.index.to_frame(index=False)
    newest = pd.to_datetime([known[known < moment].max() for moment in rows["as_of"]], utc=True)
    never = np.array(newest.isna())
    silent = found.absence["active_users_28d"].to_numpy() == Absence.STALE_OR_FAILED
    assert (np.array(rows["as_of"] - newest > STALE_DAYS * DAY)[silent]).all()
    assert min(silent.sum(), never.sum(), (~silent & ~never).sum()) > 5
    # What is asked on rows after the silence began is asked of the midnight after it did.
    heard = rows.assign(as_of=rows["as_of"].mask(silent, newest.floor("D") + DAY))
    once = heard.drop_duplicates(ignore_index=True).sort_values(["account_id", "as_of"])
    now, then = MeasureSql(tables, company.pairs), MeasureSql(tables, once)
    for metric in METRICS:
        value = now.values(metric.measure)
        if not isinstance(metric.when_absent, Absence):
            value = np.where(np.isnan(value), metric.when_absent, value)
        if metric.when_silent is not None:
            continue
        if "usage" in feeds(metric):
            before = pd.Series(then.values(metric.measure), pd.MultiIndex.from_frame(once))
            before = before.reindex(pd.MultiIndex.from_frame(heard)).to_numpy()
            value = np.where(never, np.nan, np.where(silent, before, value))
        # What no feed covered is unknown, and other tables have silences of their own.
        frozen = found.absence[metric.column] == Absence.STALE_OR_FAILED
        compared = (found.frame[metric.column].notna() & ~frozen) | (
            silent & (feeds(metric) == {"usage"})
        )
        np.testing.assert_allclose(
            found.frame[metric.column][compared],
            np.asarray(value)[compared],
            rtol=1e-9,
            atol=1e-10,  # a change takes a number away from one almost as large
            err_msg=metric.column,
        )


def test_when_a_feed_last_delivered_is_known_for_the_asked_dates_only():
    whole = Whole(frozenset(), np.array([10, 20]), {"usage": np.array([-1, 15])})
    assert whole.last_delivery("usage", np.array([20, 10])).tolist() == [15, -1]
    for moment in (15, 21):
        with pytest.raises(
            ValueError, match=f"`as_of` must be among the dates .* got {moment} micro"
        ):
            whole.last_delivery("usage", np.array([10, moment]))
