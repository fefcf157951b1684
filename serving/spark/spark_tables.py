"""The Parquet tables of a company as Spark sees them, divided among buckets of accounts.

Everything is said in Spark's own SQL expressions, so that nothing of pyspark is imported here.
Accounts that share an id (a person who changed company, a contract that moved) stay together,
because one machine would see the rows of both.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...features.errors import SchemaError
from ...features.ingest.column_mapping import plan_tables
from ...features.ingest.files.table_names import file_stem
from ...features.ingest.in_memory import FrameSource
from ...features.ingest.table_plan import Plan
from ...features.schema.settings import Settings
from ...features.schema.table_mapping import TableMapping
from ...features.schema.tables import TABLES
from .parcels import BUCKET, FILE, ROW, packed

__all__ = ["SparkTables", "check_plan", "open_tables"]


Frame = Any
"""A ``pyspark.sql.DataFrame``."""

_KEY, _HOME = "_key", "_home"
_SEALED = "bucket int, table string, rows binary"
_MOST_LINKS = 1_000_000
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/*")


@dataclass(frozen=True, slots=True)
class SparkTables:
    """The tables of one company.

    Parameters
    ----------
    frames : dict of str to DataFrame
        By canonical name: the source columns that are read, with the place of every row and the
        account it belongs to.
    shared : dict of str to pyarrow.Table
        Tables that belong to no account, in full.
    columns : dict of str to tuple of str
        The source columns of each frame.
    settings : Settings
        For tables that go by their canonical names.
    homes : DataFrame or None
        The account with which each linked one stays; None where none are linked.
    """

    frames: dict[str, Frame]
    shared: dict[str, pa.Table]
    columns: dict[str, tuple[str, ...]]
    settings: Settings
    homes: Frame | None

    def parcels(self, buckets: int, further: Mapping[str, Frame] | None = None) -> Frame:
        """Divide all rows into parcels by bucket.

        Parameters
        ----------
        buckets : int
        further : mapping of str to DataFrame, optional
            More rows by name, with an ``account_id``.

        Returns
        -------
        DataFrame
            Of ``PARCELS``.
        """
        keyed = {
            name: frame.selectExpr("*", f"{_key_of('account_id')} as {_KEY}")
            for name, frame in (further or {}).items()
        }
        sealed = [
            self._sealed(name, frame, buckets) for name, frame in {**self.frames, **keyed}.items()
        ]
        return _stacked(sealed)

    def _sealed(self, name: str, frame: Frame, buckets: int) -> Frame:
        key = _KEY
        if self.homes is not None:
            frame, key = frame.join(self.homes, _KEY, "left"), f"coalesce({_HOME}, {_KEY})"
        bucket = f"cast(pmod(xxhash64({key}), {buckets}) as int) as {BUCKET}"
        names = [column for column in frame.columns if column not in {_KEY, _HOME}]
        # Spark trips over names with a dot on this way.
        numbered = [f"{_quoted(column)} as c{place}" for place, column in enumerate(names)]

        def seal(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return packed(name, (batch.rename_columns([*names, BUCKET]) for batch in batches))

        return frame.selectExpr(*numbered, bucket).mapInArrow(seal, _SEALED)


def open_tables(spark: Any, folder: str, settings: Settings) -> SparkTables:
    """Find the tables of a folder and decide what is read from where; rows are read later.

    Parameters
    ----------
    spark : pyspark.sql.SparkSession
    folder : str
        Path, or an address that Spark can read.
    settings : Settings

    Returns
    -------
    SparkTables

    Raises
    ------
    SchemaError
        If a required table or column is missing, a table is no Parquet, or the settings name
        something that is not there or that Spark cannot do.
    """
    entries = _entries(spark, folder)
    opened = {name: _opened(spark, entries[name]) for name in _wanted(settings) if name in entries}
    source = FrameSource(
        {name: _without_rows(opened[name].columns if name in opened else ()) for name in entries}
    )
    source.label = f"folder {folder!r}"
    plans = plan_tables(source, settings)
    for plan in plans.values():
        check_plan(plan)
    divided = {name: plan for name, plan in plans.items() if "account_id" in plan.columns}
    return SparkTables(
        frames={name: _placed(opened[plan.source], plan) for name, plan in divided.items()},
        shared={
            name: opened[plan.source].select(*map(_quoted, plan.wanted)).toArrow()
            for name, plan in plans.items()
            if name not in divided
        },
        columns={name: plan.wanted for name, plan in divided.items()},
        settings=_by_canonical_name(plans, settings),
        homes=_homes(spark, {name: (opened[plan.source], plan) for name, plan in divided.items()}),
    )


def _entries(spark: Any, folder: str) -> dict[str, tuple[str, ...]]:
    """Return the places of every table: a file, or a folder of part files, which ends in "/".

    Files of another kind have the place "".
    """
    base = folder if _SCHEME.match(folder) else os.path.abspath(folder)
    listing = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    inside = f"{_bare(base)}/"
    found: dict[str, set[str]] = {}
    for row in listing.load(_literal(base)).select("path").collect():
        parts = _bare(row["path"]).removeprefix(inside).split("/")
        if file_stem(Path(parts[-1])) and not any(part.startswith((".", "_")) for part in parts):
            name = file_stem(Path(parts[0])) or parts[0]
            place = f"{base}/{parts[0]}" + ("/" if len(parts) > 1 else "")
            is_parquet = parts[-1].lower().endswith(".parquet")
            found.setdefault(name, set()).add(place if is_parquet else "")
    return {name: tuple(sorted(places)) for name, places in found.items()}


def _literal(path: str) -> str:
    """Return a path in which no character stands for others."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)


