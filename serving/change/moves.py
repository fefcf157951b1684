"""By how much accounts moved between two scorings, and what makes it up, to the last digit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray
from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from ...features.scores.health_score import Health, score_health
from ...features.scores.rubric import Rubric
from ...training.registry.artifact import BASE, PROBABILITY, FittedModel
from ..scoring.overdue_renewals import OVERDUE
from ..scoring.scored import Scored
from .stored_inputs import Earlier, features_from

__all__ = ["Move", "moves_of"]


@dataclass(frozen=True, slots=True)
class Move:
    """How one measure of many accounts moved.

    Parameters
    ----------
    measure : str
        Column of the scores.
    before, after : ndarray of float, shape (n_accounts,)
        The measure then and now.
    total : ndarray of float, shape (n_accounts,)
        The whole move in log-odds, points or levels; NaN where one end is unknown.
    parts : DataFrame
        One row an account, one column a metric or category: what new data moved.
    apart : dict of str to ndarray of float
        By kind (``limits``, ``settings``, ``model``, ``overdue``): what is no data. With the parts
        they add up to ``total``.
    """

    measure: str
    before: FloatArray
    after: FloatArray
    total: FloatArray
    parts: pd.DataFrame
    apart: Mapping[str, FloatArray] = field(default_factory=dict)


def moves_of(scored: Scored, earlier: Earlier, accounts: pd.Index) -> Iterator[Move]:
    """Yield how the estimates, the health score and maturity of accounts moved.

    Parameters
    ----------
    scored : Scored
    earlier : Earlier
    accounts : Index
        Ids that both know, in the order of the results.

    Yields
    ------
    Move

    Notes
    -----
    What was known then is read again by the settings of today, then asked of the model of today,
    and then what is known now is: the first step is that of settings, the second that of the model,
    the third that of the data, which exact SHAP values give metric by metric. Nothing of the past
    is computed again from the tables.
    """
    old, new = earlier.inputs.loc[accounts], _by_account(scored.basis.inputs).loc[accounts]
    health, then = _health(scored, earlier, accounts)
    maturity, cmi_then = _maturity(scored, earlier, accounts)
    reread = old.assign(chs=then, cmi=cmi_then)
    for target, model in scored.basis.models.by_target.items():
        measure = PROBABILITY[target]
        ends = _ends(scored, earlier, measure, accounts)
        move = _estimate(measure, model, ends, (old, reread, new), scored.features.metrics)
        yield _of_overdue(move, _overdue(scored, earlier, accounts))
    yield health
    yield maturity


def _estimate(
    measure: str,
    model: FittedModel,
    ends: tuple[FloatArray, FloatArray],
    inputs: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    metrics: tuple[Metric, ...],
) -> Move:
    old, reread, new = (frame.reindex(columns=list(model.columns)) for frame in inputs)
    shares = [model.contributions(frame).drop(columns=BASE) for frame in (reread, new)]
    said, now = (_log_odds(end) for end in ends)
    of_old, of_reread, of_new = (model.log_odds(frame) for frame in (old, reread, new))
    declared = by_column(metrics)
    owners = [declared[name].column if name in declared else name for name in model.columns]
    moved = (shares[1] - shares[0]).T.groupby(owners, sort=False).sum().T
    known = ~np.isnan(said) & ~np.isnan(now)
    # What is published and what the model says of the stored inputs agree but for digits.
    model_part = (of_old - said) + (now - of_new)
    return Move(
        measure=measure,
        before=ends[0],
        after=ends[1],
        total=np.where(known, now - said, np.nan),
        parts=moved,
        apart={"settings": of_reread - of_old, "model": model_part},
    )


def _overdue(scored: Scored, earlier: Earlier, accounts: pd.Index) -> BoolArray:
    """Tell which accounts have, or had, an estimate that rests on an overdue renewal."""
    now = scored.scores.set_index("account_id").loc[accounts, OVERDUE]
    then = earlier.scores.loc[accounts].get(OVERDUE)
    told = now.notna().to_numpy(dtype=bool)
    return told if then is None else np.asarray(told | then.notna().to_numpy(dtype=bool))


def _of_overdue(move: Move, overdue: BoolArray) -> Move:
    """Return a move that is one part where a renewal is overdue: two questions were answered."""
    apart = {kind: np.where(overdue, 0.0, size) for kind, size in move.apart.items()}
    parts = move.parts.mul(np.where(overdue, 0.0, 1.0), axis=0)
    whole = np.where(overdue, move.total, 0.0)
    return replace(move, parts=parts, apart={**apart, "overdue": whole})


def _health(scored: Scored, earlier: Earlier, accounts: pd.Index) -> tuple[Move, FloatArray]:
    """Return the move of the health score, and what it was then by the scorecard of today."""
    basis = scored.basis
    before, after = _ends(scored, earlier, "chs", accounts)
    read = _read_again(earlier, accounts, scored)
    losses = _by_account(basis.losses).loc[accounts]
    lost = read.losses.droplevel("as_of").reindex(columns=losses.columns, fill_value=0.0)
    measured = [100.0 - frame.sum(axis=1).to_numpy(dtype=float) for frame in (lost, losses)]
    stored = earlier.inputs.loc[accounts, "chs_measured"].to_numpy(dtype=float)
    again = read.scores["chs"].to_numpy(dtype=float)
    same = (earlier.scores.loc[accounts, "settings_hash"] == basis.config.digest).to_numpy()
    # By the same scorecard what was limited then is known: a feed that was lost limits, too.
    limited = np.where(same, before - stored, again - measured[0])
    then = np.where(same, before, again)
    total = after - before
    move = Move(
        measure="chs",
        before=before,
        after=after,
        total=np.where(np.isnan(then), np.nan, total),
        parts=lost - losses,
        apart={
            "settings": measured[0] + limited - before,
            "limits": (after - measured[1]) - limited,
        },
    )
    return move, then


def _read_again(earlier: Earlier, accounts: pd.Index, scored: Scored) -> Health:
    config = scored.basis.config
    stored = earlier.inputs.loc[accounts].set_index("as_of", append=True)
    return score_health(features_from(stored, config.metrics), config.scorecard)


def _maturity(scored: Scored, earlier: Earlier, accounts: pd.Index) -> tuple[Move, FloatArray]:
    """Return the move of the maturity index, and what it was then by the rubric of today."""
    rubric = scored.basis.config.rubric
    before, after = _ends(scored, earlier, "cmi", accounts)
    columns = [f"cmi_{name}" for name in rubric.categories]
    now = scored.scores.set_index("account_id").loc[accounts]
    old, new = (
        frame.reindex(columns=columns).to_numpy(dtype=float)
        for frame in (earlier.scores.loc[accounts], now)
    )
    same = (earlier.scores.loc[accounts, "settings_hash"] == scored.basis.config.digest).to_numpy()
    share_then, share_now = _shares(old, rubric), _shares(new, rubric)
    again = np.nansum(share_then * np.nan_to_num(old), axis=1)
    then = np.where(same | np.isnan(before), before, again)
    # Around the index then, so that a category that becomes known moves it by what it adds.
    moved = share_now * np.nan_to_num(new - then[:, None])
    moved -= share_then * np.nan_to_num(old - then[:, None])
    total = after - before
    left = total - (then - before) - moved.sum(axis=1)
    # The index is rounded far beyond what anybody reads; so is what is left here.
    moved[:, 0] += np.where(np.isnan(left), 0.0, left)
    parts = pd.DataFrame(moved, index=accounts, columns=list(rubric.categories))
    return Move("cmi", before, after, total, parts, {"settings": then - before}), then


def _shares(levels: FloatArray, rubric: Rubric) -> FloatArray:
    """Return what each known category weighs in the index, adding up to 1."""
    weight = np.array([part.weight for part in rubric.categories.values()], dtype=float)
    known = ~np.isnan(levels) * weight
    total = known.sum(axis=1, keepdims=True)
    return np.asarray(known / np.where(total > 0, total, 1.0))


def _ends(
    scored: Scored, earlier: Earlier, column: str, accounts: pd.Index
) -> tuple[FloatArray, FloatArray]:
    now = scored.scores.set_index("account_id")
    before, after = (
        frame.loc[accounts, column].to_numpy(dtype=float) for frame in (earlier.scores, now)
    )
    return before, after


def _by_account(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.droplevel("as_of")


def _log_odds(p: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))
