"""Invented company names, some of them as awkward as real ones."""

import numpy as np

from ..truth.days import Ints

__all__ = ["company_names"]

_FIRST = (
    *("Alder", "Amber", "Anvil", "Arbour", "Aster", "Basalt", "Beacon", "Birch", "Bramble"),
    *("Brook", "Cedar", "Cinder", "Clover", "Cobalt", "Copper", "Coral", "Cypress", "Dune"),
    *("Elm", "Ember", "Fallow", "Fern", "Flint", "Garnet", "Granite", "Harbour", "Hawthorn"),
    *("Hazel", "Heron", "Indigo", "Juniper", "Kestrel", "Larch", "Lichen", "Linden", "Lumen"),
    *("Maple", "Marlow", "Meadow", "Mistral", "Nettle", "Oriel", "Osprey", "Pebble", "Pine"),
    *("Quarry", "Quill", "Raven", "Reed", "Rowan", "Saffron", "Sable", "Slate", "Sorrel"),
    *("Sparrow", "Spruce", "Thistle", "Umber", "Willow", "Yarrow"),
)
_SECOND = (
    *("Freight", "Foods", "Clinics", "Robotics", "Insurance", "Textiles", "Energy", "Schools"),
    *("Optics", "Logistics", "Travel", "Studios", "Metals", "Retail", "Media", "Pharma"),
    *("Estates", "Marine", "Analytics", "Farms", "Bank", "Hotels", "Paper", "Security"),
    *("Motors", "Water", "Labs", "Rail", "Games", "Glass", "Timber"),
)
_AWKWARD = (
    "=SUM(A1:A9) Logistics",
    'O\'Hara & "Daughters"',
    "Müller; Söhne",
    "株式会社みらい",
    "+49 Calls",
    "<b>Bold</b> Foods",
    "@Harbour, Inc.",
    "-Minus 20 Cold Storage",
    "Łódź\tTextiles",
    "Пример 🚚 Freight",
    "Percent % _ Backslash \\ Ltd",
)
_AWKWARD_EVERY = 17


def company_names(number: Ints) -> list[str]:
    """Name the accounts by their number.

    Parameters
    ----------
    number : array of int
        Numbers from 1 on; a number always has the same name.

    Returns
    -------
    list of str
        All different. The first few multiples of 17 have names that break careless escaping.

    Examples
    --------
    >>> company_names(np.array([1, 2, 85]))
    ['Amber Foods', 'Anvil Clinics', '+49 Calls']
    """
    return [_name(int(each)) for each in np.asarray(number)]


def _name(number: int) -> str:
    awkward, rest = divmod(number, _AWKWARD_EVERY)
    if rest == 0 and awkward <= len(_AWKWARD):
        return _AWKWARD[awkward - 1]
    # The lengths of the lists have no common divisor, so both indices run through all pairs.
    plain = f"{_FIRST[number % len(_FIRST)]} {_SECOND[number % len(_SECOND)]}"
    again = number // (len(_FIRST) * len(_SECOND))
    return f"{plain} {again + 1}" if again else plain
