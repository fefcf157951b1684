"""Compiles every kernel ahead, so that no later run waits for it."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
from numba.core.dispatcher import Dispatcher

from ...demo import build_company
from ...features.arrays.counting.pair_numbers import Pairs
from ...features.arrays.text_codes import Encoder
from ...features.ingest.read import Data
from ...features.progress import Progress, counted
from ...training.models.bag_members import PREDICT_ROWS, Members
from ..company.load_company import Company, company_of
from .score import History, scored_of
from .train import dataset_of

__all__ = ["Compiled", "compile_kernels"]


# The smallest company that has a row of everything.
_ACCOUNTS, _MONTHS = 40, 24
# More pairs of an account and a thing than are numbered beforehand.
_MANY_THINGS = 1 << 22
# More texts than an encoder has room for at first.
_MANY_NAMES = 1 << 13
_KEPT_IN = "NUMBA_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class Compiled:
    """The kernels of an installation.

    Parameters
    ----------
    kernels : int
        How many there are.
    compiled : int
        How many of them had not been compiled before.
    seconds : float
        What it took.
    folders : tuple of str
        Where they are kept.
    notice : str
        Why they are not kept where the user wants them; empty otherwise.
    """

    kernels: int
    compiled: int
    seconds: float
    folders: tuple[str, ...]
    notice: str

    @property
    def says(self) -> str:
        """What was done, for people."""
        done = (
            f"{self.compiled} of {self.kernels} kernels compiled in {self.seconds:.0f} seconds"
            if self.compiled
            else f"All {self.kernels} kernels were compiled before"
        )
        kept = f"{done}; they are kept in {' and '.join(self.folders)}."
        return f"{kept} {self.notice}".rstrip()


def compile_kernels(*, progress: Progress | None = None) -> Compiled:
    """Do the whole job on a tiny invented company, and what only large tables ask for.

    Parameters
    ----------
    progress : callable, optional
        Called with stage, steps done and steps in all.

    Returns
    -------
    Compiled
        Nothing else is left behind.

    Notes
    -----
    Kernels are kept where Numba keeps them: in the folder that ``NUMBA_CACHE_DIR`` names, else
    beside the code, else in the user's cache; the first that can be written to. A container image
    therefore compiles them as the user who will run it, or with ``NUMBA_CACHE_DIR`` set to a
    folder that this user may write to, when it is built and when it runs.

    Examples
    --------
    >>> compile_kernels().compiled  # doctest: +SKIP
    41
    """
    began, step = time.perf_counter(), counted(progress, "compile", 5)
    company = build_company(_ACCOUNTS, months=_MONTHS)
    tables = dict(company.tables)
    with TemporaryDirectory() as folder:
        company.write(folder)
        dataset_of(_score(Path(folder)), None)
    step("from files")
    _score(tables)
    step("from frames")
    _score(_with_events(tables))
    step("from single events")
    _number_many_things()
    step("many things")
    _explain_many_rows()
    step("many rows")
    return _compiled(time.perf_counter() - began)


def _score(data: Data) -> Company:
    company = company_of(data, None)
    scored_of(company, "latest", None, "none", History(), None)
    return company


def _with_events(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with single events in place of what was used in a day."""
    events = tables["usage_daily"].rename(columns={"date": "occurred_at"})
    keys = ["account_id", "product_user_id", "feature_id", "occurred_at", "known_at"]
    others = {name: table for name, table in tables.items() if name != "usage_daily"}
    return others | {"usage_events": events[keys]}


def _number_many_things() -> None:
    account = np.zeros(1 << 10, np.int32)
    for n_things in (1, _MANY_THINGS):
        # One thing told apart from others, and several at once.
        Pairs(2, n_things).number(account, np.zeros(len(account), np.int32))
        Pairs(2, n_things).number(account, np.zeros(len(account), np.int64))
    Encoder().encode(pa.array([str(number) for number in range(_MANY_NAMES)]))


def _explain_many_rows() -> None:
    X = np.arange(float(PREDICT_ROWS)).reshape(-1, 1)
    tree = lgb.train({"verbosity": -1, "num_leaves": 2}, lgb.Dataset(X, X[:, 0]), 1)
    members = Members([tree])
    members.log_odds(X, n_jobs=1)
    members.contributions(X, n_jobs=1)


def _compiled(seconds: float) -> Compiled:
    kernels = _kernels()
    folders = tuple(sorted({str(kernel.stats.cache_path) for kernel in kernels}))
    wanted, notice = os.environ.get(_KEPT_IN), ""
    if wanted and not any(Path(folder).is_relative_to(Path(wanted)) for folder in folders):
        notice = f"{_KEPT_IN} is {wanted!r}, which cannot be written to and is passed over."
    anew = [kernel for kernel in kernels if kernel.stats.cache_misses]
    return Compiled(len(kernels), len(anew), seconds, folders, notice)


def _kernels() -> list[Any]:
    """Return all kernels of the package."""
    package = __name__.partition(".")[0]
    return [
        kernel
        for name, module in sorted(sys.modules.items())
        if name.startswith(f"{package}.")
        for kernel in vars(module).values()
        if isinstance(kernel, Dispatcher)
        and kernel.py_func.__module__ == name
        # What is only ever written into other kernels is kept nowhere.
        and kernel.stats.cache_path
    ]
