"""Versions of a subscription: a change makes a new one, and nothing is paid for the old."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from ..keys import Link
from ..money import quoted
from ..profiles import TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..vocabulary import admitted
from .parts import status_of

__all__ = ["without_superseded"]

_VERSIONS = {("version",), ("subscription", "version"), ("version", "number")}
_SUPERSEDED = ("expired", "superseded", "replaced")
_NAME = "version_status"


def without_superseded(part: Part, fit: Fit) -> Part:
    """Let charges of superseded versions end where they begin.

    Parameters
    ----------
    part : Part
        Of ``subscription_items``.
    fit : Fit
        Of its source.

    Returns
    -------
    Part
        As it was where no table that the source names keeps versions with a status.
    """
    for table, way_to in _ways(fit):
        status = status_of(table)
        over = admitted(status.looked_at, _SUPERSEDED) if status else ()
        versions = any(c.words in _VERSIONS and len(c.values) > 1 for c in table.filled)
        if status is None or not over or not versions:
            continue
        return _ended_at_once(part, over, way_to(status.name), table.name)
    return part


def _ended_at_once(
    part: Part, over: tuple[str, ...], way: Mapping[str, object], table: str
) -> Part:
    """Let charges of versions that are no more end where they begin."""
    takes = {take.column: take for take in part.takes}
    begin, end = takes.get("effective_from"), takes.get("effective_to")
    if begin is None or not begin.source:
        return part
    began = quoted(begin.source, "moment")
    words = ", ".join(f"'{word.lower()}'" for word in over)
    ends = (end.formula or quoted(end.source, "moment")) if end else "null"
    why = f"{table!r} has versions, of which {', '.join(over)} are no more"
    formula = f'case when lower("{_NAME}") in ({words}) then {began} else {ends} end'
    told = Take("effective_to", formula=formula, why=why)
    kept = [take for take in part.takes if take.column != "effective_to"]
    place = kept.index(begin) + 1
    beside = {**part.beside, _NAME: way}
    return replace(part, takes=(*kept[:place], told, *kept[place:]), beside=beside)


def _ways(fit: Fit) -> Iterator[tuple[TableProfile, Callable[[str], Mapping[str, object]]]]:
    """Yield the tables that a source names, and those these name, with the way to a column."""
    links, tables = fit.accounts.links, fit.accounts.tables
    for link in links.of(fit.table.name):
        if not link.named:
            continue
        near = {"table": link.to.table, "on": link.column, "equals": link.to.column}
        yield tables[link.to.table], partial(_straight, near)
        for on in links.of(link.to.table):
            if on.named:
                yield tables[on.to.table], partial(_further, near, on)


def _straight(near: Mapping[str, object], take: str) -> Mapping[str, object]:
    return {**near, "take": take}


def _further(near: Mapping[str, object], on: Link, take: str) -> Mapping[str, object]:
    hop = {"table": on.to.table, "equals": on.to.column, "take": take}
    return {**near, "take": on.column, "then": [hop]}
