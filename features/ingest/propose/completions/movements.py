"""Movements of what is paid a month: new business, expansion, contraction, churn."""

import pyarrow.compute as pc

from ....schema.table_declaration import Column
from ...coerce import read_column
from ...forms.ends_told import is_one_of
from ...reshape.running_sums import running_sums
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..vocabulary import ENDED, MOVEMENTS, admitted
from .parts import first_named

__all__ = ["are_movements", "change_of", "ended_movements", "is_paid_afterwards"]

_CHANGES = (
    *("mrr movement", "mrr change", "mrr delta", "change in mrr", "mrr impact", "mrr movement usd"),
    *("net mrr change", "delta mrr", "mrr movement amount", "movement", "amount", "change"),
)
_FEWEST_KINDS, _MOST_BELOW, _ROUNDED = 2, 0.02, 0.01


def are_movements(table: TableProfile) -> bool:
    """Say whether the name of a table is that of movements.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    bool
    """
    return table.words[-1:] == ("movement",)


def change_of(fit: Fit) -> Take | None:
    """Return the column of changes that add up, account by account, to what is paid.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Take or None
        None where no column has such a name, no kinds of movements are told, what is lost stands
        there without a sign, or sums fall below nothing.
    """
    kind, at, way = _kind(fit.table), fit.takes.get("effective_from"), fit.way
    found = first_named(fit.table, "number", *_CHANGES)
    if found is None or kind is None or at is None or not at.source or way is None or way.hops:
        return None
    kinds = admitted(kind.looked_at, MOVEMENTS)
    rows = fit.table.looked_at
    if len(kinds) < _FEWEST_KINDS or _unsigned(fit.table, kind, found):
        return None
    columns = {
        "item_id": rows[way.column],
        "effective_from": rows[at.source],
        "c": rows[found.name],
    }
    after, _ = running_sums(columns, ["c"])
    below = pc.less(after["c"], -_ROUNDED)
    if (pc.mean(pc.cast(below, "float64")).as_py() or 0.0) > _MOST_BELOW:
        return None
    return Take("mrr", found.name, why="changes, added up by account")


def _unsigned(table: TableProfile, kind: ColumnProfile, found: ColumnProfile) -> bool:
    """Say whether less is written as a number above 0, so that only its kind tells it from more."""
    rows = table.looked_at
    less = admitted(kind.looked_at, (*ENDED, "contraction", "downgrade", "cancellation"))
    paid = read_column(Column("n", "number"), rows[found.name]).column
    fallen = pc.filter(paid, is_one_of(rows[kind.name], less))
    return pc.any(pc.greater(fallen, 0)).as_py() is True


def is_paid_afterwards(fit: Fit, mrr: Take) -> bool:
    """Say whether movements tell what is paid after them: never below 0, and 0 once ended.

    Parameters
    ----------
    fit : Fit
    mrr : Take
        What is taken as the amount.

    Returns
    -------
    bool
        False as well where no movement ended anything, so that changes would look the same.
    """
    kind = _kind(fit.table)
    if kind is None or not mrr.source or fit.way is None or fit.way.hops:
        return False
    rows = fit.table.looked_at
    paid = read_column(Column("n", "number"), rows[mrr.source]).column
    after = pc.filter(paid, is_one_of(rows[kind.name], admitted(kind.looked_at, ENDED)))
    negative = pc.any(pc.less(paid, 0)).as_py()
    return len(after) > 0 and not negative and pc.all(pc.equal(after, 0)).as_py() is True


def ended_movements(fit: Fit) -> Part | None:
    """Return the movements by which accounts left.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Part or None
        None where no column says which kind of movement a row is, or when it was.
    """
    kind, at = _kind(fit.table), fit.takes.get("effective_from")
    if kind is None or at is None or fit.way is None:
        return None
    account, day = (name.replace('"', '""') for name in (fit.way.column, at.source))
    return Part(
        "contract_events",
        fit.table.name,
        (
            Take("event_id", formula=f'"{account}" || \' \' || "{day}"'),
            Take("account_id", fit.way.column),
            Take("event_type", constant="churn_confirmed"),
            Take("effective_at", at.source),
        ),
        only={kind.name: admitted(kind.looked_at, ENDED)},
    )


def _kind(table: TableProfile) -> ColumnProfile | None:
    return first_named(table, "text", "movement type", "type", "activity type", "movement")
