"""A reliability table as people look at it: lines of text, and a picture in a notebook."""

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Reliability"]

_SIDE, _EDGE = 220, 24


@dataclass(frozen=True, slots=True, repr=False)
class Reliability:
    """What was said of accounts, beside what came.

    Parameters
    ----------
    title : str
    table : DataFrame
        As ``reliability_table`` gives it: ``stratum`` (``all``, or days to the decision), ``rows``,
        ``decisions``, ``estimate``, ``rate``, ``low``, ``high``.

    Examples
    --------
    >>> table = pd.DataFrame({"stratum": ["all"], "rows": [9], "decisions": [9.0]})
    >>> Reliability("churn", table.assign(estimate=0.1, rate=0.2, low=0.1, high=0.4))
    churn: said, and what came (95 % interval)
    all: 10.0 % said, 20.0 % came (10.0 to 40.0), 9 decisions
    """

    title: str
    table: pd.DataFrame

    def __repr__(self) -> str:
        lines = [
            f"{stratum}: {100 * said:.1f} % said, {100 * came:.1f} % came "
            f"({100 * low:.1f} to {100 * high:.1f}), {count:,.0f} decisions"
            for stratum, (said, came, low, high, count) in zip(
                self.table["stratum"], self._numbers(), strict=True
            )
        ]
        return "\n".join([f"{self.title}: said, and what came (95 % interval)", *lines])

    def _repr_html_(self) -> str:
        names = {"stratum": "days to the decision", "estimate": "said", "rate": "came"}
        shown = self.table.rename(columns=names)
        shares = dict.fromkeys(("said", "came", "low", "high"), lambda x: f"{x:.1%}")
        table = shown.to_html(
            index=False, formatters=shares | {"decisions": lambda x: f"{x:.0f}"}, border=0
        )
        return f"<p>{html.escape(self.title)}</p>{self._picture()}{table}"

    def _numbers(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        columns = ["estimate", "rate", "low", "high", "decisions"]
        return self.table[columns].to_numpy(dtype=np.float64).reshape(-1, len(columns))

    def _picture(self) -> str:
        """Draw said against came over all distances, with the line where both are the same."""
        points = self._numbers()[(self.table["stratum"] == "all").to_numpy()]
        top = float(points[:, [0, 3]].max(initial=0.0)) or 1.0

        def place(value: float) -> float:
            return _EDGE + (_SIDE - 2 * _EDGE) * value / top

        marks = "".join(
            f'<line x1="{place(said):.1f}" x2="{place(said):.1f}" '
            f'y1="{_SIDE - place(low):.1f}" y2="{_SIDE - place(high):.1f}" stroke="#888"/>'
            f'<circle cx="{place(said):.1f}" cy="{_SIDE - place(came):.1f}" r="4" fill="#1f4e8c"/>'
            for said, came, low, high, _ in points
        )
        ends = place(0.0), place(top)
        return (
            f'<svg width="{_SIDE}" height="{_SIDE}" role="img" aria-label="said and came">'
            f'<line x1="{ends[0]}" y1="{_SIDE - ends[0]}" x2="{ends[1]}" y2="{_SIDE - ends[1]}" '
            f'stroke="#bbb"/>{marks}'
            f'<text x="{_SIDE / 2 - 40}" y="{_SIDE - 4}" font-size="11">said, to {top:.0%}</text>'
            '<text x="2" y="14" font-size="11">came</text></svg>'
        )