def _bare(path: str) -> str:
    """Return a path without scheme and leading slashes, since these are written in many ways."""
    return _SCHEME.sub("", path).strip("/")


def _wanted(settings: Settings) -> list[str]:
    mappings = settings.mappings
    return [mappings.get(spec.name, TableMapping()).source or spec.name for spec in TABLES]


def _opened(spark: Any, places: tuple[str, ...]) -> Frame:
    if "" in places:
        raise SchemaError(
            f"Spark reads Parquet in place, and {sorted(filter(None, places)) or 'a table'} is not "
            "all Parquet; write the table as Parquet, or compute on one machine."
        )
    if len(places) > 1:
        raise SchemaError(f"A table is there twice: {list(places)}. Keep one of them.")
    # Only the parts of a folder can differ; to ask costs a job.
    in_parts = places[0].endswith("/")
    options = {"mergeSchema": str(in_parts).lower(), "recursiveFileLookup": "true"}
    return spark.read.options(**options).parquet(_literal(places[0]))


def check_plan(plan: Plan) -> None:
    """Refuse what would need rows of another bucket."""
    name = plan.spec.name
    if plan.also:
        raise SchemaError(
            f"Setting `tables.{name}.also` does not work on Spark; write the sources as one table, "
            "or compute on one machine."
        )
    looks = {**plan.mapping.lookup, **plan.mapping.beside}
    if looks:
        raise SchemaError(
            f"Setting `tables.{name}.lookup` does not work on Spark; put "
            f"{sorted(looks)} into the source table {plan.source!r} itself, or "
            "compute on one machine."
        )
    elsewhere = [k for k in ("constants", "formulas") if "account_id" in getattr(plan.mapping, k)]
    if elsewhere:
        raise SchemaError(
            f"Setting `tables.{name}.{elsewhere[0]}.account_id` does not work on Spark, which "
            "divides the rows by that column; put it into the source table."
        )


def _placed(frame: Frame, plan: Plan) -> Frame:
    """Select what is read of a table, with the place of every row and its account."""
    return frame.selectExpr(
        *map(_quoted, plan.wanted),
        f"_metadata.file_path as {FILE}",
        f"_metadata.row_index as {ROW}",
        f"{_key_of(plan.columns['account_id'])} as {_KEY}",
    )


def _by_canonical_name(plans: Mapping[str, Plan], settings: Settings) -> Settings:
    renamed = {
        name: plan.mapping.model_copy(update={"source": name}) for name, plan in plans.items()
    }
    return settings.model_copy(update={"tables": {**settings.mappings, **renamed}})


