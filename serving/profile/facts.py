"""All facts about accounts in words, as one table."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import pandas as pd
import pyarrow as pa

from ...features.schema.tableset import Tables
from ..results.schema import FACTS
from .goals import goal_facts
from .known_rows import Fact, KnownRows
from .moments import moment_facts
from .needs import need_facts
from .tie import tie_facts
from .use import use_facts
from .who import who_facts

__all__ = ["account_facts", "no_facts"]

_LONGEST = 300


def account_facts(tables: Tables, as_of: pd.Timestamp, accounts: pd.Series) -> pd.DataFrame:
    """Tell what is known of accounts beside their scores.

    Parameters
    ----------
    tables : Tables
    as_of : Timestamp
        Only facts known before it count.
    accounts : Series of str
        The accounts that are scored.

    Returns
    -------
    DataFrame
        Columns of ``FACTS``, several rows an account, in its order; nothing for what no table
        tells.
    """
    moment = pa.scalar(as_of.to_pydatetime(), pa.timestamp("us", tz="UTC"))
    known = KnownRows(tables.known_before(moment), as_of, accounts)
    use = use_facts(tables, as_of, accounts)
    return _as_table(_gathered(known, use), as_of)


def no_facts() -> pd.DataFrame:
    """Return the table without rows.

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> len(no_facts())
    0
    """
    return _as_table((), pd.Timestamp(0, tz="UTC"))


def _gathered(known: KnownRows, use: Iterable[Fact]) -> Iterator[Fact]:
    yield from who_facts(known)
    yield from tie_facts(known)
    yield from use
    yield from need_facts(known)
    yield from goal_facts(known)
    yield from moment_facts(known)


def _as_table(facts: Iterable[Fact], as_of: pd.Timestamp) -> pd.DataFrame:
    ranks: defaultdict[str, int] = defaultdict(int)
    rows = []
    for account, topic, name, text, happened_at in facts:
        ranks[account] += 1
        rows.append((account, as_of, topic, ranks[account], name, text[:_LONGEST], happened_at))
    frame = pd.DataFrame(rows, columns=[column.name for column in FACTS])
    frame["happened_at"] = pd.to_datetime(frame["happened_at"], utc=True)
    frame["as_of"] = pd.to_datetime(frame["as_of"], utc=True)
    return frame.sort_values(["account_id", "rank"], kind="stable", ignore_index=True)
