"""Rows to learn from or to be asked about, and how some of many are drawn."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

SEED = 20_261_130


@dataclass(frozen=True)
class Rows:
    """Inputs, outcome, what each row counts, whose it is."""

    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray
    groups: np.ndarray

    def at(self, place: np.ndarray) -> "Rows":
        """Return some of the rows."""
        return Rows(self.X.iloc[place], self.y[place], self.weight[place], self.groups[place])

    def reading(self, columns: list[str]) -> "Rows":
        """Return all rows with some of the inputs."""
        return Rows(self.X[columns], self.y, self.weight, self.groups)


def drawn_groups(groups: np.ndarray, most_rows: int) -> np.ndarray:
    """Return the positions that are kept: whole groups, drawn at random, as many as have room.

    Parameters
    ----------
    groups : ndarray, shape (n_rows,)
    most_rows : int

    Returns
    -------
    ndarray of int
        In the order of the rows.
    """
    codes, names = pd.factorize(groups, sort=True)
    order = np.random.default_rng(SEED).permutation(len(names))
    fits = np.cumsum(np.bincount(codes, minlength=len(names))[order]) <= most_rows
    return np.flatnonzero(np.isin(codes, order[fits]))
