"""How currencies are written: codes in any case, and the usual signs."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["currency_codes", "summed_by_currency"]


_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        **{"US$": "USD", "$": "USD", "USD$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD"},
        **{"CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "SG$": "SGD", "R$": "BRL"},
        **{"MX$": "MXN", "€": "EUR", "£": "GBP", "¥": "JPY", "JP¥": "JPY", "CN¥": "CNY"},
        **{"RMB": "CNY", "₹": "INR", "₩": "KRW", "₪": "ILS", "₺": "TRY", "₽": "RUB"},
        **{"ZŁ": "PLN", "KČ": "CZK", "FR.": "CHF", "SFR": "CHF"},
    }
)
"""Signs that stand for one currency; a bare dollar is that of the company where it has one."""


def currency_codes(written: pa.ChunkedArray, own: str) -> pd.Series:
    """Read the currency of each amount: case, blanks and usual signs do not matter.

    Parameters
    ----------
    written : pyarrow.ChunkedArray of string, shape (n,)
    own : str
        Code of the company's currency, which holds where nothing is written.

    Returns
    -------
    Series of str, shape (n,)
        Codes in capitals.

    Examples
    --------
    >>> currency_codes(pa.chunked_array([["usd ", "US$", None, "€"]]), "USD").tolist()
    ['USD', 'USD', 'USD', 'EUR']
    """
    plain = pc.utf8_upper(pc.replace_substring_regex(written, r"\s+", ""))
    signs = {**_SIGNS, "": own} | ({"$": own} if own.endswith("D") else {})
    said = plain.combine_chunks().dictionary_encode()
    codes = [signs.get(text, text) for text in said.dictionary.to_pylist()]
    place = pc.fill_null(said.indices, len(codes)).to_numpy(zero_copy_only=False)
    return pd.Series(np.array([*codes, own], dtype=object)[place], dtype=object)


def summed_by_currency(
    amounts: pa.ChunkedArray, written: pa.ChunkedArray | None
) -> dict[str, float]:
    """Add up amounts, each currency for itself.

    Parameters
    ----------
    amounts : pyarrow.ChunkedArray of float64, shape (n,)
    written : pyarrow.ChunkedArray of string, shape (n,), optional
        The currency beside each amount.

    Returns
    -------
    dict of str to float
        By code in capitals, sorted; empty where no currency is written.

    Examples
    --------
    >>> money = pa.chunked_array([[1.0, 2.0, None, 4.0]])
    >>> summed_by_currency(money, pa.chunked_array([["eur", "$", "EUR", None]]))
    {'': 4.0, 'EUR': 1.0, 'USD': 2.0}
    >>> summed_by_currency(money, None)
    {'': 7.0}
    """
    if written is None:
        return {"": float(pc.sum(amounts).as_py() or 0.0)}
    codes = currency_codes(written, "")
    summed = amounts.to_pandas().groupby(codes.to_numpy()).sum()
    return {str(code): float(summed[code]) for code in sorted(summed.index)}
