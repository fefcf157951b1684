"""A company of a few accounts with every table, and other futures it could have had."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from churngrid.demo import build_company
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.tables import table_spec
from churngrid.training.dataset.look_ahead_proof import OUTCOME_CLOCKS

DAY = pd.Timedelta(days=1)
STAMP = pa.timestamp("us", tz="UTC")
DELAYS_US = (0, 1, 3_600_000_000, 86_400_000_000, 40 * 86_400_000_000)


def small_company(accounts=5, *, months=14, seed=3):
    return read_tables(build_company(accounts, months=months, seed=seed).tables)


def with_tables(tables, **changed):
    """The same company with some tables replaced."""
    return replace(tables, by_name={**tables.by_name, **changed})


def micros(moment):
    return int(moment.value // 1000)


def later_than(moment, n, rng):
    """Moments from exactly the given one on."""
    offsets = rng.choice(DELAYS_US, n) + micros(moment)
    return pa.array(offsets, pa.int64()).cast(STAMP)


def future_rows(table, as_of, rng):
    """Rows that become known at ``as_of`` or later and say anything about any time."""
    n = 150 if table.num_rows else 0
    rows = table.take(rng.integers(0, table.num_rows, n))
    for place, name in enumerate(rows.column_names):
        if name != "known_at" and rng.random() < 0.5:
            shuffled = table[name].take(rng.integers(0, table.num_rows, n))
            rows = rows.set_column(place, name, shuffled)
    return set_known(rows, later_than(as_of, n, rng))


def set_known(table, known):
    return table.set_column(
        table.column_names.index("known_at"), "known_at", pa.chunked_array([known])
    )


def known_before(table, as_of):
    return table.filter(pc.less(table["known_at"], pa.scalar(as_of.to_pydatetime(), STAMP)))


def appended(table, as_of, rng):
    return pa.concat_tables([table, future_rows(table, as_of, rng)])


def changed(table, as_of, rng):
    return pa.concat_tables([known_before(table, as_of), future_rows(table, as_of, rng)])


def deleted(table, as_of, rng):
    return known_before(table, as_of)


def rewritten(table, as_of, rng, *, name):
    """Outcomes that came later, or not at all, in rows that were known before."""
    spec = table_spec(name)
    bound = pa.scalar(as_of.to_pydatetime(), STAMP)
    for place, column in enumerate(table.column_names):
        if column not in OUTCOME_CLOCKS or spec.column(column).required:
            continue
        ahead = pc.fill_null(pc.greater_equal(table[column], bound), True)
        later = later_than(as_of, table.num_rows, rng)
        blank = pa.array(rng.random(table.num_rows) < 0.3)
        later = pc.if_else(blank, pa.scalar(None, STAMP), later)
        table = table.set_column(place, column, pc.if_else(ahead, later, table[column]))
    return table


ACTIONS = {"append": appended, "change": changed, "delete": deleted}


def other_future(tables, as_of, actions, *, seed):
    """The company with another future: per table an action, or ``rewrite``."""
    rng = np.random.default_rng(seed)
    new = {}
    for name, action in actions.items():
        if action == "rewrite":
            new[name] = rewritten(tables[name], as_of, rng, name=name)
        else:
            new[name] = ACTIONS[action](tables[name], as_of, rng)
    return with_tables(tables, **new)


def shuffled(tables, *, seed):
    """The same company with the rows of every table in another order."""
    rng = np.random.default_rng(seed)
    mixed = {
        name: table.take(rng.permutation(table.num_rows)) for name, table in tables.by_name.items()
    }
    return replace(tables, by_name=mixed)
