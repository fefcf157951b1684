"""What a health score has to achieve to be trusted, held against what the accounts did.

Every figure is a ratio of sums over parent accounts, so that drawing parents again and again gives
its interval: the rows of one family are near copies of each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.schema.bands import Bands
from ...features.scores.scorecard import Scorecard, Success
from ..dataset.dataset import Dataset
from ..evaluation.account_draws import account_draws

__all__ = ["CRITERIA", "Criterion", "Judged", "book_of", "judge", "surprises_of", "without_person"]


Verdict = Literal["pass", "fail", "not enough evidence"]

UNSURE: Verdict = "not enough evidence"

_COVERAGE = (0.025, 0.975)
_N_BOOT = 1_000
# The newest reading at least so many days before a decision is looked for over one month more.
_REACH_DAYS = 31
# A red reading of longer ago than so many days warned of something else.
_WARNS_DAYS = 365


@dataclass(frozen=True)
class Criterion:
    """One thing a score has to achieve.

    Parameters
    ----------
    name : str
        Of its threshold in ``Success``.
    part, whole : str
        Sums whose ratio is the figure.
    against : (str, str) or None
        Two more sums by whose ratio it is divided.
    at_least : bool
        Whether the threshold is the lowest value; otherwise it is the highest.
    meaning : str
        For people.
    evidence : str
        The sum that has to be above 0 in enough parent accounts.
    nothing : str
        What it means if ``whole`` is empty although there is evidence; the criterion then fails.
    """

    name: str
    part: str
    whole: str
    at_least: bool
    meaning: str
    evidence: str
    against: tuple[str, str] | None = None
    nothing: str = ""


CRITERIA = (
    Criterion(
        name="red_band_lift",
        part="red_churned",
        whole="red",
        against=("churned", "judged"),
        at_least=True,
        meaning="churn rate of the red band, times that of all accounts",
        evidence="churned",
        nothing="no account was ever in the red band",
    ),
    Criterion(
        name="warned_share",
        part="warned",
        whole="decided",
        at_least=True,
        meaning="churned accounts that stood below green in good time",
        evidence="decided",
    ),
    Criterion(
        name="warned_arr_share",
        part="warned_arr",
        whole="decided_arr",
        at_least=True,
        meaning="the same by ARR",
        evidence="decided_arr",
    ),
    Criterion(
        name="green_share",
        part="green",
        whole="book",
        at_least=False,
        meaning="share of the book that is green",
        evidence="book",
    ),
    Criterion(
        name="surprise_arr_share",
        part="surprise_arr",
        whole="foreseeable_arr",
        at_least=False,
        meaning="churned ARR that was still green shortly before",
        evidence="foreseeable_arr",
    ),
    Criterion(
        name="red_lead_days",
        part="red_days",
        whole="turned_red",
        at_least=True,
        meaning="days from the first red reading to the decision, of churned accounts that had one",
        evidence="decided",
        nothing="no churned account was red before its decision",
    ),
)


@dataclass(frozen=True)
class Judged:
    """What became of one criterion.

    Parameters
    ----------
    criterion : str
    meaning : str
    value, low, high : float
        With the 95 % interval, parent accounts resampled; NaN where there is none.
    threshold : float
    at_least : bool
    verdict : {"pass", "fail", "not enough evidence"}
        Not enough evidence: too few accounts, or the threshold lies inside the interval.
    why : str
    n_parents : int
        Independent (parent) accounts behind it.
    """

    criterion: str
    meaning: str
    value: float
    low: float
    high: float
    threshold: float
    at_least: bool
    verdict: Verdict
    why: str
    n_parents: int


def without_person(scorecard: Scorecard) -> Scorecard:
    """Return a scorecard without the caps that a person's judgement sets off.

    Parameters
    ----------
    scorecard : Scorecard

    Returns
    -------
    Scorecard
        The same where it has none.
    """
    kept = tuple(cap for cap in scorecard.caps if not cap.by_person)
    return scorecard.model_copy(update={"caps": kept})


def book_of(dataset: Dataset, chs: pd.Series) -> pd.DataFrame:
    """Return what a score said of every account on every closed date, beside what happened.

    Parameters
    ----------
    dataset : Dataset
    chs : Series
        The health score of the same rows, 0-100; NaN where too little is known.

    Returns
    -------
    DataFrame
        ``account_id``, ``as_of``, ``parent``, ``chs``, ``churned`` (1.0, 0.0, or NaN where the
        account could not leave), ``arr`` (NaN where unknown), ``decided_at`` (NaT where unknown).
    """
    labels = dataset.labels
    frame = pd.DataFrame(
        {
            "parent": dataset.parent,
            "chs": chs,
            "churned": labels["churned"].astype("Float64").astype(float),
            "arr": _arr_of(dataset),
            "decided_at": labels["decided_at"],
        },
        index=labels.index,
    )
    return frame.reset_index()


def _arr_of(dataset: Dataset) -> pd.Series:
    frame = dataset.features.frame
    nothing = pd.Series(np.nan, index=frame.index)
    return frame["arr"].astype(float) if "arr" in frame else nothing


def judge(
    book: pd.DataFrame, *, bands: Bands, success: Success, seed: int = 0
) -> tuple[Judged, ...]:
    """Hold a score against the criteria.

    Parameters
    ----------
    book : DataFrame
        As ``book_of`` returns it; rows without a score count nowhere.
    bands : Bands
        Red is below ``medium``, green from ``high`` on.
    success : Success
    seed : int
        Of the resampling.

    Returns
    -------
    tuple of Judged
        In the order of ``CRITERIA``; not enough evidence for an empty book.

    Examples
    --------
    >>> dates = pd.to_datetime(["2025-01-01"] * 40, utc=True)
    >>> book = pd.DataFrame({"account_id": range(40), "parent": range(40), "as_of": dates})
    >>> book = book.assign(chs=[30.0] * 8 + [60.0] * 32, churned=[1.0] * 8 + [0.0] * 32, arr=1.0)
    >>> book["decided_at"] = dates + pd.Timedelta(days=70)
    >>> found = judge(book, bands=Bands(), success=Success(fewest_churned=8))
    >>> found[0].value, found[1].value, found[3].verdict
    (5.0, 1.0, 'pass')
    """
    sums = _sums(book, bands, success)
    drawn = _drawn(sums, seed)
    return tuple(_judged(one, sums, drawn, success) for one in CRITERIA)


def surprises_of(book: pd.DataFrame, *, bands: Bands, success: Success) -> pd.DataFrame:
    """Return the churned accounts that were green shortly before their decision.

    Parameters
    ----------
    book, bands, success
        As in ``judge``.

    Returns
    -------
    DataFrame
        ``account_id``, ``as_of`` (of the reading), ``chs``, ``arr``, ``decided_at``; the largest
        ARR first.
    """
    readings = _before(book, success.surprise_days, success.surprise_days + _REACH_DAYS)
    found = readings.loc[readings["chs"] >= bands.high]
    columns = ["account_id", "as_of", "chs", "arr", "decided_at"]
    return found.sort_values(["arr", "account_id"], ascending=[False, True])[columns].reset_index(
        drop=True
    )


def _before(book: pd.DataFrame, fewest: int, most: int) -> pd.DataFrame:
    """Return the newest reading of each churned account so many whole days before its decision."""
    days = (book["decided_at"] - book["as_of"]).dt.days
    kept = book[book["churned"].eq(1) & book["chs"].notna() & days.between(fewest, most)]
    return kept.sort_values("as_of").drop_duplicates(["account_id", "decided_at"], keep="last")


def _sums(book: pd.DataFrame, bands: Bands, success: Success) -> pd.DataFrame:
    """Return what is counted, one row a parent account."""
    scored = book[book["chs"].notna()]
    leaves = scored["churned"].fillna(0.0)
    judged = scored["churned"].notna().astype(float)
    red = (scored["chs"] < bands.medium) * judged
    rows = {
        "book": 1.0,
        "green": (scored["chs"] >= bands.high).astype(float),
        "judged": judged,
        "churned": leaves,
        "red": red,
        "red_churned": red * leaves,
    }
    parts = [pd.DataFrame(rows, index=scored.index).groupby(scored["parent"]).sum()]
    warned = _before(book, *success.warned_days)
    parts.append(_decisions(warned, warned["chs"] < bands.high, ("warned", "decided")))
    late = _before(book, success.surprise_days, success.surprise_days + _REACH_DAYS)
    parts.append(_decisions(late, late["chs"] >= bands.high, ("surprise", "foreseeable")))
    parts.append(_first_reds(book, bands))
    return pd.concat(parts, axis=1).fillna(0.0)


def _decisions(readings: pd.DataFrame, hit: pd.Series, names: tuple[str, str]) -> pd.DataFrame:
    """Count decisions and their ARR, those that a reading hit and all."""
    arr, (part, whole) = readings["arr"].fillna(0.0), names
    columns = {part: hit * 1.0, whole: hit * 0.0 + 1.0}
    columns |= {f"{part}_arr": hit * arr, f"{whole}_arr": arr}
    return pd.DataFrame(columns, index=readings.index).groupby(readings["parent"]).sum()


def _first_reds(book: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """Count the decisions that a red reading came before, and the days from the first one."""
    days = (book["decided_at"] - book["as_of"]).dt.days
    red = book["churned"].eq(1) & (book["chs"] < bands.medium) & days.between(0, _WARNS_DAYS)
    first = book.assign(red_days=days.astype(float), turned_red=1.0)[red].sort_values("as_of")
    first = first.drop_duplicates(["account_id", "decided_at"])
    return first.groupby("parent")[["red_days", "turned_red"]].sum()


def _drawn(sums: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the sums of every resample, one row each."""
    table, n_parents = sums.to_numpy(dtype=float), len(sums)
    rows = [times @ table for times in account_draws(n_parents, _N_BOOT, seed=seed)]
    return pd.DataFrame(np.reshape(rows, (len(rows), sums.shape[1])), columns=sums.columns)


