"""Export files of systems that companies have: init without editing, check, score, and the figures.

Usage: python benchmarks/exports.py EXPORTS [--write] [NAME ...]

EXPORTS holds a folder a source, each with a `source.md` that says what a right result is; none of
them is part of this repository. The figures expected here are copied from there, with the sentence
they stand in. With --write the table replaces its part of benchmarks/RESULTS.md.

Needs no extra.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from results import markdown, write_section

Run = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One figure that is known to be right."""

    name: str
    expected: float
    found: Callable[[Run], float]
    source: str


def used(table: str) -> Callable[[Run], float]:
    """Rows of a canonical table that are used."""
    return lambda run: sum(t["rows_used"] for t in run["check"]["tables"] if t["table"] == table)


def read_from(table: str, source: str) -> Callable[[Run], float]:
    """1 if a canonical table is read from this source."""
    parts = lambda run: [(p["table"], p["source"]) for p in run["init"]["read"]]  # noqa: E731
    return lambda run: float((table, source) in parts(run))


def listed(run: Run) -> float:
    """Accounts in the list."""
    return float(len(run["scores"]))


def paying(run: Run) -> float:
    """Accounts that pay something."""
    return float((run["scores"]["arr"] > 0).sum())


def arr(run: Run) -> float:
    """ARR of all accounts listed."""
    return float(run["scores"]["arr"].sum())


def left(run: Run) -> float:
    """Accounts that left before and are not listed."""
    told = next(note for note in run["score"]["notes"] if "left before" in note)
    return float(told.split(";")[1].split()[0].replace(",", ""))


def largest(run: Run) -> float:
    """Largest amount a month."""
    return float(run["scores"]["arr"].max() / 12)


def ends_within(days: int, day: str, value: str) -> Callable[[Run], float]:
    """Accounts, or their ARR, whose term ends within so many days of a day."""

    def found(run: Run) -> float:
        scores = run["scores"]
        ends = pd.to_datetime(scores["term_end"], utc=True)
        start = pd.Timestamp(day, tz="UTC")
        due = scores[(ends >= start) & (ends <= start + pd.Timedelta(days=days))]
        return float(len(due) if value == "accounts" else due["arr"].sum())

    return found


def says(*words: str) -> Callable[[Run], float]:
    """1 if what init tells has all these words."""
    return lambda run: float(all(word in json.dumps(run["init"]) for word in words))


