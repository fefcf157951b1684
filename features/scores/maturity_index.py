"""The customer maturity index: how well an account runs its own function, with what is unknown.

The method is the published one (Maor and Wittgen 2017): characteristics graded 1 to 5 in four
categories, a mean per category, a weight per category. The interval, the status and the ageing of
answers are churngrid's.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..arrays.array_types import FloatArray
from ..arrays.as_of_rows import Rows
from ..arrays.time_grid import DAY_US
from ..engine.compute import Features
from ..engine.point_in_time import Knowledge
from ..metrics.measures import Count
from ..metrics.queries import LastMoment
from ..metrics.row_selection import Filled, Is, Select
from ..schema.tableset import Tables
from .rubric import Category, Characteristic, Rubric
from .rubric_rules import TELEMETRY
from .telemetry_levels import Shown, shown_levels

__all__ = ["ASKED", "band_of_maturity", "reasons_to_ask_again", "score_maturity"]


ASKED = ("account_events", Is("kind", ("maturity_answer",)))
"""What shows that a company assesses maturity at all."""

_IN_WORDS = {"m_and_a": "merger or acquisition"}


def reasons_to_ask_again(
    known: Knowledge, newest: FloatArray, rubric: Rubric
) -> npt.NDArray[np.object_]:
    """Return why each account should be asked again.

    Parameters
    ----------
    known : Knowledge
    newest : ndarray of float, shape (n_rows,)
        When the newest answer was given, in microseconds; NaN where there is none.
    rubric : Rubric
        ``reassess_after_days`` and ``reassess_on``.

    Returns
    -------
    ndarray of str, shape (n_rows,)
        Empty where there is no reason, and where nobody ever asked: that is another task.
    """
    age = (known.rows.as_of - newest) / DAY_US
    old = age > rubric.reassess_after_days
    asked = np.where(old, f"newest answer older than {rubric.reassess_after_days} days", "")
    reasons = [[text] if text else [] for text in asked.tolist()]
    for kind in rubric.reassess_on:
        text = f"{_IN_WORDS.get(kind, kind.replace('_', ' '))} since the newest answer"
        for row in np.flatnonzero(_last(known, kind) > newest):
            reasons[row].append(text)
    return np.array(["; ".join(parts) for parts in reasons], dtype=object)


def _ever_asked(known: Knowledge) -> npt.NDArray[np.int64]:
    if "account_events" not in known.tables:
        return np.zeros(len(known.rows), dtype=np.int64)
    return (known.rows.as_of > known.recorded_since(*ASKED)).astype(np.int64)


def _last(known: Knowledge, kind: str) -> FloatArray:
    """Return when an event of a kind last took place, NaN where none is known."""
    select = Select("account_events", (Is("kind", (kind,)),))
    if not known.collected(Count(select)):
        return np.full(len(known.rows), np.nan)
    return known.answer(LastMoment(select))


_CONFLICT_LEVELS = 2.0
# So that 3.4999999999 out of 3.5 does not decide on a band.
_DIGITS = 9


def score_maturity(
    tables: Tables, pairs: pd.DataFrame, rubric: Rubric, *, features: Features | None = None
) -> pd.DataFrame:
    """Score the maturity of accounts on as-of dates.

    Parameters
    ----------
    tables : Tables
        Answers are ``account_events`` of kind ``maturity_answer``; those given while a notice was
        pending do not count.
    pairs : DataFrame
        With ``account_id`` and ``as_of``; may be empty.
    rubric : Rubric
    features : Features, optional
        Metrics of these pairs that were computed before, for the proxies; needed if a proxy names
        a metric of the company's own, else computed here.

    Returns
    -------
    DataFrame
        Index (account_id, as_of): ``cmi`` with ``cmi_low`` and ``cmi_high`` (1-5, higher is more
        mature, NaN when insufficient), ``cmi_hard_low`` and ``cmi_hard_high`` (what is missing set
        to 1 and 5), ``cmi_coverage`` (0-1), ``cmi_age_days`` (of the newest answer, NaN without
        one), ``cmi_status`` (certain, provisional, insufficient), ``maturity_band`` (low, medium,
        high or unknown), ``mature`` (the 2x2 side: True, False or None), ``maybe_mature`` (whether
        the mature side is within the interval), one ``cmi_<category>`` each, ``weakest_category``,
        ``maturity_blocker`` (a category below the blocker level, or
        empty), ``maturity_conflict`` (characteristics on which people and documents differ by two
        levels), ``maturity_asked`` (1 where any account of the company had been assessed by then,
        else 0) and ``maturity_due`` (why to ask again, or empty).

    Raises
    ------
    ValueError
        If a proxy names a metric that is neither among those that ship nor in ``features``.

    Notes
    -----
    What telemetry shows adds to what was stated; where nothing is stated there is no index.

    A missing characteristic is set one level below and above its category's mean, or the index
    where the category has none, to give the interval; it always holds the index. The band is
    certain when both ends lie in the same one.
    """
    known = Knowledge(tables, Rows.of(pairs))
    levels, conflicts, newest = _levels(known, rubric, shown_levels(known, rubric, features))
    means = {name: _category_mean(levels, part, rubric) for name, part in rubric.categories.items()}
    frame = pd.DataFrame({f"cmi_{name}": mean for name, mean in means.items()})
    frame.index = known.rows.index
    age_days = (known.rows.as_of - newest) / DAY_US
    index = _index(np.stack(list(means.values()), axis=1), rubric)
    frame["cmi"] = index = np.where(age_days <= rubric.expired_after_days, index, np.nan)
    for name, value in _bounds(levels, means, index, rubric).items():
        frame[name] = np.where(np.isnan(index), np.nan, value)
    frame["cmi_coverage"] = _coverage(levels, rubric)
    frame["cmi_age_days"] = age_days
    frame["weakest_category"], frame["maturity_blocker"] = _weakest(means, rubric)
    frame["maturity_conflict"] = conflicts
    frame["maturity_asked"] = _ever_asked(known)
    frame["maturity_due"] = reasons_to_ask_again(known, newest, rubric)
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
    >>> from churngrid.features.scores.rubric_file import read_rubric
    >>> band_of_maturity(np.array([2.4, 2.5, 3.5, np.nan]), read_rubric(None)).tolist()
    ['low', 'medium', 'high', 'unknown']
    """
    bands = rubric.bands
    choices = [np.isnan(index), index >= bands.high, index >= bands.medium]
    return np.select(choices, ["unknown", "high", "medium"], "low").astype(object)


