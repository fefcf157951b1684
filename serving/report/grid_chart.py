"""The picture of the grid as plain records: boxes for the cells and marks for the accounts."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ..results.words import CELLS

__all__ = ["Box", "Cuts", "GridChart", "Heading", "Mark", "draw_grid"]


_ROWS = ("high", "medium", "low")
_COLUMNS = ("low", "medium", "high", "unknown")
_LEFT, _TOP = 104.0, 46.0
_WIDTH, _HEIGHT, _GAP = 258.0, 196.0, 6.0
# The column of accounts whose maturity is unknown has no axis: it stands apart.
_APART = 20.0
_TEXT_HEIGHT, _MARGIN = 90.0, 14.0
_SMALLEST, _LARGEST = 4.0, 11.0
_LINE_LENGTH, _LINES = 36, 2
_GOLDEN = 0.6180339887


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the bands begin; they only place a mark inside its cell, never in another one.

    Parameters
    ----------
    health : pair of float
        Lowest health value of the medium and of the high band, 0 to 100.
    maturity : pair of float
        Lowest index of the medium and of the high band, 1 to 5.
    """

    health: tuple[float, float] = (50.0, 70.0)
    maturity: tuple[float, float] = (2.5, 3.5)


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a row or column, its band, and the range it spans."""

    x: float
    y: float
    band: str
    span: str


@dataclass(frozen=True, slots=True)
class Box:
    """One cell: where it is drawn and what is written in it."""

    cell: str
    x: float
    y: float
    health: str
    accounts: int
    arr: float
    action: str
    lines: tuple[str, ...]
    assessed: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One account: where it is drawn, how large, and how certain it is.

    Parameters
    ----------
    row : int
        Place of the account in the table.
    x, y, radius : float
        Centre and half width; the area follows the ARR.
    band : str
        Health band, drawn as a shape.
    provisional : bool
        Whether the maturity is only provisional, drawn hollow.
    capped : bool
        Whether a cap holds the account below its health value, drawn with a bar above.
    """

    row: int
    x: float
    y: float
    radius: float
    band: str
    provisional: bool
    capped: bool


@dataclass(frozen=True, slots=True)
class GridChart:
    """The whole picture, in units of its own view box."""

    width: float
    height: float
    box_width: float
    box_height: float
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    left_out: int


def draw_grid(
    accounts: pd.DataFrame,
    *,
    actions: Mapping[str, str],
    cuts: Cuts | None = None,
    most_marks: int = 400,
) -> GridChart:
    """Lay the grid out, health from top to bottom and maturity from left to right.

    Parameters
    ----------
    accounts : DataFrame
        ``cell``, ``health_value`` (0-100), ``cmi`` (1-5 or NaN), ``cmi_status``, ``cap_reason``,
        ``arr`` (NaN without money); those that need someone most first. Accounts without a cell
        of the grid are outside the picture. May be empty.
    actions : mapping of str to str
        Per cell what its play asks for.
    cuts : Cuts, optional
        Where the bands begin.
    most_marks : int
        Marks drawn, the first accounts; boxes count all of them.

    Returns
    -------
    GridChart
        An account always lies in the box of its cell: where the band says something else than the
        value (a cap, a band held steady), its mark lies at the nearest edge.

    Examples
    --------
    >>> one = pd.DataFrame({"cell": ["save"], "health_value": [20.0], "cmi": [4.0], "arr": [1.0],
    ...                     "cmi_status": ["certain"], "cap_reason": [""]})
    >>> chart = draw_grid(one, actions={"save": "Call."})
    >>> [(box.cell, box.accounts) for box in chart.boxes if box.accounts]
    [('save', 1)]
    >>> chart.marks[0].band
    'low'
    """
    bounds = cuts or Cuts()
    drawn = np.flatnonzero(accounts["cell"].isin(list(CELLS.values())))[:most_marks]
    inside = int(accounts["cell"].isin(list(CELLS.values())).sum())
    return GridChart(
        width=_x_of("unknown") + _WIDTH + 2,
        height=_TOP + 3 * (_HEIGHT + _GAP) + 4,
        box_width=_WIDTH,
        box_height=_HEIGHT,
        boxes=_boxes(accounts, actions),
        marks=_marks(accounts.iloc[drawn], drawn, bounds),
        rows=_headings(_ROWS, _spans((0.0, *bounds.health, 100.0)), _y_of),
        columns=_headings(_COLUMNS, _spans((1.0, *bounds.maturity, 5.0)), _x_of),
        left_out=inside - len(drawn),
    )


