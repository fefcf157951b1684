"""Several systems, one company: which of their customers are the same account."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .keys import Key, overlap
from .known_layouts import Recognised
from .profiles import ColumnProfile, TableProfile
from .proposal import Part, Take

__all__ = ["Joined", "join_accounts"]


_MET = 0.5
_FEWEST = 2
Hop = dict[str, object]


@dataclass(frozen=True, slots=True)
class Joined:
    """What several systems give together.

    Parameters
    ----------
    parts : tuple of Part
    key : Key or None
        Of the table of accounts; None where no system has one.
    notes : tuple of str
        How the systems meet.
    """

    parts: tuple[Part, ...] = ()
    key: Key | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bridge:
    """From the key of one system's customers to that of another's.

    Parameters
    ----------
    hops : tuple of dict
        As in the settings; none where the column itself is the key.
    met : float
        Share of the customers that are found.
    said : str
        By what they meet.
    start : str
        Column to set out from; that of the key when empty.
    """

    hops: tuple[Hop, ...]
    met: float
    said: str
    start: str = ""


def join_accounts(known: Sequence[Recognised], tables: Mapping[str, TableProfile]) -> Joined:
    """Let the accounts of the first system be those of the company, and lead the others to them.

    Parameters
    ----------
    known : sequence of Recognised
        In the order of ``SYSTEMS``.
    tables : mapping of str to TableProfile

    Returns
    -------
    Joined
        Customers of two systems meet by a key that one keeps of the other, by a table of both
        keys, by the domain of a web site or an address of e-mail, or by their name, in that order.
        A system without a table of customers sets out from its own rows. A system that nothing
        leads to keeps its own ids, and a note says so.
    """
    parts: list[Part] = []
    notes: list[str] = []
    master: Key | None = None
    for layout in known:
        own = list(layout.parts())
        keys = [_key(part) for part in own if part.table == "accounts"]
        if not keys or (master is None and not parts):
            master = keys[0] if keys and master is None else master
            parts += own
            continue
        if master is None:
            master = keys[0]
            parts += own
            continue
        bridge = _bridge(keys[0], master, tables)
        parts += _led(own, bridge) if bridge else [p for p in own if p.table != "accounts"]
        notes.append(_note(layout.preset.system, master, bridge))
    if master is not None:
        parts, said = _met_by_rows(parts, master, tables)
        notes += said
    return Joined(tuple(parts), master, tuple(notes))


def _met_by_rows(
    parts: Sequence[Part], master: Key, tables: Mapping[str, TableProfile]
) -> tuple[list[Part], list[str]]:
    """Lead rows that name nobody of the table of accounts there by what else they say."""
    led, notes = [], dict[str, None]()
    for part in parts:
        take = next((take for take in part.takes if take.column == "account_id"), None)
        if take is None or not take.source or take.lookup or part.source == master.table:
            led.append(part)
            continue
        own = tables[part.source]
        if overlap(own.columns[take.source], tables[master.table].columns[master.column]) >= _MET:
            led.append(part)
            continue
        key = Key(part.source, take.source)
        bridge = next((b for b in _from_rows(key, master, tables) if b.met >= _MET), None)
        led += _led([part], bridge) if bridge else [part]
        notes[_note(repr(part.source), master, bridge)] = None
    return led, list(notes)


def _from_rows(key: Key, master: Key, tables: Mapping[str, TableProfile]) -> Iterator[_Bridge]:
    """Yield the ways from rows of a system that has no table of customers."""
    own, whom = tables[key.table], tables[master.table].columns[master.column]
    for column in own.filled:
        if _specific(column):
            yield _Bridge((), overlap(column, whom), f"`{column.name}`", start=column.name)
    for bridge in (
        *_by_kept_key(key, master, tables),
        *_by_key_table(key, master, tables),
        *_by_domain(key, master, tables),
        *_by_name(key, master, tables),
    ):
        first, *more = bridge.hops
        itself = first["table"] == own.name
        yield replace(bridge, hops=tuple(more), start=str(first["take"])) if itself else bridge


def _key(part: Part) -> Key:
    column = next(take.source for take in part.takes if take.column == "account_id")
    return Key(part.source, column)


def _note(system: str, master: Key, bridge: _Bridge | None) -> str:
    if bridge is None:
        return (
            f"Nothing leads from the customers of {system} to those of {master.table!r}; a table "
            "with both keys in the data would."
        )
    return f"{bridge.met:.0%} of the customers of {system} are accounts by {bridge.said}."


def _bridge(key: Key, master: Key, tables: Mapping[str, TableProfile]) -> _Bridge | None:
    found = [
        *_by_kept_key(key, master, tables),
        *_by_key_table(key, master, tables),
        *_by_domain(key, master, tables),
        *_by_name(key, master, tables),
    ]
    return next((bridge for bridge in found if bridge.met >= _MET), None)


def _by_kept_key(key: Key, master: Key, tables: Mapping[str, TableProfile]) -> Iterator[_Bridge]:
    """Look for the key of one system that the other keeps."""
    own, other = tables[key.table], tables[master.table]
    for column in own.filled:
        met = overlap(column, other.columns[master.column])
        if column.name != key.column and _specific(column) and met >= _MET:
            hop: Hop = {"table": own.name, "equals": key.column, "take": column.name}
            yield _Bridge((hop,), met * column.filled / max(own.rows, 1), f"`{column.name}`")
    for column in other.filled:
        met = overlap(own.columns[key.column], column)
        if column.name != master.column and _specific(column):
            hop = {"table": other.name, "equals": column.name, "take": master.column}
            yield _Bridge((hop,), met, f"`{column.name}` of {other.name!r}")


def _by_key_table(key: Key, master: Key, tables: Mapping[str, TableProfile]) -> Iterator[_Bridge]:
    """Let a table of its own that has both keys lead from one to the other."""
    own, other = tables[key.table].columns[key.column], tables[master.table].columns[master.column]
    for table in tables.values():
        if table.name in {key.table, master.table}:
            continue
        ours = [c for c in table.filled if overlap(c, own) >= _MET and _specific(c)]
        theirs = [c for c in table.filled if overlap(c, other) >= _MET and _specific(c)]
        for one in ours:
            for two in (column for column in theirs if column.name != one.name):
                hop: Hop = {"table": table.name, "equals": one.name, "take": two.name}
                yield _Bridge((hop,), overlap(own, one), f"the table {table.name!r}")


def _by_domain(key: Key, master: Key, tables: Mapping[str, TableProfile]) -> Iterator[_Bridge]:
    own, other = tables[key.table], tables[master.table]
    for one in own.filled:
        mine = one.domains
        for two in other.filled if len(mine) >= _FEWEST else ():
            met = len(mine & two.domains) / len(mine)
            hops: tuple[Hop, ...] = (
                {"table": own.name, "equals": key.column, "take": one.name},
                {
                    **{"table": other.name, "equals": two.name, "take": master.column},
                    **{"earliest": True, "by_domain": True},
                },
            )
            yield _Bridge(hops, met, f"the domains of `{one.name}` and `{two.name}`")


def _by_name(key: Key, master: Key, tables: Mapping[str, TableProfile]) -> Iterator[_Bridge]:
    own, other = tables[key.table], tables[master.table]
    for one in (column for column in own.filled if column.could_be_name):
        for two in (column for column in other.filled if column.unique and column.could_be_name):
            hops: tuple[Hop, ...] = (
                {"table": own.name, "equals": key.column, "take": one.name},
                {"table": other.name, "equals": two.name, "take": master.column},
            )
            yield _Bridge(hops, overlap(one, two), f"the names in `{one.name}` and `{two.name}`")


def _specific(column: ColumnProfile) -> bool:
    return column.could_be_id and column.is_specific


def _led(parts: Sequence[Part], bridge: _Bridge) -> Iterator[Part]:
    """Let the rows of a system name the accounts of another one; its own accounts are left out."""
    for part in parts:
        if part.table != "accounts":
            takes = tuple(
                _through(take, bridge) if take.column == "account_id" else take
                for take in part.takes
            )
            yield replace(part, takes=takes)


def _through(take: Take, bridge: _Bridge) -> Take:
    before = dict(take.lookup)
    start = bridge.start or take.source
    if not bridge.hops:
        return replace(take, source=start, why=f"by {bridge.said}")
    if before:
        further = [*_list(before.pop("then", [])), *bridge.hops]
        return replace(take, lookup={**before, "then": further}, why=f"by {bridge.said}")
    first, *more = bridge.hops
    lookup = {"on": start, **first, **({"then": more} if more else {})}
    return replace(take, source=start, lookup=lookup, why=f"by {bridge.said}")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
