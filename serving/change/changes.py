"""The result ``changes``: why accounts moved since an earlier scoring, part by part, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, TextArray
from ...features.metrics.metric import Metric
from ..results.schema import CHANGE_COLUMNS
from ..results.words import MEASURES
from ..scoring.scored import Scored
from ..wording.account_sentences import why_unscored
from .account_change import Change
from .change_words import Part, cell_moved, in_sentences
from .moves import Move, moves_of
from .stored_inputs import SCORE_INPUTS, Earlier

__all__ = ["LEAST_MOVE", "MOST_PARTS", "change_of", "changes_of", "no_changes"]

LEAST_MOVE = {"p_churn": 0.1, "p_expand": 0.1, "p_contract": 0.1, "chs": 1.0, "cmi": 0.05}
"""Log-odds, points and levels from which on a move is stored."""

MOST_PARTS = 5
"""Metrics that are named; what the others moved is said together."""

_NOTHING = 1e-9
_SAME_DAY = 0.01


def no_changes() -> pd.DataFrame:
    """Return the result without rows."""
    return pd.DataFrame(columns=list(CHANGE_COLUMNS))


def changes_of(
    scored: Scored,
    earlier: Earlier | None,
    *,
    account: str | None = None,
    most: int = MOST_PARTS,
) -> pd.DataFrame:
    """Return why accounts moved since an earlier scoring.

    Parameters
    ----------
    scored : Scored
    earlier : Earlier or None
        Without one nothing is held against anything.
    account : str, optional
        Only this one, however little it moved.
    most : int
        Metrics to name for each measure.

    Returns
    -------
    DataFrame
        ``CHANGE_COLUMNS``: for each account and measure the whole move, then its parts, which add
        up to it. Accounts that only one of the two scorings lists have no rows.
    """
    if earlier is None:
        return no_changes()
    listed = pd.Index(scored.scores["account_id"])
    accounts = listed[listed.isin(earlier.inputs.index)]
    if account is not None:
        accounts = accounts[accounts == account]
    if accounts.empty:
        return no_changes()
    seen = _Seen.of(scored, earlier, accounts)
    least = dict.fromkeys(LEAST_MOVE, 0.0) if account is not None else LEAST_MOVE
    parts: list[Part] = []
    for move in moves_of(scored, earlier, accounts):
        parts += _told(move, seen, least[move.measure], most)
    parts += _of_cells(scored, earlier, accounts)
    if not parts:
        return no_changes()
    order = {measure: place for place, measure in enumerate(MEASURES)}
    parts.sort(key=lambda part: (part.row, order[part.measure]))
    text = in_sentences(parts, seen.metrics)
    ids = accounts.to_numpy(dtype=object)
    rows = pd.DataFrame(
        {
            "account_id": ids[[part.row for part in parts]],
            "as_of": scored.scores["as_of"].iloc[0],
            "since": earlier.as_of,
            **{name: [getattr(part, name) for part in parts] for name in _OF_PART},
            "text": text,
        }
    )
    return rows[list(CHANGE_COLUMNS)]


def change_of(scored: Scored, account: str, earlier: Earlier | None) -> Change:
    """Return why one account moved, with all parts that can be named.

    Parameters
    ----------
    scored : Scored
    account : str
        Its id.
    earlier : Earlier or None

    Returns
    -------
    Change
    """
    known = earlier is not None and account in earlier.inputs.index
    rows = changes_of(scored, earlier, account=account, most=len(scored.features.frame.columns))
    return Change(account, earlier.as_of if earlier is not None and known else None, rows)


_OF_PART = ("measure", "rank", "kind", "metric", "before", "after", "amount", "points")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of the same accounts at both scorings.

    Parameters
    ----------
    metrics : dict of str to Metric
    old, new : DataFrame
        Same rows: inputs then and now.
    days : float
        Between the two.
    fading : dict of str to str
        Metrics that say less with time, and the metric that tells their age.
    notes : dict of str to list of str
        By kind, what to say of each account beside the amount.
    """

    metrics: dict[str, Metric]
    old: pd.DataFrame
    new: pd.DataFrame
    days: float
    fading: dict[str, str]
    notes: dict[str, list[str]]

    @classmethod
    def of(cls, scored: Scored, earlier: Earlier, accounts: pd.Index) -> "_Seen":
        config = scored.basis.config
        now = scored.scores.set_index("account_id").loc[accounts]
        then = earlier.scores.loc[accounts]
        frame = scored.features.frame.droplevel("as_of").loc[accounts]
        inputs = scored.basis.inputs.droplevel("as_of").loc[accounts, list(SCORE_INPUTS)]
        categories = {f"cmi_{name}": name for name in config.rubric.categories}
        old, new = (
            part.reindex(columns=list(categories)).rename(columns=categories).astype(float)
            for part in (then, now)
        )
        stored = earlier.inputs.loc[accounts].drop(columns=old.columns, errors="ignore")
        as_of = scored.scores["as_of"].iloc[0]
        return cls(
            metrics={metric.column: metric for metric in config.metrics},
            old=pd.concat([stored, old], axis=1),
            new=pd.concat([frame, inputs, new], axis=1),
            days=(as_of - earlier.as_of) / pd.Timedelta(days=1),
            fading={p.metric: p.fades.since for p in config.scorecard.weighed() if p.fades},
            notes=_notes(then, now),
        )

    def ends(self, name: str) -> tuple[FloatArray, FloatArray]:
        """Return an input then and now; NaN where it is unknown."""
        nothing = pd.Series(np.nan, self.new.index)
        return (
            np.asarray(self.old.get(name, nothing), dtype=float),
            np.asarray(self.new.get(name, nothing), dtype=float),
        )

    def same(self, name: str) -> BoolArray:
        """Say where an input is what it was."""
        before, after = self.ends(name)
        return np.asarray((before == after) | (np.isnan(before) & np.isnan(after)), dtype=bool)

    def passed(self, name: str) -> BoolArray:
        """Say where an input grew older, or came nearer, by just the days that passed."""
        before, after = self.ends(name)
        return np.asarray(np.abs(np.abs(after - before) - self.days) < _SAME_DAY, dtype=bool)

    def kinds(self, name: str) -> TextArray:
        """Return what kind of part a metric is for each account; ``rest`` where it is the same."""
        metric = self.metrics.get(name)
        same, time = self.same(name), np.zeros(len(self.new), dtype=bool)
        if metric is not None and metric.unit == "days":
            time = self.passed(name)
        if name in self.fading:
            time |= same & self.passed(self.fading[name])
        beside = np.zeros(len(self.new), dtype=bool)
        own = np.zeros(len(self.new), dtype=bool)
        if metric is not None:
            beside = same & ~self.same(metric.percentile)
            own = same & ~self.same(metric.vs_own)
        found = np.select([time, own, beside, same], ["time", "facts", "peers", "rest"], "facts")
        return found.astype(object)


