"""The tables that `quality.py` compares on: inputs, outcome, whose rows they are, and the splits.

Flat tables are cut into five folds that keep the share of the outcome; of large ones three are
tested, to save time. Where a company's events are known, the rows are churngrid's own: its metrics
of an account on an as-of date, beside whether it has left at its next decision (or within the
horizon of its settings); they are cut by time as the backtest cuts them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from compared.rows import SEED, Rows, drawn_groups
from sklearn.model_selection import StratifiedKFold

import churngrid
from churngrid.training.dataset.dataset import Dataset
from churngrid.training.dataset.temporal_splits import out_of_time
from churngrid.training.evaluation.candidates import lesson_of

SETTINGS = Path(__file__).parents[1] / "data"
MOST_FLAT, MOST_DATED = 10_000, 6_000
"""Rows of a flat table and of a company's accounts at most; more are drawn from."""
FOLDS, LARGE, TESTED = 5, 5_000, 3
"""Of the five folds of a flat table with more rows than `LARGE`, three are tested."""


@dataclass(frozen=True)
class FlatFile:
    """Where a flat table stands, what is to be told, and what must not be read."""

    file: str
    label: str
    left_out: tuple[str, ...]


FLAT = {
    "saas_hr_suite": FlatFile("companies.parquet", "churned", ("company_id",)),
    "telco_ibm": FlatFile("customers.parquet", "churn", ("customer_id",)),
    # How long the call took is known only after it.
    "bank_telemarketing": FlatFile("clients.parquet", "y", ("client_id", "duration")),
    # The date of issue says how long a policy was watched; the others are known at its end.
    "life_policy_lapse": FlatFile(
        "policies.parquet",
        "surrender",
        (
            *("policy_id", "issue_date", "duration", "djia"),
            *("termination_cause", "death", "other", "allcause"),
        ),
    ),
}
COMPANIES = {
    "online_retail": ("online_retail", "online_retail.yaml"),
    "oss_suite": ("oss_suite", "oss_suite.yaml"),
    "oss_firmware": ("oss_firmware", "oss_firmware.yaml"),
    "world_a": ("world_a/tables", None),
}


@dataclass(frozen=True)
class Split:
    """Positions of the rows to learn from and to be tested on, and the columns worth reading."""

    train: np.ndarray
    test: np.ndarray
    columns: list[str]


@dataclass(frozen=True)
class Table:
    """All rows of one table and how they are cut."""

    name: str
    rows: Rows
    splits: list[Split] = field(default_factory=list)

    def parts(self, split: Split) -> tuple[Rows, Rows]:
        """Return what is learned from in a split and what is asked."""
        read = self.rows.reading(split.columns)
        return read.at(split.train), read.at(split.test)


def flat_rows(data: Path, name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the inputs of a flat table, texts as categories, and its outcome."""
    source = FLAT[name]
    frame = pd.read_parquet(data / name / source.file)
    y = frame[source.label].isin([1, True, "yes", "Yes"]).to_numpy(dtype=np.int64)
    X = frame.drop(columns=[source.label, *source.left_out])
    texts = X.columns[~X.dtypes.map(pd.api.types.is_numeric_dtype)]
    return X.astype(dict.fromkeys(texts, "category")), y


def flat_table(data: Path, name: str) -> Table:
    """Return a flat table, of a large one some rows drawn at random."""
    X, y = flat_rows(data, name)
    groups = np.arange(len(y))
    rows = Rows(X, y, np.ones(len(y)), groups).at(drawn_groups(groups, MOST_FLAT))
    cuts = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(rows.X, rows.y))
    tested = cuts[:TESTED] if len(rows.y) > LARGE else cuts
    return Table(name, rows, [Split(*cut, informative(rows.X.iloc[cut[0]])) for cut in tested])


def company_table(data: Path, name: str) -> Table:
    """Return the rows that churngrid makes of a company; of many, those of accounts drawn."""
    folder, settings = COMPANIES[name]
    told = SETTINGS / settings if settings else None
    dataset = churngrid.build_dataset(data / folder, told)
    kept = dataset.labelled("churn")
    groups = dataset.parent[kept].to_numpy(dtype=object)
    drawn = drawn_groups(groups, MOST_DATED)
    y = dataset.labels["churned"][kept].to_numpy(dtype=np.int64)
    whole = Rows(dataset.X[kept], y, dataset.weight("churn")[kept], groups)
    dates = dataset.labels[kept].reset_index().iloc[drawn]
    splits = [
        Split(fold.train, fold.test, dateless(dataset, drawn[fold.train]))
        for fold in out_of_time(dates, groups[drawn])
    ]
    return Table(name, whole.at(drawn), splits)


def dateless(dataset: Dataset, place: np.ndarray) -> list[str]:
    """Return the inputs that churngrid's own models would get: those that do not tell the date."""
    lesson = lesson_of(dataset, "churn", place)
    clocks = [clock.column for clock in lesson.clocks]
    return informative(lesson.X[dataset.columns("churn")].drop(columns=clocks))


def informative(X: pd.DataFrame) -> list[str]:
    """Return the columns that are not the same in every row."""
    return [name for name, values in X.items() if len(values.unique()) > 1]


TABLES: dict[str, Callable[[Path], Table]] = {
    **{name: partial(flat_table, name=name) for name in FLAT},
    **{name: partial(company_table, name=name) for name in COMPANIES},
}
