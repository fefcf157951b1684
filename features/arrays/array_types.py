"""The kinds of arrays that the package passes around, one name each."""

import numpy as np
import numpy.typing as npt

__all__ = [
    "BinArray",
    "BoolArray",
    "ByteArray",
    "CodeArray",
    "FloatArray",
    "IntArray",
    "PlaceArray",
    "RowArray",
    "StateArray",
    "TextArray",
    "WideCodeArray",
    "WideRowArray",
    "WordArray",
]

FloatArray = npt.NDArray[np.float64]
"""Numbers, NaN where unknown."""

IntArray = npt.NDArray[np.int64]
"""Whole numbers; moments are microseconds since 1970."""

BoolArray = npt.NDArray[np.bool_]
"""One yes or no each."""

TextArray = npt.NDArray[np.object_]
"""Python texts, None where there is none."""

RowArray = npt.NDArray[np.int32]
"""Numbers of rows (an account on an as-of date)."""

WideRowArray = npt.NDArray[np.int32] | npt.NDArray[np.int64]
"""Numbers of rows, as wide as they came."""

CodeArray = npt.NDArray[np.int32]
"""Numbers that stand for texts; -1 where there is none."""

WideCodeArray = npt.NDArray[np.int32] | npt.NDArray[np.int64]
"""Numbers that stand for texts or for pairs of them, as wide as they came."""

PlaceArray = npt.NDArray[np.int32]
"""Places in another array."""

StateArray = npt.NDArray[np.int8]
"""States of absence, by number."""

BinArray = npt.NDArray[np.uint16]
"""Bins of a model's inputs."""

ByteArray = npt.NDArray[np.uint8]
"""Raw bytes, or eight presence bits each."""

WordArray = npt.NDArray[np.uint64]
"""Raw words of 64 bits."""
