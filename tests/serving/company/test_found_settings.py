"""The settings beside the data hold by every door into the package."""

import pandas as pd
import pytest

from churngrid.serving.company.load_company import company_of

ACCOUNTS = pd.DataFrame({"account_id": ["a"]})
TICKETS = pd.DataFrame({"ticket_id": [1], "account_id": ["a"], "created_at": ["2025-01-01"]})


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    ACCOUNTS.to_csv(folder / "accounts.csv", index=False)
    TICKETS.to_csv(folder / "tickets.csv", index=False)
    return folder


@pytest.mark.parametrize("place", ["data", "."])
def test_settings_in_or_beside_the_data_hold_without_being_named(data, place):
    (data.parent / place / "churngrid.yaml").write_text("horizon_days: 90\n")
    assert company_of(data, None).settings.horizon_days == 90
    assert company_of(str(data), None).settings.horizon_days == 90


def test_settings_in_the_working_folder_hold_for_frames(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frames = {"accounts": ACCOUNTS, "tickets": TICKETS}
    assert company_of(frames, None).settings.horizon_days == 180
    (tmp_path / "churngrid.yaml").write_text("horizon_days: 90\n")
    assert company_of(frames, None).settings.horizon_days == 90


def test_settings_that_are_named_win_and_may_be_text(data, tmp_path):
    (data / "churngrid.yaml").write_text("horizon_days: 90\n")
    (tmp_path / "other.yaml").write_text("horizon_days: 30\n")
    assert company_of(data, str(tmp_path / "other.yaml")).settings.horizon_days == 30