EXPECTED: dict[str, tuple[Figure, ...]] = {
    "hubspot_seeds": (
        Figure("accounts", 24, used("accounts"), "24 companies - all 24 are accounts"),
        Figure("tickets", 9, used("tickets"), "9 links, 9 to a ticket that is there"),
        Figure("own staff", 0, read_from("people", "users"), "users are the vendor's own staff"),
    ),
    "mixpanel_amplitude": (
        Figure("events", 15, used("usage_events"), "5 rows and 10 rows -> usage_events"),
        Figure("features", 6, used("features"), "amplitude_event_type.csv -> features"),
    ),
    "nps_exports": (
        Figure("answers", 180, used("survey_responses"), "180 answers of 21 customers"),
        Figure("accounts", 21, listed, "Accounts come from customer_id (21)"),
    ),
    "renewal_sheet": (
        Figure("accounts", 24, used("accounts"), "24 rows"),
        Figure("ARR", 3_315_000, arr, "ARR 3315000 in all"),
        Figure("tickets", 30, used("tickets"), "tickets: 30"),
        Figure("ends within 90 days", 8, ends_within(90, "2026-03-31", "accounts"), "8 accounts"),
        Figure(
            "ARR within 90 days", 1_145_000, ends_within(90, "2026-03-31", "arr"), "ARR 1145000"
        ),
        Figure("left", 0, left, "Nobody has churned"),
        Figure("answers", 12, used("survey_responses"), "survey_responses (no date): 12"),
    ),
    "salesforce_seeds": (
        Figure("accounts", 9, used("accounts"), "10 rows, 1 deleted"),
        Figure("contracts", 6, used("contracts"), "only is_won and not is_deleted: 6 of 10"),
        Figure("ARR", 200_001, arr, "sum of amount 200001.00"),
        Figure("activities", 20, used("activities"), "event, task -> activities: 10 and 10 rows"),
        Figure("people", 4, used("people"), "contact -> people"),
    ),
    "stripe_dashboard": (
        Figure("accounts", 48, used("accounts"), "customers.csv -> accounts: 48"),
        Figure("live", 39, paying, "Live 39 customers"),
        Figure("ARR", 863_987.52, arr, "ARR 863987.52"),
        Figure("ended", 9, left, "ended 9"),
        Figure("largest a month", 15_857.58, largest, "cus_1030 with 15857.58 a month"),
        Figure("invoices", 853, used("invoices"), "853 rows"),
    ),
    "stripe_seeds": (
        Figure("accounts", 11, used("accounts"), "only is_deleted = FALSE: 11 of 12"),
        Figure("ARR", 12 * 9_388.20, arr, "live are active and past_due, 9388.20"),
        Figure("items", 13, used("subscription_items"), "1 of 14 names no subscription: say so"),
        Figure("vendor's own", 0, read_from("accounts", "account"), "account is the vendor's own"),
    ),
    "telco_flat": (
        Figure("said in words", 1, says("one row a customer", "outcome", "no dates"), "in words"),
        Figure("the door", 1, says("ChurnClassifier"), "which door fits"),
    ),
    "zendesk_seeds": (
        Figure("accounts", 10, used("accounts"), "organization -> accounts, 10 rows"),
        Figure("tickets", 8, used("tickets"), "deleted tickets are no tickets: 10 less 2"),
        Figure("people", 9, used("people"), "role end-user only: 9 of 10"),
    ),
}


def main() -> None:
    """Run every source and show what is right."""
    arguments = [one for one in sys.argv[1:] if not one.startswith("--")]
    exports, names = Path(arguments[0]), arguments[1:] or sorted(EXPECTED)
    rows = []
    for name in names:
        run = run_of(exports / name)
        for figure in EXPECTED[name]:
            rows.append(row_of(name, figure, run))
    table = pd.DataFrame(rows, columns=["source", "figure", "expected", "found", "right"])
    print(table.to_string(index=False))
    whole = table.groupby("source")["right"].all()
    sentence = f"{whole.sum()} of {len(whole)} sources are right in all figures without editing."
    print(sentence)
    if "--write" in sys.argv:
        write_section(section(table, sentence))


def row_of(name: str, figure: Figure, run: Run) -> tuple[str, str, float, float, bool]:
    """Hold one figure against the run of its source."""
    try:
        found = figure.found(run)
    except (KeyError, StopIteration, TypeError):
        found = float("nan")
    right = bool(np.isclose(found, figure.expected, rtol=1e-9))
    return name, figure.name, figure.expected, found, right


def run_of(data: Path) -> Run:
    """Run the three commands as a new user would, and keep what they say."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "mine"
        told = command("init", str(folder), "--from", str(data), here=Path(place))
        run: Run = {"init": told, "check": {}, "score": {}, "scores": pd.DataFrame()}
        if told.get("check"):
            run["check"] = command("check", here=folder)
            run["score"] = command("score", here=folder)
            file = folder / "churngrid-results" / "scores.csv"
            run["scores"] = pd.read_csv(file, dtype={"account_id": str})
        return run


def command(*arguments: str, here: Path) -> dict[str, Any]:
    """Run one command and read its JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "churngrid", *arguments, "--json"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(f"churngrid {' '.join(arguments)}: {done.stdout}{done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def section(table: pd.DataFrame, sentence: str) -> list[str]:
    """Lines for RESULTS.md."""

    def lines() -> Iterator[str]:
        yield "# Exports of known systems"
        yield ""
        yield f"`init --from`, `check`, `score` (`benchmarks/exports.py`). {sentence}"
        yield ""
        yield from markdown(table.columns, table.to_numpy().tolist())

    return list(lines())


if __name__ == "__main__":
    main()
