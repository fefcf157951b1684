"""Exports that were damaged, by the commands: a list, or a sentence; never a crash, never silence.

A few copies run with the others. With ``CHURNGRID_DAMAGES=400`` that many copies of the exports
beside the repository are damaged, whatever is there of them.
"""

import contextlib
import io
import json
import os
import shutil
from pathlib import Path

import pytest

from churngrid.serving.cli.app import app
from tests.features.ingest.damage import DAMAGES, chance_of

EXPORTS = Path(__file__).parents[2] / ".." / "shared" / "exports"
COPIES = int(os.environ.get("CHURNGRID_DAMAGES", "0"))
OWN = {
    "customers.csv": "id,Name,Created (UTC),Email\n"
    + "".join(f"cus_{n:06d},Firm {n},2024-0{1 + n % 9}-11 09:00,a@f{n}.com\n" for n in range(12)),
    "subscriptions.csv": "id,Customer ID,Plan,Quantity,Currency,Interval,Amount,Status,"
    "Start (UTC),Current Period End (UTC),Canceled At (UTC),Ended At (UTC)\n"
    + "".join(
        f"sub_{n:06d},cus_{n:06d},pro,1,usd,month,{30 + n}.50,active,"
        f"2024-0{1 + n % 9}-11 09:00,2026-02-01 09:00,,\n"
        for n in range(12)
    ),
    "tickets.csv": "ticket_id,customer_id,created_at,priority\n"
    + "".join(
        f"t{n:05d},cus_{n % 12:06d},2025-0{1 + n % 9}-1{n % 9},P{n % 4}\n" for n in range(30)
    ),
}


def sources():
    """The folders to damage: those beside the repository where many copies are asked for."""
    if COPIES and EXPORTS.is_dir():
        return [path for path in sorted(EXPORTS.iterdir()) if any(path.glob("*.csv"))]
    return [None]


def copied(place, seed):
    """One damaged copy of an export."""
    chance = chance_of(seed)
    source, folder = chance.choice(sources()), place / "data"
    if source is None:
        folder.mkdir()
        for name, text in OWN.items():
            (folder / name).write_text(text)
    else:
        shutil.copytree(source, folder)
    file = chance.choice(sorted(folder.glob("*.csv")))
    damage = DAMAGES[seed % len(DAMAGES)]
    raw = damage(file.read_bytes(), chance)
    packed = damage.__name__ == "packed"
    file.unlink()
    (file.with_name(f"{file.name}.gz") if packed else file).write_bytes(raw)
    return folder


def run(*arguments):
    """A command as a program runs it: its exit code and its JSON."""
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        try:
            code = app([*arguments, "--json"])
        except SystemExit as end:
            code = end.code
    return code, json.loads(said.getvalue())


@pytest.mark.parametrize("seed", range(COPIES) or (0, 5, 9, 12))
def test_a_damaged_export_gives_a_list_or_a_sentence(seed, tmp_path, monkeypatch):
    data = copied(tmp_path, seed)
    monkeypatch.chdir(tmp_path)
    code, told = run("init", "mine", "--from", str(data))
    assert code in {0, 1, 2}, told
    if code == 2:
        assert told["error"]
        return
    assert told["next"]
    assert told.get("check") or told.get("problem") or told.get("flat"), told
    if told.get("check"):
        monkeypatch.chdir(tmp_path / "mine")
        code, told = run("score", "--model", "none")
        assert code in {0, 1, 2}, told
        assert told.get("error") if code == 2 else told["notes"]
