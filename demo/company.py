"""The invented company as tables: built in memory, or written in parts of any number."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..features.whole_file import made_folder, whole_file
from .tables.activities import activities
from .tables.billing import invoices
from .tables.catalogue import features
from .tables.contracts import contract_events, contracts, notice_clocks, subscription_items
from .tables.directory import accounts as account_rows
from .tables.outcomes import goals
from .tables.people import draw_people, people
from .tables.statements import account_events
from .tables.support import tickets
from .tables.usage import usage_daily
from .tables.users import draw_users, seats
from .tables.voice import survey_responses
from .traps.hindsight import plant_in_contracts, plant_in_people, plant_in_seats
from .truth.days import DAY, END, FAR, NAT, times
from .truth.fate import CHANGES
from .truth.world import World, draw_world, managers_for

__all__ = ["Company", "build_company", "example_company", "write_company"]

_LEAST_MONTHS, _MOST_MONTHS = 6, 120
_GROWTH = [CHANGES.index(kind) for kind in ("seat_up", "tier_up", "cross_sell")]


@dataclass(frozen=True)
class Company:
    """An invented company.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        The canonical tables by name.
    truth : pandas.DataFrame
        What nobody at the company knows, one row per account: ``churned``, ``cause`` (the
        strongest push at the decision, ``chance`` without one, ``none`` for accounts that
        stay), ``route``, ``p_leave`` (what was drawn against), ``decided_at``, ``ends_at``,
        ``maturity`` (true level, 1 to 5), ``expansions`` and ``first_expanded_at``.
    """

    tables: Mapping[str, pd.DataFrame]
    truth: pd.DataFrame

    def write(self, folder: str | Path, *, truth: bool = False) -> list[Path]:
        """Write one Parquet file per table.

        Parameters
        ----------
        folder : path
            Made when missing; files of the same names are replaced.
        truth : bool
            Also write ``truth/truth.parquet``.

        Returns
        -------
        list of Path
            What was written.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     build_company(5, months=6).write(folder)[0].name
        'accounts.parquet'
        """
        home = Path(folder)
        places = {home / f"{name}.parquet": table for name, table in self.tables.items()}
        if truth:
            places[home / "truth" / "truth.parquet"] = self.truth
        return _write_all({path: partial(_same, table) for path, table in places.items()})


def build_company(
    accounts: int = 1000,
    *,
    months: int = 36,
    seed: int = 7,
    causes: bool = True,
    interventions: bool = False,
) -> Company:
    """Build a company whose customers leave and grow for known causes.

    Parameters
    ----------
    accounts : int
        At least 1.
    months : int
        Months of data, 6 to 120, ending with 2025-12-31.
    seed : int
        The same seed gives the same company; at least 0.
    causes : bool
        Without them everything looks the same, and the decisions are drawn at fixed rates, so
        that no model can be better than the base rate.
    interventions : bool
        Whether plays were tried by lot, year by year, that change what customers decide:
        ``churngrid.demo.truth.programme.PLANTED`` says which ones work.

    Returns
    -------
    Company

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> company = build_company(20, months=12)
    >>> company.truth["account_id"].iloc[16]
    'acc_00017'
    """
    _check(accounts, months, seed)
    world = draw_world(
        np.arange(1, accounts + 1),
        months=months,
        seed=seed,
        causal=causes,
        interventions=interventions,
    )
    return _company(world)


def write_company(
    folder: str | Path,
    *,
    accounts: int,
    months: int = 36,
    seed: int = 7,
    causes: bool = True,
    interventions: bool = False,
    part: int = 2000,
    truth: bool = False,
) -> int:
    """Write a company of any size, one part file per table and group of accounts.

    Parameters
    ----------
    folder : path
        Gets a folder per table with ``part-0001.parquet`` and so on.
    accounts : int
        At least 1.
    months : int
        Months of data, 6 to 120.
    seed : int
    causes, interventions : bool
        As in ``build_company``.
    part : int
        Accounts per part, at least 1; bounds the memory.
    truth : bool
        Also write ``truth/part-0001.parquet`` and so on.

    Returns
    -------
    int
        Number of parts.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_company(folder, accounts=5, months=6, part=3)
    2
    """
    _check(accounts, months, seed)
    if part < 1:
        raise ValueError(f"`part` must be at least 1, got {part!r}.")
    home, number = Path(folder), 0
    managers = managers_for(accounts)
    for number, group in enumerate(_groups(accounts, part), start=1):
        world = draw_world(
            group,
            months=months,
            seed=seed,
            causal=causes,
            interventions=interventions,
            managers=managers,
        )
        builders = _builders(world)
        if number > 1:
            del builders["features"]
        if truth:
            builders["truth"] = partial(_truth, world)
        file = f"part-{number:04d}.parquet"
        _write_all({home / name / file: build for name, build in builders.items()})
    return number


def example_company(folder: str | Path, *, accounts: int = 300, seed: int = 7) -> Path:
    """Write the company of the examples into a folder, unless it is there already.

    Parameters
    ----------
    folder : path
        Gets the tables and a ``churngrid.yaml``.
    accounts, seed : int
        As in ``write_company``.

    Returns
    -------
    Path
        The folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     (example_company(folder, accounts=5) / "churngrid.yaml").exists()
    True
    """
    home, settings = Path(folder), Path(folder, "churngrid.yaml")
    if not settings.exists():
        write_company(home, accounts=accounts, seed=seed)
        # Quarters teach nearly as much as months, in a third of the time.
        settings.write_text("as_of_step: quarter\n", encoding="utf-8")
    return home


def _check(accounts: int, months: int, seed: int) -> None:
    if accounts < 1:
        raise ValueError(f"`accounts` must be at least 1, got {accounts!r}.")
    if not _LEAST_MONTHS <= months <= _MOST_MONTHS:
        raise ValueError(f"`months` must be {_LEAST_MONTHS} to {_MOST_MONTHS}, got {months!r}.")
    if seed < 0:
        raise ValueError(f"`seed` must be at least 0, got {seed!r}.")


def _groups(accounts: int, part: int) -> Iterator[np.ndarray]:
    for first in range(1, accounts + 1, part):
        yield np.arange(first, min(first + part, accounts + 1))


def _write_all(places: Mapping[Path, Callable[[], pd.DataFrame]]) -> list[Path]:
    """Build and write tables; one is written while the next is built."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        written = [pool.submit(_write, path, build()) for path, build in places.items()]
    return [each.result() for each in written]


