"""A score of last March is the same today, whatever has become known since."""

from dataclasses import replace

import pandas as pd
import pytest

from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.serving.results.stores import open_store
from churngrid.serving.scoring.batch_score import score_tables
from tests.build import day
from tests.checks.small_company import other_future, shuffled, small_company

DATES = [day("2025-06-02"), day("2025-06-30"), day("2025-07-28")]
HEAD = "account_id,limit,reason,author,set_at,expires_at\n"


@pytest.fixture(scope="module")
def tables():
    return small_company(8, months=20, seed=4)


@pytest.fixture(scope="module")
def config(tmp_path_factory, tables):
    folder = tmp_path_factory.mktemp("settings")
    account = tables["accounts"]["account_id"][0].as_py()
    path = folder / "overrides.csv"
    path.write_text(f"{HEAD}{account},30,Budget cut,Kim,2025-06-10,2025-07-10\n")
    return read_config(Settings(overrides=path))


def run(tables, config, dates):
    """Score date after date, each with what was stored before it."""
    stored, history = {}, None
    for date in dates:
        scored = score_tables(tables, date, config=config, previous=history)
        stored[date] = scored
        history = pd.concat([history, scored.scores]) if history is not None else scored.scores
    return stored, history


def same(old, new):
    for name in ("scores", "drivers", "plays", "forecast"):
        pd.testing.assert_frame_equal(getattr(old, name), getattr(new, name), check_exact=True)


@pytest.fixture(scope="module")
def stored(tables, config):
    return run(tables, config, DATES)


def test_an_old_date_gives_the_stored_rows_bit_for_bit(tables, config, stored):
    scored, history = stored
    for date in DATES:
        same(scored[date], score_tables(tables, date, config=config, previous=history))


def test_rows_that_came_later_change_nothing(tables, config, stored):
    scored, history = stored
    actions = dict.fromkeys(("usage_daily", "tickets", "activities", "account_events"), "append")
    for action in ("append", "change"):
        later = other_future(tables, DATES[1], {**actions, "tickets": action}, seed=3)
        again = score_tables(later, DATES[1], config=config, previous=history)
        same(scored[DATES[1]], again)


def test_a_green_past_keeps_no_account_green_of_which_too_little_is_known(tables, config, stored):
    """A move of a point from high to medium would be too small to be shown."""
    bands = config.scorecard.bands.model_copy(update={"medium": 5.0, "high": 10.0})
    card = config.scorecard.model_copy(update={"bands": bands, "green_from": 1.0, "caps": ()})
    asking = replace(config, scorecard=card)
    first = score_tables(tables, DATES[0], config=asking).scores
    past = first.assign(health_band_shown="high", health_band_raw="high", health_value=11.0)
    scores = score_tables(tables, DATES[1], config=asking, previous=past).scores
    known = scores[scores["health_source"] == "scorecard"]
    assert len(known)
    assert (known["chs_coverage"] < 1).all()
    assert set(known["health_band"]) == {"medium"}
    assert set(known["health_band_shown"]) == {"medium"}


def test_the_order_of_rows_changes_nothing(tables, config, stored):
    scored, history = stored
    same(
        scored[DATES[1]],
        score_tables(shuffled(tables, seed=2), DATES[1], config=config, previous=history),
    )


def test_what_was_stored_is_what_was_scored(tables, config, stored, tmp_path):
    scored, _ = stored
    store = open_store(tmp_path / "out")
    for date in DATES:
        store.write({"scores": scored[date].scores})
    kept = store.read("scores")
    again = score_tables(tables, DATES[1], config=config, previous=kept).scores
    rows = kept[kept["as_of"] == DATES[1]].sort_values("account_id").reset_index(drop=True)
    fresh = again.sort_values("account_id").reset_index(drop=True)
    for name in ("chs", "chs_low", "chs_high", "chs_slope_84d", "attention", "chs_coverage"):
        assert rows[name].tolist() == pytest.approx(fresh[name].tolist(), abs=0, nan_ok=True)
    for name in ("settings_hash", "state_hash", "health_band", "health_trend"):
        assert rows[name].tolist() == fresh[name].tolist()


def with_rows(tmp_path, *rows):
    path = tmp_path / "overrides.csv"
    path.write_text(HEAD + "".join(rows))
    return read_config(Settings(overrides=path))


def test_an_override_counts_from_the_day_after_it_was_set(tables, tmp_path):
    account = tables["accounts"]["account_id"][0].as_py()
    plain = score_tables(tables, DATES[0], config=read_config(Settings()))
    none_yet = with_rows(tmp_path, f"{account},30,Cut,Kim,2025-06-02,2025-09-01\n")
    same(plain, score_tables(tables, DATES[0], config=none_yet))
    holds = with_rows(tmp_path, f"{account},30,Cut,Kim,2025-06-01,2025-09-01\n")
    found = score_tables(tables, DATES[0], config=holds).scores.set_index("account_id")
    before = plain.scores.set_index("account_id")
    assert found.loc[account, "override_reason"] == "Cut (set by Kim, until 2025-09-01)"
    assert found.loc[account, "health_band"] in ("low", "unknown")
    computed = ["chs", "chs_low", "chs_high", "chs_before_caps", "health_index", "health_value"]
    pd.testing.assert_frame_equal(found[computed].sort_index(), before[computed].sort_index())
    assert (found["state_hash"] != before["state_hash"]).all()
    assert (found["settings_hash"] == before["settings_hash"]).all()


def test_overrides_of_accounts_nobody_knows_are_told(tables, tmp_path):
    config = with_rows(tmp_path, "nobody,30,Cut,Kim,2025-06-01,2025-09-01\n")
    notes = score_tables(tables, DATES[0], config=config).notes
    assert "Overrides of accounts that are not listed: 1, such as 'nobody'." in notes


def test_the_hash_tells_other_settings_but_not_another_folder(tmp_path):
    copies = []
    for name in ("one", "two"):
        path = tmp_path / name / "scorecard.yaml"
        path.parent.mkdir()
        path.write_text(
            "components: {usage: {label: Use, weight: 1, metrics: [{metric: exec_sponsors}]}}\n"
        )
        copies.append(read_config(Settings(scorecard=path)))
    assert copies[0].digest == copies[1].digest
    assert copies[0].digest != read_config(Settings()).digest
    assert read_config(Settings()).digest != read_config(Settings(horizon_days=90)).digest
