"""Every stored scoring as it was: what it estimated, how its inputs and feeds lay."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray

__all__ = ["FAR_MISSING", "FAR_MOVED", "psi_of", "runs_of"]

FAR_MOVED, FAR_MISSING = 0.4, 0.4
"""An input whose distribution moved by so much, or that so many more accounts lack, lies far."""

_PARTS, _FEWEST = 10, 50
_LEAST_SHARE = 1e-4
_NAMED = 3


def runs_of(scores: pd.DataFrame, drift: pd.DataFrame, feeds: pd.DataFrame) -> pd.DataFrame:
    """Describe every stored scoring.

    Parameters
    ----------
    scores, drift, feeds : DataFrame
        As they are stored, of all dates; ``drift`` and ``feeds`` may be empty.

    Returns
    -------
    DataFrame
        One row a date, the oldest first: the columns of ``RUNS`` up to ``feeds_wrong``.
    """
    first: dict[str, tuple[pd.Timestamp, FloatArray]] = {}
    rows = []
    for as_of in sorted(scores["as_of"].unique()):
        part = scores[scores["as_of"] == as_of]
        version = str(part["model_version"].iloc[0] or "")
        p = part["p_churn"].dropna().to_numpy(dtype=float)
        foreseen = _foreseen(part)
        if len(foreseen):
            first.setdefault(version, (as_of, foreseen))
        reference, before = first.get(version, (pd.NaT, foreseen))
        rows.append(
            {
                "as_of": as_of,
                "model_version": version,
                "accounts": len(part),
                "estimated": len(p),
                "hindsight": _knowing(part),
                "mean_p": float(p.mean()) if len(p) else np.nan,
                "base_rate": float(part["base_rate"].astype(float).max()),
                "reference": reference,
                "score_psi": psi_of(before, foreseen),
                "score_moved": _moved(before, foreseen),
                **_inputs(_on(drift, as_of)),
                "feeds_wrong": _feeds(_on(feeds, as_of)),
            }
        )
    return pd.DataFrame(rows)


def psi_of(before: FloatArray, now: FloatArray) -> float:
    """Return the population stability index of two samples.

    Parameters
    ----------
    before, now : ndarray of float

    Returns
    -------
    float
        0 for the same distribution over the tenths of the first; from 0.25 on it is another one.
        NaN with fewer than fifty values on a side.

    Examples
    --------
    >>> same = np.linspace(0, 1, 200)
    >>> round(psi_of(same, same), 6), psi_of(same, same + 0.5) > 0.25
    (0.0, True)
    """
    if min(len(before), len(now)) < _FEWEST:
        return float("nan")
    edges = np.unique(np.quantile(before, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    then, today = (
        np.bincount(np.searchsorted(edges, values, "right"), minlength=len(edges) + 1) / len(values)
        for values in (before, now)
    )
    then, today = (np.maximum(share, _LEAST_SHARE) for share in (then, today))
    return float(((today - then) * np.log(today / then)).sum())


def _foreseen(part: pd.DataFrame) -> FloatArray:
    """Return the estimates that were made before what they are about.

    A model that is asked about dates from which it learned says other things there, so that no
    later estimate can be held against them.
    """
    told = part["hindsight"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    return part.loc[~told, "p_churn"].dropna().to_numpy(dtype=float)


def _knowing(part: pd.DataFrame) -> int:
    told = part["hindsight"].astype("boolean").fillna(False)
    return int((told & part["p_churn"].notna()).sum())


def _moved(before: FloatArray, now: FloatArray) -> float:
    if min(len(before), len(now)) < _FEWEST:
        return float("nan")
    every = np.unique(np.concatenate([before, now]))
    shares = (
        np.searchsorted(np.sort(values), every, "right") / len(values) for values in (before, now)
    )
    return float(np.abs(np.subtract(*shares)).max())


def _inputs(drift: pd.DataFrame) -> dict[str, object]:
    mine = drift[drift["target"] == "churn"] if len(drift) else drift
    if not len(mine):
        return {"inputs": 0, "inputs_moved": 0, "inputs_missing": 0, "worst_inputs": ""}
    far = mine[mine["moved"].astype(float) > FAR_MOVED]
    lacking = mine["missing_now"].astype(float) - mine["missing_then"].astype(float)
    worst = far.sort_values("moved", ascending=False)["input"].head(_NAMED)
    return {
        "inputs": len(mine),
        "inputs_moved": len(far),
        "inputs_missing": int((lacking > FAR_MISSING).sum()),
        "worst_inputs": "|".join(worst),
    }


def _feeds(feeds: pd.DataFrame) -> str:
    if not len(feeds):
        return ""
    wrong = feeds[feeds["state"] != "alive"]
    return "|".join(sorted(wrong["table"] + " " + wrong["state"]))


def _on(frame: pd.DataFrame, as_of: object) -> pd.DataFrame:
    return frame[frame["as_of"] == as_of] if "as_of" in frame else frame