def _levels(
    known: Knowledge, rubric: Rubric, shown: dict[str, Shown]
) -> tuple[dict[str, FloatArray], npt.NDArray[np.object_], FloatArray]:
    """Return each characteristic's level, the names of those in conflict, and the newest moment."""
    n_rows = len(known.rows)
    conflicts: list[list[str]] = [[] for _ in range(n_rows)]
    levels, newest = {}, np.full(n_rows, np.nan)
    judged = np.array([kind != TELEMETRY for kind in rubric.evidence])
    for item in rubric.characteristics():
        answers, weights, moments = _answers(known, item, rubric)
        newest = np.fmax(newest, np.fmax.reduce(moments))
        if item.id in shown:
            _fill_in(answers, weights, shown[item.id], rubric)
        total = weights.sum(axis=0)
        mean = np.nansum(np.nan_to_num(answers) * weights, axis=0) / np.where(total, total, 1)
        levels[item.id] = np.where(total > 0, np.clip(mean, 1, 5), np.nan)
        valid = np.where((weights > 0) & judged[:, None], answers, np.nan)
        spread = np.fmax.reduce(valid) - np.fmin.reduce(valid)
        for row in np.flatnonzero(np.nan_to_num(spread) >= _CONFLICT_LEVELS):
            conflicts[row].append(item.id)
    return levels, np.array([", ".join(names) for names in conflicts], dtype=object), newest


