"""`explain` tells what the stored list says, or computes the readings before it and says so."""

from pathlib import Path

import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.serving.results.stores import open_store, results_beside

DATES = ("2025-10-31", "2025-11-30", "2025-12-31")


@pytest.fixture(scope="module")
def data():
    return build_company(24, months=22, seed=9).tables


@pytest.fixture(scope="module")
def stored(data, tmp_path_factory):
    """Results of three months; of the last one as they stand in the list."""
    out = tmp_path_factory.mktemp("company") / "results"
    for date in DATES:
        last = churngrid.score(data, out=out, as_of=date, model="none").scored
    return out, last


def test_the_story_is_that_of_the_list(data, stored):
    out, listed = stored
    steady = listed.scores["health_band_shown"] != listed.scores["health_band_raw"]
    held = listed.scores.loc[steady, "account_id"]
    account = held.iloc[0] if len(held) else listed.scores["account_id"].iloc[0]
    story = churngrid.explain(data, account=account, as_of=DATES[-1], model="none", results=out)
    row = listed.scores.set_index("account_id").loc[account]
    for column in ("health_band", "cell", "explained_by", "block", "state_hash"):
        assert story.account[column] == row[column]
    plays = listed.plays[listed.plays["account_id"] == account]
    pd.testing.assert_frame_equal(story.plays, plays.reset_index(drop=True))
    own = listed.drivers[listed.drivers["account_id"] == account]
    assert story.drivers["text"].tolist() == own["text"].tolist()
    assert story.as_dict()["notes"] == []
    assert "No earlier results" not in story.text()


def test_the_first_list_is_told_as_it_stands(data, stored):
    out, _ = stored
    listed = open_store(out).read("scores", as_of=pd.Timestamp(DATES[0], tz="UTC"))
    account = listed["account_id"].iloc[0]
    story = churngrid.explain(data, account=account, as_of=DATES[0], model="none", results=out)
    row = listed.set_index("account_id").loc[account]
    assert story.account["state_hash"] == row["state_hash"]
    assert story.account["health_band"] == row["health_band"]
    assert "were computed again" not in story.text()


def test_a_first_list_made_by_other_settings_is_not_told(data, stored, tmp_path):
    out, listed = stored
    account = listed.scores["account_id"].iloc[0]
    others = tmp_path / "churngrid.yaml"
    others.write_text("services: true\n", encoding="utf-8")
    story = churngrid.explain(
        *(data, others), account=account, as_of=DATES[0], model="none", results=out
    )
    assert "computed again" in story.text() or "begins too late" in story.text()


def test_without_results_the_readings_before_are_computed_again(
    data, stored, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    _, listed = stored
    steady = listed.scores["health_band_shown"] != listed.scores["health_band_raw"]
    for account in listed.scores.loc[steady, "account_id"].head(2):
        story = churngrid.explain(data, account=account, as_of=DATES[-1], model="none")
        row = listed.scores.set_index("account_id").loc[account]
        assert story.account["health_band"] == row["health_band"]
        assert story.account["cell"] == row["cell"]
        assert f"readings of {DATES[0]} and {DATES[1]} were computed again" in story.text()
        assert story.as_dict()["notes"][0].startswith("No earlier results")


def test_where_the_data_begins_too_late_no_reading_comes_before(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = data["usage_daily"]["date"].min() + pd.Timedelta(days=20)
    day = f"{first:%Y-%m-%d}"
    account = churngrid.score(data, as_of=day, model="none").scored.scores["account_id"].iloc[0]
    story = churngrid.explain(data, account=account, as_of=day, model="none")
    assert "begins too late to compute any" in story.text()


def test_results_are_found_beside_the_data_and_in_the_working_folder(stored, tmp_path, monkeypatch):
    out, _ = stored
    monkeypatch.chdir(tmp_path)
    assert results_beside(out.parent / "data") == out
    assert results_beside(tmp_path / "data") is None
    assert results_beside({}, out.parent / "churngrid.yaml") == out
    monkeypatch.chdir(out.parent)
    assert results_beside({}).resolve() == out.resolve()


def test_results_are_found_under_the_name_that_the_command_gives_them(
    stored, tmp_path, monkeypatch
):
    out, _ = stored
    (tmp_path / "churngrid-results").symlink_to(out.resolve())
    monkeypatch.chdir(tmp_path)
    assert results_beside(out.parent / "data") == Path("churngrid-results")