def _notes(then: pd.DataFrame, now: pd.DataFrame) -> dict[str, list[str]]:
    caps = zip(then["cap_reason"].fillna(""), now["cap_reason"].fillna(""), strict=True)
    return {
        "limits": [_of_caps(before, after) for before, after in caps],
        "unscored": [
            why_unscored({"reason": reason, "status": status})
            for reason, status in zip(now["reason"], now["status"], strict=True)
        ],
    }


def _of_caps(before: str, after: str) -> str:
    if before == after:
        return after
    return after or f"no longer: {before}"


def _told(move: Move, seen: _Seen, least: float, most: int) -> Iterator[Part]:
    """Yield the whole move of each account that moved enough, then its parts."""
    named = _Named.of(move, seen)
    one_sided = np.isnan(move.before) != np.isnan(move.after)
    moved = np.nan_to_num(np.abs(move.total)) >= max(least, _NOTHING)
    for row in np.flatnonzero(moved | one_sided).tolist():
        scale, whole = _scale(move, row), float(move.total[row])
        ends = float(move.before[row]), float(move.after[row])
        gone = seen.notes["unscored"][row] if move.measure.startswith("p_") else ""
        first = (row, move.measure, 0, "move", "", *ends, whole, whole * scale)
        yield Part(*first, note=gone if np.isnan(ends[1]) else "")
        if np.isnan(whole):
            continue
        for rank, (kind, name, old, new, amount) in enumerate(named.parts(row, most), start=1):
            told = (row, move.measure, rank, kind, name, old, new, amount, amount * scale)
            yield Part(*told, note=seen.notes[kind][row] if kind in seen.notes else "")


_Found = tuple[str, str, float, float, float]


@dataclass(frozen=True, slots=True)
class _Named:
    """The parts of a move beside what each metric was and is, shape (n_accounts, n_metrics)."""

    move: Move
    names: list[str]
    amounts: FloatArray
    kinds: TextArray
    before: FloatArray
    after: FloatArray

    @classmethod
    def of(cls, move: Move, seen: _Seen) -> "_Named":
        names = [str(name) for name in move.parts]
        ends = [seen.ends(name) for name in names]
        before, after = (np.stack([end[side] for end in ends], axis=1) for side in (0, 1))
        kinds = np.stack([seen.kinds(name) for name in names], axis=1)
        return cls(move, names, move.parts.to_numpy(dtype=float), kinds, before, after)

    def parts(self, row: int, most: int) -> list[_Found]:
        """Return the parts of one account, the strongest first and what is left last."""
        size = np.abs(self.amounts[row])
        told = np.flatnonzero((self.kinds[row] != "rest") & (size > _NOTHING))
        told = told[np.argsort(-size[told], kind="stable")][:most]
        found: list[_Found] = [
            (
                str(self.kinds[row, at]),
                self.names[at],
                float(self.before[row, at]),
                float(self.after[row, at]),
                float(self.amounts[row, at]),
            )
            for at in told
        ]
        nan = float("nan")
        for kind, said in self.move.apart.items():
            if abs(said[row]) > _NOTHING:
                found.append((kind, "", nan, nan, float(said[row])))
        found.sort(key=lambda part: -abs(part[-1]))
        left = float(self.move.total[row]) - sum(part[-1] for part in found)
        return [*found, ("rest", "", nan, nan, left)] if abs(left) > _NOTHING else found


def _scale(move: Move, row: int) -> float:
    """Return what makes percentage points of log-odds; 1 for points and levels."""
    if not move.measure.startswith("p_"):
        return 1.0
    total, gained = move.total[row], move.after[row] - move.before[row]
    if abs(total) > 1e-6:
        return float(100.0 * gained / total)
    return float(100.0 * move.after[row] * (1.0 - move.after[row]))


def _of_cells(scored: Scored, earlier: Earlier, accounts: pd.Index) -> Iterator[Part]:
    now = scored.scores.set_index("account_id").loc[accounts]
    then = earlier.scores.loc[accounts]
    same = (then["cell"] == now["cell"]) | (then["cell"].isna() & now["cell"].isna())
    for row in np.flatnonzero(~same).tolist():
        old, new = then.iloc[row], now.iloc[row]
        for rank, (kind, text) in enumerate(cell_moved(old, new)):
            nan = float("nan")
            yield Part(row, "cell", rank, kind, "", nan, nan, nan, nan, note=text)