def _x_of(maturity: str) -> float:
    place = _COLUMNS.index(maturity)
    return _LEFT + place * (_WIDTH + _GAP) + (_APART if maturity == "unknown" else 0.0)


def _y_of(health: str) -> float:
    return _TOP + _ROWS.index(health) * (_HEIGHT + _GAP)


def _spans(edges: tuple[float, ...]) -> dict[str, tuple[float, float]]:
    """Return the range of each band, the lowest first."""
    return dict(zip(("low", "medium", "high"), pairwise(edges), strict=True))


def _headings(
    bands: tuple[str, ...],
    spans: dict[str, tuple[float, float]],
    place: Callable[[str], float],
) -> tuple[Heading, ...]:
    across = place is _x_of
    return tuple(
        Heading(
            x=place(band) if across else 0.0,
            y=0.0 if across else place(band),
            band=band,
            span="{:g} to {:g}".format(*spans[band]) if band in spans else "",
        )
        for band in bands
    )


def _boxes(accounts: pd.DataFrame, actions: Mapping[str, str]) -> tuple[Box, ...]:
    counts = accounts["cell"].value_counts()
    money = accounts.groupby("cell")["arr"].sum(min_count=1)
    return tuple(
        Box(
            cell=cell,
            x=_x_of(maturity),
            y=_y_of(health),
            health=health,
            accounts=int(counts.get(cell, 0)),
            arr=float(money.get(cell, np.nan)),
            action=actions.get(cell, ""),
            lines=_wrapped(actions.get(cell, "")),
            assessed=maturity != "unknown",
        )
        for (health, maturity), cell in CELLS.items()
    )


def _wrapped(text: str) -> tuple[str, ...]:
    return tuple(
        textwrap.wrap(
            text, _LINE_LENGTH, max_lines=_LINES, placeholder=" …", break_on_hyphens=False
        )
    )


def _marks(accounts: pd.DataFrame, rows: npt.NDArray[np.intp], cuts: Cuts) -> tuple[Mark, ...]:
    """Return the marks, the large ones first so that small ones lie on top."""
    place = {cell: bands for bands, cell in CELLS.items()}
    bands = [place[cell] for cell in accounts["cell"]]
    across = _inside(accounts["cmi"], [mature for _, mature in bands], (1.0, *cuts.maturity, 5.0))
    up = _inside(
        accounts["health_value"], [health for health, _ in bands], (0.0, *cuts.health, 100.0)
    )
    radius = _radius(accounts["arr"])
    known = zip(accounts["cmi_status"], accounts["cap_reason"], strict=True)
    marks = [
        Mark(
            row=int(row),
            x=round(_x_of(mature) + _MARGIN + x * (_WIDTH - 2 * _MARGIN), 1),
            y=round(_y_of(health) + _TEXT_HEIGHT + (1 - y) * _room(), 1),
            radius=round(float(size), 1),
            band=health,
            provisional=status == "provisional",
            capped=bool(reason),
        )
        for row, (health, mature), x, y, size, (status, reason) in zip(
            rows, bands, across, up, radius, known, strict=True
        )
    ]
    return tuple(sorted(marks, key=lambda mark: -mark.radius))


def _room() -> float:
    return _HEIGHT - _TEXT_HEIGHT - _MARGIN


def _inside(values: pd.Series, bands: list[str], edges: tuple[float, ...]) -> FloatArray:
    """Return where in its band each value lies, 0 to 1; without a band, spread evenly."""
    spans = {**_spans(edges), "unknown": (np.nan, np.nan)}
    low, high = np.array([spans[band] for band in bands], dtype=float).reshape(-1, 2).T
    share = np.clip((values.to_numpy(dtype=float) - low) / (high - low), 0.0, 1.0)
    spread = np.modf(np.arange(1, len(bands) + 1) * _GOLDEN)[0]
    inside: FloatArray = np.where(np.isnan(share), spread, share)
    return inside


def _radius(arr: pd.Series) -> FloatArray:
    """Return half widths whose square follows the ARR; all the same without money."""
    size = arr.fillna(0.0).clip(lower=0.0).to_numpy(dtype=float)
    if not size.any():
        return np.full(len(size), (_SMALLEST + _LARGEST) / 2)
    radius: FloatArray = np.maximum(_SMALLEST, _LARGEST * np.sqrt(size / size.max()))
    return radius
