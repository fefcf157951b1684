"""How long a won deal holds where no column says it: by the rhythm in which accounts sign again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from ....schema.table_declaration import Column
from ...coerce import read_column
from ...forms.words import spellings
from ..profiles import TableProfile
from ..proposal import Part, Take
from ..words import column_words

__all__ = ["with_terms"]

_AMOUNTS = tuple(column_words(name) for name in ("amount", "deal amount", "value", "deal value"))
_TERMS = (1, 3, 6, 12, 24, 36)
_MONTH_DAYS = 365.25 / 12
_NEAR, _MOSTLY, _FEWEST = 0.12, 0.6, 3


def with_terms(part: Part, table: TableProfile) -> Part:
    """Let deals end when the next one of the same account usually begins.

    Parameters
    ----------
    part : Part
    table : TableProfile
        Its source.

    Returns
    -------
    Part
        With a guess for ``term_end`` where most accounts that sign again do so after about the
        same number of months; as it was where nothing tells, or ends are told.
    """
    part = _of_its_length(part)
    takes = {take.column: take for take in part.takes}
    start = takes.get("term_start")
    if part.table != "contracts" or "term_end" in takes or start is None or not start.source:
        return part
    name, length = start.source.replace('"', '""'), takes.get("term_months")
    if length is not None and length.source:
        written = length.source.replace('"', '""')
        formula = f'moment("{name}") + to_months(cast(number("{written}") as integer))'
        end = Take("term_end", formula=formula, why="begin and length say it")
    elif part.only and "auto_renew" not in takes:
        months = _rhythm(_won(part, table), takes["account_id"].first_column, start.source)
        why = (
            f"no column says how long a deal holds: most accounts sign again after {months} months"
        )
        formula = f'moment("{name}") + interval {months} month'
        end = Take("term_end", formula=formula if months else "", sure=False, why=why)
    else:
        return part
    place = part.takes.index(start) + 1
    ended = replace(part, takes=(*part.takes[:place], end, *part.takes[place:]))
    return ended if end.formula else part


def _of_its_length(part: Part) -> Part:
    """Take the amount of a deal as that of its whole length, where its length is told."""
    names = {take.column for take in part.takes}
    amount = next((take for take in part.takes if take.column == "acv"), None)
    plain = amount is not None and column_words(amount.source) in _AMOUNTS
    if part.table != "contracts" or not part.only or amount is None or not plain:
        return part
    if not {"term_end", "term_months"} & names or "tcv" in names:
        return part
    why = f"{amount.source!r} of a won deal, taken as that of its whole length"
    total = Take("tcv", amount.source, sure=False, why=why, form=amount.form)
    return replace(part, takes=tuple(total if take is amount else take for take in part.takes))


def _won(part: Part, table: TableProfile) -> pd.DataFrame:
    rows = table.looked_at
    kept = np.ones(len(rows), dtype=bool)
    for column, values in part.only.items():
        texts = pd.Series(rows[column].to_pylist(), dtype=object).astype(str)
        kept &= texts.str.strip().str.lower().isin(spellings(values)).to_numpy()
    return pd.DataFrame({name: rows[name].to_pylist() for name in rows.column_names})[kept]


def _rhythm(deals: pd.DataFrame, account: str, start: str) -> int:
    """Return the months after which most accounts sign again; 0 if there is no such number."""
    if account not in deals or deals.empty:
        return 0
    moments = read_column(Column("t", "time"), _texts(deals[start])).column.to_pylist()
    told = pd.DataFrame({"account": deals[account].astype(str).tolist(), "at": moments}).dropna()
    days = told.sort_values("at").groupby("account")["at"].diff().dropna().dt.days
    months = days[days > _MONTH_DAYS / 2] / _MONTH_DAYS
    if len(months) < _FEWEST:
        return 0
    near = {term: float((abs(months / term - 1) <= _NEAR).mean()) for term in _TERMS}
    best = max(near, key=lambda term: near[term])
    return best if near[best] >= _MOSTLY else 0


def _texts(values: pd.Series) -> pa.ChunkedArray:
    return pa.chunked_array(
        [pa.array([None if v is None else str(v) for v in values], pa.string())]
    )
