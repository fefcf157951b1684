"""Hold estimates in the grace, when a term has ended and nothing is signed, against what came.

Usage: python benchmarks/grace.py [--seeds 2] [--only NAME] [--write]

Companies whose renewals are often written down 3 to 29 days after the end of the term are invented
by `invented/strange_companies.py`. The model learns from what was known in the middle of their
history; then every account in the grace is read on each week that follows, by what was known on
that day. With --write the rows of each company replace its former ones in benchmarks/RESULTS.md.

Needs no extra.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
from invented.shapes import Shape
from invented.strange_companies import made
from results import markdown, write_section

import churngrid
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tableset import Tables
from churngrid.serving.company.config import read_config
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.scoring.scored import Models
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.registry.artifact import FittedModel
from churngrid.training.train import train_target

COLUMNS = ("company", "days overdue", "readings", "terms", "mean estimate", "left", "low", "high")
COLUMNS += ("estimate before the end",)
HEAD = (
    "# Estimates in the grace, against what came",
    "",
    "Made by `python benchmarks/grace.py --write`. Accounts whose term has ended and whose renewal",
    "can still come, read every ten days by what was known on the day; the model had learned from",
    "what was known before the first of them. *Left* is the share that never renewed, low and high",
    "its 95 % interval with terms drawn anew. Where leaving is told, it is two days after the end.",
    "",
)
GRACE, STEP, LEARNED = 30, 10, 26
SPANS = {"0-6": (0, 6), "7-13": (7, 13), "14-29": (14, 29), "all": (0, GRACE)}
CAUSES = (0.0, 0.9, 0.0, 0.9)
TOLD, NEVER_TOLD, FEW = (
    Shape(name, CAUSES, -1.8, 0.0, 0, late=late, usage_from=None, people=False)
    for name, late in (
        ("late renewals, leaving is told", 0.5),
        ("late renewals, leaving is never told", 0.5),
        ("few late renewals, leaving is never told", 0.1),
    )
)


def read(shape: Shape, *, told: bool) -> pd.DataFrame:
    """Return every reading in the grace: ``days``, ``p``, ``before``, ``left`` and ``term``."""
    frames, _ = made(shape)
    if not told:
        del frames["contract_events"]
    tables = churngrid.read_tables(frames)
    start = pd.Timestamp("2022-01-01", tz="UTC")
    first, end = (start + pd.DateOffset(months=months) for months in (LEARNED, shape.months))
    models = Models(churn=learned(tables.known_before(pa.scalar(first, pa.timestamp("us", "UTC")))))
    config = read_config(Settings())
    parts = []
    for as_of in pd.date_range(first, end - GRACE * pd.Timedelta(days=1), freq=f"{STEP}D"):
        scores = score_tables(tables, as_of, config=config, models=models).scores
        parts.append(scores[scores["renewal_overdue_days"].notna()])
    return _with_outcome(pd.concat(parts), frames["contracts"])


def learned(tables: Tables) -> FittedModel:
    """Return the model of leaving that ships."""
    config = read_config(Settings())
    rows = build_dataset(tables, config.settings, scorecard=config.scorecard, rubric=config.rubric)
    return train_target(rows, config.settings, "churn").model


def _with_outcome(scores: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Put beside each reading whether the term was ever followed by another one."""
    odds = np.log(scores["p_churn"]) - np.log1p(-scores["p_churn"]) - scores["overdue_log_odds"]
    ends = pd.to_datetime(scores["p_by_date"], utc=True) - pd.Timedelta(days=GRACE)
    begun = pd.to_datetime(contracts["term_start"], utc=True)
    followed = pd.MultiIndex.from_arrays([contracts["account_id"], begun.dt.normalize()])
    terms = pd.MultiIndex.from_arrays([scores["account_id"], ends.dt.normalize()])
    return pd.DataFrame(
        {
            "days": scores["renewal_overdue_days"].to_numpy(dtype=float),
            "p": scores["p_churn"].to_numpy(dtype=float),
            "before": 1 / (1 + np.exp(-odds.to_numpy(dtype=float))),
            "left": ~terms.isin(followed),
            "term": [f"{account} {end:%F}" for account, end in terms],
        }
    )


def figures(name: str, found: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield a row a span of days."""
    for span, (least, most) in SPANS.items():
        part = found[found["days"].between(least, most)]
        if part.empty:
            continue
        low, high = _interval(part)
        yield (
            *(name, span, f"{len(part):,}", f"{part['term'].nunique():,}"),
            *(f"{part[column].mean():.3f}" for column in ("p", "left")),
            *(f"{low:.3f}", f"{high:.3f}", f"{part['before'].mean():.3f}"),
        )


def _interval(part: pd.DataFrame) -> tuple[float, float]:
    sums = part.groupby("term")["left"].agg(["sum", "size"]).to_numpy(dtype=float)
    rng = np.random.default_rng(0)
    drawn = [sums[rng.integers(0, len(sums), len(sums))].sum(axis=0) for _ in range(1000)]
    low, high = np.quantile([left / size for left, size in drawn], [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    """Print the table of each company, and keep it when asked to."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=2)
    asked.add_argument("--only", default="", help="Part of a company's name.")
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    for shape in (TOLD, NEVER_TOLD, FEW):
        if options.only in shape.name:
            parts = [
                read(replace(shape, seed=seed), told=shape is TOLD).assign(seed=seed)
                for seed in range(1, options.seeds + 1)
            ]
            found = pd.concat(parts)
            found["term"] = found["term"] + " " + found["seed"].astype(str)
            table = markdown(COLUMNS, figures(shape.name, found))
            print("\n".join(table), flush=True)
            if options.write:
                write_section([*HEAD, *table], by_world=True)


if __name__ == "__main__":
    main()
