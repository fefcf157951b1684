"""Which competitor ships: the amount of history limits, what came out of time chooses."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ..models.catalogue import Model, SizeGate, gate

__all__ = ["Choice", "choose", "competing", "gate_of"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The competitor that ships.

    Parameters
    ----------
    kind : str
        Name of the model.
    notice : str
        Why it is not the full model; empty if it is.
    """

    kind: str
    notice: str


def gate_of(y: IntArray, parents: npt.NDArray[np.object_]) -> SizeGate:
    """Return how much model so many independent outcomes support.

    An account that stayed on one date and left on a later one has given evidence of both.

    Parameters
    ----------
    y : ndarray of int, shape (n_rows,)
    parents : ndarray of str, shape (n_rows,)

    Returns
    -------
    SizeGate
    """
    return gate(len(set(parents[y == 1])), len(set(parents[y == 0])))


def competing(
    models: tuple[Model, ...], allowed: SizeGate, kind: str | None = None
) -> tuple[Model, ...]:
    """Return the models that take part: none beside the one it stands in for.

    Parameters
    ----------
    models : tuple of Model
    allowed : SizeGate
    kind : str, optional
        One that takes part whatever the history supports.

    Returns
    -------
    tuple of Model

    Examples
    --------
    >>> from churngrid.training.models.catalogue import MODELS
    >>> full, middle = competing(MODELS, gate(200, 500)), competing(MODELS, gate(60, 90))
    >>> [model.name for model in middle if model not in full]
    ['additive']
    """
    return tuple(model for model in models if allowed.asks(model) or model.name == kind)


def choose(predictions: pd.DataFrame, competitors: tuple[Model, ...], allowed: SizeGate) -> Choice:
    """Return what ships: of the competitors that the history supports, the best out of time.

    Parameters
    ----------
    predictions : DataFrame
        ``model``, ``account_id``, ``label``, ``weight``, ``p`` of all competitors on the same rows
        in the same order.
    competitors : tuple of Model
    allowed : SizeGate

    Returns
    -------
    Choice
        The one of the least log-loss, or the steady one of the size gate where that is better than
        the base rate and the least is not lower by more than a standard error; the base rate
        itself where nothing was better.

    Examples
    --------
    >>> from churngrid.training.models.catalogue import MODELS
    >>> said = {"base_rate": [0.5] * 4, "logistic": [0.4, 0.6, 0.6, 0.4]}
    >>> rows = pd.DataFrame(
    ...     [(m, i, y, p) for m, ps in said.items() for i, y, p in zip("abcd", [1, 0, 0, 1], ps)],
    ...     columns=["model", "account_id", "label", "p"],
    ... ).assign(weight=1.0)
    >>> choose(rows, MODELS, gate(60, 90)).kind
    'base_rate'
    """
    said = {str(name): part for name, part in predictions.groupby("model", sort=False)}
    losses = {name: _loss(part) for name, part in said.items()}
    open_to = {m.name: m for m in competitors if m.name in losses and allowed.admits(m)}
    best, steady = min(open_to, key=lambda name: losses[name]), allowed.steady
    if steady in open_to and losses[steady] < losses["base_rate"]:
        best = best if _clearly_better(said[best], said[steady]) else steady
    return Choice(best, _notice(open_to[best], allowed, losses))


def _loss(part: pd.DataFrame) -> float:
    return float(np.average(_losses(part), weights=part["weight"]))


def _losses(part: pd.DataFrame) -> FloatArray:
    p, y = part["p"].to_numpy(dtype=np.float64), part["label"].to_numpy(dtype=np.float64)
    return np.asarray(-(y * np.log(p) + (1 - y) * np.log1p(-p)))


def _clearly_better(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Say whether the first loses less by more than a standard error, accounts counted."""
    gain = one["weight"].to_numpy(dtype=np.float64) * (_losses(other) - _losses(one))
    of_account = pd.Series(gain).groupby(one["account_id"].to_numpy()).sum().to_numpy()
    return bool(of_account.sum() > np.sqrt(of_account @ of_account))


def _notice(best: Model, allowed: SizeGate, losses: dict[str, float]) -> str:
    if best.name == allowed.kind:
        return allowed.notice
    told = [allowed.notice] if allowed.notice else []
    if best.name == "base_rate":
        told.append(
            "Nothing was better out of time than the base rate, so it ships: the probability is "
            "the same for every account and says nothing of any."
        )
    elif best.name == allowed.steady:
        told.append(
            f"{best.name} ships: no other one was better out of time by more than noise "
            f"(log-loss {losses[best.name]:.4f}, base rate {losses['base_rate']:.4f})."
        )
    elif allowed.kind != "rule":
        told.append(
            f"{best.name} ships because it was the best of those out of time "
            f"(log-loss {losses[best.name]:.4f}, base rate {losses['base_rate']:.4f})."
        )
    return " ".join(told)
