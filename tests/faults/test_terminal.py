"""Texts that never end, or steer a terminal, are shown by their beginning and as they read."""

import pytest

from churngrid.serving.cli.console import say, show_accounts, show_table

ENDLESS = "x" * 1_000_000


@pytest.mark.parametrize(
    "place", ["account_id", "account_name", "csm_id", "reasons", "play", "owner"]
)
def test_text_without_end_is_cut_whatever_the_column(capsys, place):
    account = {
        "account_id": "a",
        "account_name": None,
        "csm_id": "Ann",
        "arr": 1.0,
        "odds": "1 in 3",
        "reasons": ["fewer logins"],
        "play": "call",
        "owner": "CSM",
        "due_at": "2025-07-01",
        "open_since": None,
    }
    account[place] = [ENDLESS] if place == "reasons" else ENDLESS
    show_accounts([account], of="1 account")
    assert len(capsys.readouterr().out) < 20_000


def test_text_without_end_is_cut_in_tables_and_sentences(capsys):
    show_table([ENDLESS, "n"], [[ENDLESS, 1]])
    say(f"first line\n{ENDLESS}")
    out = capsys.readouterr().out
    assert len(out) < 20_000
    assert "first line" in out


def test_what_steers_a_terminal_is_replaced(capsys):
    say("\x1b]0;title\x07\x1b[2Jhello\x9b31m")
    assert not set("\x1b\x07\x9b") & set(capsys.readouterr().out)