def _stacked(frames: Sequence[Frame]) -> Frame:
    return reduce(lambda first, other: first.union(other), frames)


def _without_rows(columns: Iterable[str]) -> pa.Table:
    names = list(columns)
    return pa.Table.from_arrays([pa.nulls(0)] * len(names), names=names)


def _homes(spark: Any, tables: Mapping[str, tuple[Frame, Plan]]) -> Frame | None:
    """Find accounts that share an id, and let them stay with the first of them."""
    named = [_named(*table) for table in tables.values() if _own_ids(table[1])]
    if not named:
        return None
    shared = _in_several(_stacked(named))
    if "people" in tables and "activities" in tables:
        shared = shared.union(_met_elsewhere(*tables["people"], *tables["activities"]))
    links = shared.limit(_MOST_LINKS + 1).collect()
    if len(links) > _MOST_LINKS:
        raise SchemaError(
            f"More than {_MOST_LINKS:,} ids belong to several accounts, such as those of "
            f"{sorted(links[0]['accounts'])[:3]}: is a placeholder written where an id is missing? "
            "Leave such ids empty."
        )
    homes = _first_of_each(row["accounts"] for row in links)
    if not homes:
        return None
    rows = spark.createDataFrame(sorted(homes.items()), f"{_KEY} string, {_HOME} string")
    return rows.hint("broadcast")


def _own_ids(plan: Plan) -> list[str]:
    """Return the columns that name a thing of this table; none if they name the account too."""
    named = plan.spec.entity or plan.spec.key
    return [] if "account_id" in named else [name for name in named if name in plan.columns]


def _named(frame: Frame, plan: Plan) -> Frame:
    """Return the account of every id of one table."""
    ids = [f"coalesce({_key_of(plan.columns[name])}, '')" for name in _own_ids(plan)]
    account = _key_of(plan.columns["account_id"])
    thing = f"concat_ws('|', '{plan.spec.name}', {', '.join(ids)})"
    return frame.selectExpr(f"{account} as account", f"{thing} as id").where("account is not null")


def _in_several(named: Frame) -> Frame:
    """Return the accounts of each id that belongs to several."""
    together = named.groupBy("id").agg({"account": "collect_set"}).toDF("id", "accounts")
    return together.where("size(accounts) > 1").select("accounts")


def _met_elsewhere(people: Frame, plan: Plan, activities: Frame, other: Plan) -> Frame:
    """Return pairs of accounts: where a person is described, and where one took part."""
    if "person_ids" not in other.columns:
        return people.selectExpr("array('') as accounts").limit(0)
    listed = other.columns["person_ids"]
    is_list = dict(activities.dtypes)[listed].startswith("array")
    column = _quoted(listed)
    names = column if is_list else f"split(cast({column} as string), '[|,;]')"
    described = people.selectExpr(
        f"{_key_of(plan.columns['account_id'])} as home",
        f"{_key_of(plan.columns['person_id'])} as person",
    )
    met = activities.selectExpr(
        f"{_key_of(other.columns['account_id'])} as account", f"explode({names}) as person"
    ).selectExpr("account", f"{_key_of('person')} as person")
    pairs = met.join(described, "person").where("home <> account")
    return pairs.selectExpr("array(home, account) as accounts").distinct()


def _first_of_each(groups: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return, for accounts that hang together over any number of links, the first of them."""
    parent: dict[str, str] = {}

    def first(account: str) -> str:
        while parent.setdefault(account, account) != account:
            parent[account] = parent[parent[account]]
            account = parent[account]
        return account

    for group in groups:
        roots = sorted({first(account) for account in group})
        for root in roots[1:]:
            parent[root] = roots[0]
    return {account: first(account) for account in list(parent)}


def _key_of(column: str) -> str:
    """Return what is equal for equal ids however they are written; different ids may share it."""
    return f"regexp_replace(trim(cast({_quoted(column)} as string)), '[.]0+$', '')"


def _quoted(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"