def _value(criterion: Criterion, sums: pd.DataFrame) -> FloatArray:
    """Return the figure of each row of sums; NaN where it does not exist."""
    value = sums[criterion.part] / _unless_nothing(sums[criterion.whole])
    if criterion.against is not None:
        part, whole = criterion.against
        value = value / _unless_nothing(sums[part] / _unless_nothing(sums[whole]))
    return value.to_numpy(dtype=float)


def _unless_nothing(divisor: pd.Series) -> pd.Series:
    return divisor.where(divisor > 0)


def _judged(
    criterion: Criterion, sums: pd.DataFrame, drawn: pd.DataFrame, success: Success
) -> Judged:
    value, low, high = _with_interval(criterion, sums, drawn)
    n_parents = int((sums[criterion.evidence] > 0).sum())
    wanted = float(getattr(success, criterion.name))
    verdict, why = next(
        _verdicts(criterion, (value, low, high), wanted, (n_parents, success.fewest_churned))
    )
    return Judged(
        criterion=criterion.name,
        meaning=criterion.meaning,
        value=value,
        low=low,
        high=high,
        threshold=wanted,
        at_least=criterion.at_least,
        verdict=verdict,
        why=why,
        n_parents=n_parents,
    )


def _with_interval(
    criterion: Criterion, sums: pd.DataFrame, drawn: pd.DataFrame
) -> tuple[float, float, float]:
    whole = sums.sum().to_frame().T
    value = float(_value(criterion, whole)[0])
    found = _value(criterion, drawn)
    known = found[~np.isnan(found)]
    if np.isnan(value):
        return value, float("nan"), float("nan")
    low, high = np.quantile(known, _COVERAGE)
    return value, float(low), float(high)


def _verdicts(
    criterion: Criterion,
    found: tuple[float, float, float],
    wanted: float,
    counted: tuple[int, int],
) -> Iterator[tuple[Verdict, str]]:
    """Yield what can be said, the first of which counts."""
    (value, low, high), (n_parents, fewest) = found, counted
    if n_parents < fewest:
        who = "accounts" if criterion.evidence == "book" else "churned accounts"
        money = " with a known ARR" if criterion.evidence.endswith("_arr") else ""
        yield UNSURE, f"only {n_parents:,} {who}{money}, at least {fewest:,} are needed"
    if np.isnan(value):
        yield "fail", criterion.nothing
    bound = f"at {'least' if criterion.at_least else 'most'} {wanted:.3g}"
    between = f"between {low:.3g} and {high:.3g}"
    passed, failed = (low >= wanted, high < wanted)
    if not criterion.at_least:
        passed, failed = (high <= wanted, low > wanted)
    if passed or failed:
        yield ("pass" if passed else "fail"), f"{between}, wanted {bound}"
    yield UNSURE, f"{between}, which is on both sides of {bound}"