def _same(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _write(path: Path, table: pd.DataFrame) -> Path:
    with made_folder(path.parent), whole_file(path) as file:
        pq.write_table(_arrow(table), file, compression="zstd")
    return path


def _arrow(table: pd.DataFrame) -> pa.Table:
    """Read text as text whatever a part happens to hold, so that all parts have one schema."""
    found = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata()
    text = [
        field.with_type(pa.string())
        if pa.types.is_null(field.type) or pa.types.is_large_string(field.type)
        else field
        for field in found.schema
    ]
    return found.cast(pa.schema(text))


def _company(world: World) -> Company:
    return Company({name: build() for name, build in _builders(world).items()}, _truth(world))


def _builders(world: World) -> dict[str, Callable[[], pd.DataFrame]]:
    users, cast = draw_users(world), draw_people(world)
    return {
        "accounts": lambda: account_rows(world),
        "people": lambda: plant_in_people(world, people(world, cast, users)),
        "contracts": lambda: plant_in_contracts(world, contracts(world)),
        "subscription_items": lambda: subscription_items(world),
        "contract_events": lambda: contract_events(world),
        "invoices": lambda: invoices(world),
        "seats": lambda: plant_in_seats(world, seats(world, users)),
        "usage_daily": lambda: usage_daily(world, users),
        "features": lambda: features(world.calendar),
        "tickets": lambda: tickets(world, cast),
        "survey_responses": lambda: survey_responses(world, cast),
        "activities": lambda: activities(world, cast),
        "goals": lambda: goals(world),
        "account_events": lambda: account_events(world, cast),
    }


def _truth(world: World) -> pd.DataFrame:
    fate, size = world.fate, world.profile.size
    decided, known = notice_clocks(world)
    # A decision of which the company has not learned yet is none.
    churned = (known != NAT) & (known < END * DAY)
    grows = np.isin(fate.changes.kind, _GROWTH)
    first = np.full(size, FAR)
    np.minimum.at(first, fate.changes.account[grows], fate.changes.day[grows])
    everyone = np.arange(size)
    return pd.DataFrame(
        {
            "account_id": world.account_ids,
            "churned": churned,
            "cause": np.where(churned, fate.cause, "none"),
            "route": np.where(churned, fate.route, "stay"),
            "p_leave": np.where(churned, fate.p_leave, np.nan),
            "decided_at": times(np.where(churned, decided, NAT)),
            "ends_at": times(np.where(churned, fate.end_day * DAY, NAT)),
            "maturity": world.maturity(np.full(size, END), everyone).mean(axis=1),
            "expansions": np.bincount(fate.changes.account[grows], minlength=size),
            "first_expanded_at": times(np.where(first < END, first * DAY, NAT)),
        }
    )
