"""Which currency an amount is in, and what it is worth in the company's own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays.array_types import FloatArray, IntArray
from ..arrays.moments import NEVER, microseconds
from ..schema.currency_codes import currency_codes
from ..schema.tableset import Tables

__all__ = ["Rates", "rates_of"]


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of each currency is worth in the company's own.

    Parameters
    ----------
    own : str
        Code of the company's currency.
    since : dict of str to ndarray of int64
        By code: from when each rate holds, ascending, in microseconds.
    rate : dict of str to ndarray of float
        By code: the rates.
    """

    own: str
    since: Mapping[str, IntArray]
    rate: Mapping[str, FloatArray]

    def on(self, code: str, as_of: IntArray) -> FloatArray:
        """Return the rate of a currency that held just before each date.

        Parameters
        ----------
        code : str
        as_of : ndarray of int64, shape (n,)
            Microseconds.

        Returns
        -------
        ndarray of float, shape (n,)
            1 for the company's own currency; NaN before the first rate.

        Examples
        --------
        >>> rates = Rates("USD", {"EUR": np.array([10])}, {"EUR": np.array([1.1])})
        >>> rates.on("EUR", np.array([10, 11])).tolist()
        [nan, 1.1]
        """
        if code == self.own:
            return np.ones(len(as_of))
        since = self.since.get(code, np.zeros(0, np.int64))
        rate = np.append(self.rate.get(code, np.zeros(0)), np.nan)
        # The last place stands for none.
        return np.asarray(rate[np.searchsorted(since, as_of, side="left") - 1])


def rates_of(tables: Tables) -> Rates:
    """Gather the rates that the company gives.

    Parameters
    ----------
    tables : Tables
        ``exchange_rates`` is read; a rate without a date holds from ever.

    Returns
    -------
    Rates

    Examples
    --------
    >>> rates_of(Tables({}, currency="USD")).on("USD", np.array([0])).tolist()
    [1.0]
    """
    if "exchange_rates" not in tables:
        return Rates(tables.currency, {}, {})
    stored = tables["exchange_rates"]
    since = microseconds(stored, "valid_from")
    frame = pd.DataFrame(
        {
            "code": currency_codes(stored["currency"], tables.currency),
            "since": np.where(since == NEVER, np.iinfo(np.int64).min, since),
            "rate": stored["rate"].to_numpy(),
        }
    ).sort_values(["code", "since"], kind="stable")
    by_code = {str(code): part for code, part in frame.groupby("code")}
    return Rates(
        own=tables.currency,
        since={code: part["since"].to_numpy(dtype=np.int64) for code, part in by_code.items()},
        rate={code: part["rate"].to_numpy(dtype=float) for code, part in by_code.items()},
    )