def _answers(
    known: Knowledge, item: Characteristic, rubric: Rubric
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the newest answer per kind of evidence, its weight after ageing, and its moment."""
    shape = (len(rubric.evidence), len(known.rows))
    answers, weights, moments = np.full(shape, np.nan), np.zeros(shape), np.full(shape, np.nan)
    if "account_events" not in known.tables:
        return answers, weights, moments
    stored = known.stored("maturity_answers")
    value = np.append(stored.numbers("value_num"), np.nan)
    when = np.append(stored.times("occurred_at").astype(float), np.nan)
    taken = rubric.takes(item)
    for place, (kind, evidence) in enumerate(rubric.evidence.items()):
        if kind not in taken:
            continue
        of_item = (Is("characteristic_id", (item.id.lower(),)), Is("evidence_type", (kind,)))
        select = Select("maturity_answers", (*of_item, Filled("value_num")))
        newest = known.answers("maturity_answers").newest(select)
        answers[place], moments[place] = np.clip(value[newest], 1, 5), when[newest]
        age = (known.rows.as_of - moments[place]) / DAY_US
        answered = ~np.isnan(answers[place])
        weights[place] = np.where(answered, evidence.weight * _share_left(age, rubric), 0.0)
    return answers, weights, moments


def _fill_in(answers: FloatArray, weights: FloatArray, shown: Shown, rubric: Rubric) -> None:
    """Put in what telemetry shows where no statement about telemetry counts any more."""
    place = list(rubric.evidence).index(TELEMETRY)
    open_ = (weights[place] == 0) & ~np.isnan(shown.level)
    left = rubric.evidence[TELEMETRY].weight * _share_left(shown.age_days, rubric)
    answers[place] = np.where(open_, shown.level, answers[place])
    weights[place] = np.where(open_, left, weights[place])


def _share_left(age_days: FloatArray, rubric: Rubric) -> FloatArray:
    """Return the share of its weight that an answer of some age still has."""
    steps = [age_days <= rubric.halved_after_days, age_days <= rubric.expired_after_days]
    return np.select(steps, [1.0, 0.5], 0.0)


def _category_mean(levels: dict[str, FloatArray], category: Category, rubric: Rubric) -> FloatArray:
    table = np.stack([levels[item.id] for item in category.characteristics])
    answered = (~np.isnan(table)).sum(axis=0)
    mean = np.nansum(table, axis=0) / np.maximum(answered, 1)
    least = min(rubric.least_answered, len(category.characteristics))
    return np.where(answered >= least, np.round(mean, _DIGITS), np.nan)


def _index(table: FloatArray, rubric: Rubric) -> FloatArray:
    """Return the index from the category means, NaN where too many are missing."""
    weight = np.array([part.weight for part in rubric.categories.values()])
    filled = ~np.isnan(table)
    share = np.round(filled @ weight / weight.sum(), _DIGITS)
    least = min(rubric.least_categories, len(weight))
    sufficient = (filled.sum(axis=1) >= least) & (share >= rubric.least_weight)
    return np.where(sufficient, _weighted(table, rubric), np.nan)


def _weighted(table: FloatArray, rubric: Rubric) -> FloatArray:
    weight = np.array([part.weight for part in rubric.categories.values()])
    share = (~np.isnan(table)) @ weight
    mean = np.nan_to_num(table) @ weight / np.where(share > 0, share, 1.0)
    return np.asarray(np.round(mean, _DIGITS), dtype=float)


def _bounds(
    levels: dict[str, FloatArray],
    means: dict[str, FloatArray],
    index: FloatArray,
    rubric: Rubric,
) -> dict[str, FloatArray]:
    """Return where the index would lie if what is missing were lower, or higher."""
    centres = {name: np.where(np.isnan(mean), index, mean) for name, mean in means.items()}
    below, above = (
        {name: np.clip(centre + step, 1, 5) for name, centre in centres.items()} for step in (-1, 1)
    )
    bottom, top = ({name: np.full(len(index), end) for name in means} for end in (1.0, 5.0))
    # One high answer of a category too thin to count could else lift the lower end above the index.
    return {
        "cmi_low": np.minimum(_filled(levels, below, rubric), index),
        "cmi_high": np.maximum(_filled(levels, above, rubric), index),
        "cmi_hard_low": np.minimum(_filled(levels, bottom, rubric), index),
        "cmi_hard_high": np.maximum(_filled(levels, top, rubric), index),
    }


def _filled(
    levels: dict[str, FloatArray], assumed: dict[str, FloatArray], rubric: Rubric
) -> FloatArray:
    """Return the index with each missing characteristic at the level assumed for its category."""
    columns = []
    for name, category in rubric.categories.items():
        parts = [levels[item.id] for item in category.characteristics]
        full = [np.where(np.isnan(part), assumed[name], part) for part in parts]
        columns.append(np.mean(full, axis=0))
    return _weighted(np.stack(columns, axis=1), rubric)


def _coverage(levels: dict[str, FloatArray], rubric: Rubric) -> FloatArray:
    shares = [
        category.weight
        * np.mean([~np.isnan(levels[item.id]) for item in category.characteristics], axis=0)
        for category in rubric.categories.values()
    ]
    total = sum(category.weight for category in rubric.categories.values())
    return np.asarray(np.sum(shares, axis=0) / total, dtype=float)


def _weakest(
    means: dict[str, FloatArray], rubric: Rubric
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    table = np.stack(list(means.values()), axis=1)
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
    frame["maybe_mature"] = (frame["cmi_high"] >= rubric.bands.mature) & ~blocked
    return frame
