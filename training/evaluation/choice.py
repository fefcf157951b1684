"""Which competitor ships: the amount of history limits, what came out of time chooses."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import IntArray
from ..models.calibration import log_loss_of
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
        ``model``, ``label``, ``weight``, ``p`` of all competitors on the same rows.
    competitors : tuple of Model
    allowed : SizeGate

    Returns
    -------
    Choice
        The one of the least log-loss; the base rate itself where nothing was better.

    Examples
    --------
    >>> from churngrid.training.models.catalogue import MODELS
    >>> said = {"base_rate": [0.5] * 4, "logistic": [0.4, 0.6, 0.6, 0.4]}
    >>> rows = pd.DataFrame(
    ...     [(m, y, p) for m, ps in said.items() for y, p in zip([1, 0, 0, 1], ps)],
    ...     columns=["model", "label", "p"],
    ... ).assign(weight=1.0)
    >>> choose(rows, MODELS, gate(60, 90)).kind
    'base_rate'
    """
    losses = {str(name): _loss(part) for name, part in predictions.groupby("model", sort=False)}
    open_to = [model for model in competitors if model.name in losses and allowed.admits(model)]
    best = min(open_to, key=lambda model: losses[model.name])
    return Choice(best.name, _notice(best, allowed, losses))


def _loss(part: pd.DataFrame) -> float:
    p = part["p"].to_numpy(dtype=np.float64)
    return log_loss_of(
        np.log(p) - np.log1p(-p),
        part["label"].to_numpy(np.float64),
        part["weight"].to_numpy(np.float64),
    )


def _notice(best: Model, allowed: SizeGate, losses: dict[str, float]) -> str:
    if best.name == allowed.kind:
        return allowed.notice
    told = [allowed.notice] if allowed.notice else []
    if best.name == "base_rate":
        told.append(
            "Nothing was better out of time than the base rate, so it ships: the probability is "
            "the same for every account and says nothing of any."
        )
    elif allowed.kind != "rule":
        told.append(
            f"{best.name} ships because it was the best of those out of time "
            f"(log-loss {losses[best.name]:.4f}, base rate {losses['base_rate']:.4f})."
        )
    return " ".join(told)
