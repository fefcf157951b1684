"""What the report says of the drivers of each account, by what they do."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..scoring.explanation import KINDS, kind_of
from .by_account import ByAccount
from .page_words import in_words, sentence

__all__ = ["DriverViews", "Reason"]


_PLACES = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Reason:
    """One driver: the component it belongs to, and what it says."""

    component: str
    text: str


class DriverViews:
    """Drivers of each account in words.

    Parameters
    ----------
    drivers : DataFrame
        ``DRIVER_COLUMNS``; rows of accounts that are not listed are left out.
    listed : Series of str
        Account ids.
    """

    def __init__(self, drivers: pd.DataFrame, listed: pd.Series) -> None:
        self._rows = ByAccount(
            listed,
            drivers["account_id"],
            group=_kind_of(drivers),
            groups=len(KINDS),
            rank=drivers["rank"].to_numpy(dtype=float),
        )
        own = drivers[["component", "text", "direction"]].iloc[self._rows.order]
        words = {name: in_words(name) for name in own["component"].unique()}
        self._component = own["component"].map(words).tolist()
        self._text, self._direction = own["text"].tolist(), own["direction"].tolist()

    def of(self, account: int, kind: str) -> Iterator[Reason]:
        """Yield the drivers of one kind, the strongest first, of the account at a place."""
        rows = self._rows.of(account, _PLACES[kind])
        for component, text in zip(self._component[rows], self._text[rows], strict=True):
            yield Reason(component, sentence(text))

    def context(self, account: int) -> Iterator[Reason]:
        """Yield the drivers on which nobody can act, and what they do to the estimate."""
        directions = self._direction[self._rows.of(account, _PLACES["context"])]
        for reason, direction in zip(self.of(account, "context"), directions, strict=True):
            yield Reason(reason.component, f"{reason.text}, {direction} it")


def _kind_of(drivers: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the place of each driver's kind, -1 for those that the page does not show."""
    return np.asarray(kind_of(drivers).map(_PLACES).fillna(-1), dtype=np.int64)
