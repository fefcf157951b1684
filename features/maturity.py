"""The customer maturity index: how well an account runs its own function, with what is unknown.

The method is the published one (Maor and Wittgen 2017): characteristics graded 1 to 5 in four
categories, a mean per category, a weight per category. The interval, the status and the ageing of
answers are churngrid's.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from .facts import DAY_US, Select
from .filters import Is
from .knowledge import Knowledge
from .rows import Rows
from .rubric import Category, Rubric
from .tableset import Tables

__all__ = ["band_of_maturity", "score_maturity"]

FloatArray = npt.NDArray[np.float64]

_CONFLICT_LEVELS = 2.0


def score_maturity(tables: Tables, pairs: pd.DataFrame, rubric: Rubric) -> pd.DataFrame:
    """Score the maturity of accounts on as-of dates.

    Parameters
    ----------
    tables : Tables
        Answers are ``account_events`` of kind ``maturity_answer``; those given while a notice was
        pending do not count.
    pairs : DataFrame
        With ``account_id`` and ``as_of``; may be empty.
    rubric : Rubric

    Returns
    -------
    DataFrame
        Index (account_id, as_of): ``cmi`` with ``cmi_low`` and ``cmi_high`` (1-5, higher is more
        mature, NaN when insufficient), ``cmi_coverage`` (0-1), ``cmi_status`` (certain,
        provisional, insufficient), ``maturity_band`` (low, medium, high or unknown), ``mature``
        (the 2x2 side: True, False or None), one ``cmi_<category>`` each, ``weakest_category``,
        ``maturity_blocker`` (a category below the blocker level, or empty) and
        ``maturity_conflict`` (characteristics on which kinds of evidence differ by two levels).

    Notes
    -----
    A missing characteristic is set one level below and above its category's mean to give the
    interval; the band is certain when both ends lie in the same one.
    """
    known = Knowledge(tables, Rows.of(pairs))
    levels, conflicts = _levels(known, rubric)
    means = {name: _category_mean(levels, part, rubric) for name, part in rubric.categories.items()}
    frame = pd.DataFrame({f"cmi_{name}": mean for name, mean in means.items()})
    frame.index = known.rows.index
    weight = np.array([part.weight for part in rubric.categories.values()])
    table = np.stack(list(means.values()), axis=1)
    filled = ~np.isnan(table)
    share = filled @ weight / weight.sum()
    sufficient = (filled.sum(axis=1) >= rubric.least_categories) & (share >= rubric.least_weight)
    index = np.where(sufficient, _weighted(table, weight), np.nan)
    low, high = (_weighted(_ends(levels, rubric, means, index, step), weight) for step in (-1, 1))
    frame["cmi"], frame["cmi_coverage"] = index, _coverage(levels, rubric)
    frame["cmi_low"] = np.where(sufficient, low, np.nan)
    frame["cmi_high"] = np.where(sufficient, high, np.nan)
    frame["weakest_category"], frame["maturity_blocker"] = _weakest(table, rubric)
    frame["maturity_conflict"] = conflicts
    return _with_bands(frame, rubric)


def band_of_maturity(index: FloatArray, rubric: Rubric) -> npt.NDArray[np.object_]:
    """Return the band of each index value.

    Parameters
    ----------
    index : ndarray of float, shape (n_rows,)
        1 to 5; NaN is unknown.
    rubric : Rubric

    Returns
    -------
    ndarray of str
        ``low``, ``medium``, ``high`` or ``unknown``.

    Examples
    --------
    >>> from churngrid.features.rubric import read_rubric
    >>> band_of_maturity(np.array([2.4, 2.5, 3.5, np.nan]), read_rubric(None)).tolist()
    ['low', 'medium', 'high', 'unknown']
    """
    bands = rubric.bands
    choices = [np.isnan(index), index >= bands.high, index >= bands.medium]
    return np.select(choices, ["unknown", "high", "medium"], "low").astype(object)


def _levels(
    known: Knowledge, rubric: Rubric
) -> tuple[dict[str, FloatArray], npt.NDArray[np.object_]]:
    """Return each characteristic's level per row, and the names of those with a conflict."""
    n_rows = len(known.rows)
    conflicts: list[list[str]] = [[] for _ in range(n_rows)]
    levels = {}
    for category in rubric.categories.values():
        for item in category.characteristics:
            answers, weights = _answers(known, item.id, rubric)
            total = weights.sum(axis=0)
            mean = np.nansum(np.nan_to_num(answers) * weights, axis=0) / np.where(total, total, 1)
            levels[item.id] = np.where(total > 0, np.clip(mean, 1, 5), np.nan)
            valid = np.where(weights > 0, answers, np.nan)
            spread = np.fmax.reduce(valid) - np.fmin.reduce(valid)
            for row in np.flatnonzero(np.nan_to_num(spread) >= _CONFLICT_LEVELS):
                conflicts[row].append(item.id)
    return levels, np.array([", ".join(names) for names in conflicts], dtype=object)


