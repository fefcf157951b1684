"""Bands: the cuts of a score and the word for each part."""

from typing import Self

import numpy as np
from pydantic import model_validator

from ..arrays.array_types import FloatArray, TextArray
from .yaml_base_model import Declared

__all__ = ["BANDS", "Bands", "band_of"]


class Bands(Declared):
    """Lower bounds of the bands, from 0 to 100."""

    high: float = 70.0
    medium: float = 50.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 < self.medium < self.high <= 100:
            raise ValueError(
                f"needs 0 < medium < high <= 100, got medium {self.medium:g}, high {self.high:g}"
            )
        return self


BANDS = ("low", "medium", "high")
"""Health bands, the worst first."""


def band_of(index: FloatArray, bands: Bands) -> TextArray:
    """Return the band of each health value.

    Parameters
    ----------
    index : ndarray of float, shape (n_accounts,)
        0 to 100; NaN is unknown.
    bands : Bands

    Returns
    -------
    ndarray of str
        ``low``, ``medium``, ``high`` or ``unknown``.

    Examples
    --------
    >>> band_of(np.array([49.9, 50.0, 70.0, np.nan]), Bands()).tolist()
    ['low', 'medium', 'high', 'unknown']
    """
    choices = [np.isnan(index), index >= bands.high, index >= bands.medium]
    return np.select(choices, ["unknown", "high", "medium"], "low").astype(object)
