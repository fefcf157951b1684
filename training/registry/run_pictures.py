"""Pictures of a training run, as SVG without a plotting library."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["run_pictures"]

_SIZE, _EDGE = 320, 40


def run_pictures(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, str]:
    """Return the curves of a run as pictures.

    Parameters
    ----------
    curves : mapping of str to sequence of mapping
        Points by name; those of ``calibration`` have ``predicted`` and ``observed``.

    Returns
    -------
    dict of str to str
        SVG by name; empty where there is nothing to draw.

    Examples
    --------
    >>> drawn = run_pictures({"calibration": [{"predicted": 0.1, "observed": 0.2}]})
    >>> drawn["calibration"].count("<circle")
    1
    """
    points = [(p["predicted"], p["observed"]) for p in curves.get("calibration", ())]
    return {"calibration": _calibration(points)} if points else {}


def _calibration(points: Sequence[tuple[float, float]]) -> str:
    top = max(max(pair) for pair in points) or 1.0

    def at(predicted: float, observed: float) -> tuple[float, float]:
        x, y = _EDGE + predicted / top * _SIZE, _EDGE + (1 - observed / top) * _SIZE
        return round(x, 1), round(y, 1)

    whole = _SIZE + 2 * _EDGE
    (left, bottom), (right, upper) = at(0, 0), at(top, top)
    dots = "".join('<circle cx="{}" cy="{}" r="4" fill="#0b5fa5"/>'.format(*at(*p)) for p in points)
    words = (
        f'<text x="{whole / 2}" y="{whole - 8}" text-anchor="middle">predicted, to {top:.2f}</text>'
        f'<text x="12" y="{whole / 2}" text-anchor="middle" '
        f'transform="rotate(-90 12 {whole / 2})">observed</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" '
        f'font-family="sans-serif" font-size="12"><title>Calibration, out of time</title>'
        f'<rect x="{left}" y="{upper}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>'
        f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{upper}" stroke="#999"/>'
        f"{dots}{words}</svg>"
    )
