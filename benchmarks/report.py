"""How large the report is and how fast it opens, filters and shows an account, in Chromium.

    python benchmarks/report.py RESULTS --accounts 10000 --write

RESULTS is a folder that `churngrid score` wrote into, best at several dates: its accounts are
repeated under other ids, in an order drawn at random, until there are enough of them, each with 18
readings. Every figure of the browser is the median of five.

Needs no extra.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from results import markdown, show

RUNS = 5
READINGS = 18
TABLES = ("scores", "drivers", "plays", "facts")
WORDS = ("sponsor", "tick", "x", "goal", "")
BANDS = ("low", "high", "medium", "", "low")
_FRESH = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--csms", type=int, default=250)
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    args = parser.parse_args()
    tables = many_accounts(args.results, args.accounts, args.csms)
    table = pd.DataFrame([*made(tables, args.accounts)], columns=["what", "figure", "unit"])
    show(table, section(table, args.accounts), write=args.write)


def many_accounts(folder: Path, count: int, csms: int) -> dict[str, pd.DataFrame]:
    """Return results of one date, of many accounts that are not alike where they stand together."""
    from churngrid.serving.results.stores import open_store

    store, rng = open_store(folder), np.random.default_rng(5)
    read = {name: store.read(name) for name in TABLES}
    newest = read["scores"]["as_of"].max()
    pairs = read["scores"][["account_id", "as_of"]]
    drawn = np.resize(rng.permutation(len(pairs)), count)
    chosen = pairs.iloc[drawn].assign(fresh=[f"acc_{number:06d}" for number in range(count)])
    tables = {
        name: frame.merge(chosen, on=["account_id", "as_of"])
        .assign(account_id=lambda rows: rows["fresh"], as_of=newest)
        .drop(columns="fresh")
        for name, frame in read.items()
    }
    scores = tables["scores"]
    scores["attention"] = rng.random(len(scores))
    scores["csm_id"] = [f"csm_{number % csms:03d}" for number in range(len(scores))]
    return tables


def made(tables: dict[str, pd.DataFrame], count: int) -> list[tuple[str, float, str]]:
    """Write the page, open it, and return what was measured."""
    from churngrid.serving.company.config import FACT_FIELDS
    from churngrid.serving.company.playbook_file import read_playbook
    from churngrid.serving.report.beside import Beside
    from churngrid.serving.report.render import render_report

    scores = tables["scores"]
    history = pd.concat([_shaken(scores, week) for week in range(READINGS - 1, -1, -1)])
    began = time.process_time()
    page = render_report(
        scores,
        tables["drivers"],
        tables["plays"],
        playbook=read_playbook(None, FACT_FIELDS),
        beside=Beside(facts=tables["facts"], history=history),
    )
    took = time.process_time() - began
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "report.html"
        path.write_text(page, encoding="utf-8")
        size = path.stat().st_size
        return [
            ("size of the page", round(size / 1e6, 2), "MB"),
            ("written in", round(took, 1), "CPU s"),
            *in_browser(path, Path(temporary), count),
        ]


def _shaken(scores: pd.DataFrame, week: int) -> pd.DataFrame:
    """Return the scores of an earlier week, none of them quite the same."""
    rng = np.random.default_rng(week)
    shift = rng.normal(0, 4 if week else 0, len(scores))
    return scores.assign(
        as_of=scores["as_of"] - pd.Timedelta(days=7 * week),
        chs=(scores["chs"] + shift).clip(0, 100),
        cmi=(scores["cmi"] + shift / 20).clip(1, 5),
    )[["account_id", "as_of", "chs", "cmi", "p_churn", "health_band", "status", "arr"]].assign(
        account_name="", csm_id=""
    )


def in_browser(path: Path, folder: Path, count: int) -> list[tuple[str, float, str]]:
    """Open the page, filter it, and look at one account."""
    from tests.serving.report.browser import browser

    with browser(folder / "profile") as page:
        opened = [_opened(page, path) for _ in range(RUNS)]
        first = page.run("document.querySelectorAll('#list-body a')[7].hash")
        filtered = [_timed(page, _typed("q", word)) for word in WORDS]
        chosen = [_timed(page, _typed("band", band)) for band in BANDS]
        shown = [_timed(page, f"location.hash = '{first}'; await opened();")]
        told = page.run("document.getElementById('shown').textContent")
    assert f"of all {count:,} accounts" in told, told
    return [
        ("opened, until the list stands", round(median(opened), 2), "s"),
        ("search, until the list stands", round(median(filtered)), "ms"),
        ("filter, until the list stands", round(median(chosen)), "ms"),
        ("first account of a block of 250, until it stands", round(median(shown)), "ms"),
    ]


def _opened(page: object, path: Path) -> float:
    began = time.perf_counter()
    page.open(path)
    return time.perf_counter() - began


def _typed(name: str, value: str) -> str:
    return (
        f"const field = document.querySelector('#filters [name={name}]'); field.value = '{value}';"
        "field.dispatchEvent(new Event('input', { bubbles: true }));"
    )


def _timed(page: object, steps: str) -> float:
    """Return how many milliseconds steps take, until the page was painted anew."""
    return page.run(
        "(async () => { const opened = async () => { while (document.body.dataset.shown !=="
        " location.hash) await new Promise((done) => setTimeout(done)); };"
        f"const began = performance.now(); {steps} await {_FRESH};"
        "return performance.now() - began; })()"
    )


def section(table: pd.DataFrame, count: int) -> list[str]:
    """Return the part of RESULTS.md."""
    return [
        f"# The report at {count:,} accounts",
        "",
        "`benchmarks/report.py`: accounts of the invented company under other ids, in an order "
        f"drawn at random, {READINGS} readings each. Headless Chromium without a GPU on two cores "
        "that were busy with other things; medians of five, each with the painting.",
        "",
        *markdown(table.columns, table.to_numpy().tolist()),
    ]


if __name__ == "__main__":
    main()