def _answers(known: Knowledge, item: str, rubric: Rubric) -> tuple[FloatArray, FloatArray]:
    """Return the newest answer per evidence type and its weight after ageing."""
    shape = (len(rubric.evidence), len(known.rows))
    answers, weights = np.full(shape, np.nan), np.zeros(shape)
    if "account_events" not in known.tables:
        return answers, weights
    stored = known.stored("maturity_answers")
    value = np.append(stored.numbers("value_num"), np.nan)
    when = np.append(stored.times("occurred_at").astype(float), np.nan)
    for place, (kind, evidence) in enumerate(rubric.evidence.items()):
        where = (Is("characteristic_id", (item.lower(),)), Is("evidence_type", (kind,)))
        newest = known.answers("maturity_answers").newest(Select("maturity_answers", where))
        answers[place] = np.clip(value[newest], 1, 5)
        age = (known.rows.as_of - when[newest]) / DAY_US
        fresh = np.select(
            [age <= rubric.halved_after_days, age <= rubric.expired_after_days], [1.0, 0.5], 0.0
        )
        weights[place] = np.where(np.isnan(answers[place]), 0.0, evidence.weight * fresh)
    return answers, weights


def _category_mean(levels: dict[str, FloatArray], category: Category, rubric: Rubric) -> FloatArray:
    table = np.stack([levels[item.id] for item in category.characteristics])
    answered = (~np.isnan(table)).sum(axis=0)
    mean = np.nansum(table, axis=0) / np.maximum(answered, 1)
    least = min(rubric.least_answered, len(category.characteristics))
    return np.where(answered >= least, mean, np.nan)


def _weighted(table: FloatArray, weight: FloatArray) -> FloatArray:
    filled = ~np.isnan(table)
    share = filled @ weight
    return np.nan_to_num(table) @ weight / np.where(share > 0, share, 1.0)


def _ends(
    levels: dict[str, FloatArray],
    rubric: Rubric,
    means: dict[str, FloatArray],
    index: FloatArray,
    step: int,
) -> FloatArray:
    """Return the category means with each missing characteristic set one level down or up."""
    columns = []
    for name, category in rubric.categories.items():
        centre = np.where(np.isnan(means[name]), index, means[name])
        assumed = np.clip(centre + step, 1, 5)
        parts = [levels[item.id] for item in category.characteristics]
        columns.append(np.mean([np.where(np.isnan(part), assumed, part) for part in parts], axis=0))
    return np.stack(columns, axis=1)


def _coverage(levels: dict[str, FloatArray], rubric: Rubric) -> FloatArray:
    shares = [
        category.weight
        * np.mean([~np.isnan(levels[item.id]) for item in category.characteristics], axis=0)
        for category in rubric.categories.values()
    ]
    total = sum(category.weight for category in rubric.categories.values())
    return np.asarray(np.sum(shares, axis=0) / total, dtype=float)


def _weakest(
    table: FloatArray, rubric: Rubric
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    names = np.array([*rubric.categories, ""], dtype=object)
    lowest = np.where(np.isnan(table), np.inf, table)
    place = np.where(np.isinf(lowest.min(axis=1)), len(names) - 1, lowest.argmin(axis=1))
    weakest = names[place]
    blocked = lowest.min(axis=1) < rubric.blocker_below
    return weakest, np.where(blocked, weakest, "")


def _with_bands(frame: pd.DataFrame, rubric: Rubric) -> pd.DataFrame:
    low, high = (band_of_maturity(frame[c].to_numpy(), rubric) for c in ("cmi_low", "cmi_high"))
    unknown = frame["cmi"].isna()
    frame["cmi_status"] = np.select(
        [unknown, low == high], ["insufficient", "certain"], "provisional"
    )
    band = band_of_maturity(frame["cmi"].to_numpy(), rubric)
    blocked = frame["maturity_blocker"] != ""
    frame["maturity_band"] = np.where(blocked & (band == "high"), "medium", band)
    mature = (frame["cmi"] >= rubric.bands.mature) & ~blocked
    frame["mature"] = mature.astype(object).where(~unknown, None)
    return frame
