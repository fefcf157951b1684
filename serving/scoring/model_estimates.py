"""What the trained models say of accounts, worked out while other things are put into words."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.errors import ArtifactError
from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from ...training.models.calibration import sigmoid
from ...training.registry.artifact import FittedModel

__all__ = ["Estimate", "check_inputs", "estimated"]


_SCORES = ("chs", "cmi", "cmi_coverage")


def check_inputs(model: FittedModel | None, metrics: tuple[Metric, ...]) -> None:
    """Refuse a model that reads metrics nobody declares any more.

    Parameters
    ----------
    model : FittedModel or None
        Nothing to check where there is none.
    metrics : tuple of Metric
        All that are declared.

    Raises
    ------
    ArtifactError
        If one of its columns belongs to no metric.

    Examples
    --------
    >>> check_inputs(None, ())
    """
    if model is None:
        return
    declared = by_column(metrics)
    missing = [name for name in model.columns if name not in declared and name not in _SCORES]
    if missing:
        raise ArtifactError(
            f"The model for {model.target!r} reads {missing}, which no declared metric gives. Name "
            "the module of your own metrics in the setting `metrics`, or train the model again."
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one model says of all rows; asking for it waits until it is there.

    Parameters
    ----------
    p : callable
        Returns calibrated probabilities, shape (n_rows,).
    contributions : callable
        Returns each column's share of the log-odds, as ``FittedModel.contributions`` does.
    maturity : tuple of str
        Columns that say how mature an account is.
    """

    p: Callable[[], FloatArray]
    contributions: Callable[[], pd.DataFrame]
    maturity: tuple[str, ...] = ()

    def of_maturity(self) -> FloatArray:
        """Return what maturity adds to the log-odds, shape (n_rows,); plus raises the estimate."""
        shares = self.contributions()
        return np.asarray(shares[list(self.maturity)].to_numpy(dtype=float).sum(axis=1))

    def without_maturity(self) -> FloatArray:
        """Return the probabilities with nothing known of maturity, shape (n_rows,)."""
        log_odds = self.contributions().to_numpy(dtype=float).sum(axis=1)
        return sigmoid(log_odds - self.of_maturity())


@contextmanager
def estimated(
    models: Mapping[str, FittedModel], inputs: pd.DataFrame, *, threads: int
) -> Iterator[dict[str, Estimate]]:
    """Begin to ask models about accounts, and give what can be waited for.

    Parameters
    ----------
    models : mapping of str to FittedModel
        By target.
    inputs : DataFrame
        What they read; not to be changed before they have answered.
    threads : int
        With one, nothing is begun beside: each answer is worked out when it is asked for.

    Yields
    ------
    dict of str to Estimate
        By target, in the order of the models; the answers do not depend on the threads.

    Notes
    -----
    Kernels and LightGBM release the interpreter, so that the caller goes on meanwhile. All
    probabilities come first: they are needed first.

    Examples
    --------
    >>> with estimated({}, pd.DataFrame(), threads=2) as found:
    ...     found
    {}
    """
    p = {target: partial(model.predict_p, inputs) for target, model in models.items()}
    shares = {target: partial(model.contributions, inputs) for target, model in models.items()}
    if threads == 1:
        yield {
            target: Estimate(p[target], cache(shares[target]), model.maturity_columns)
            for target, model in models.items()
        }
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        odds = {target: pool.submit(ask).result for target, ask in p.items()}
        reasons = {target: pool.submit(ask).result for target, ask in shares.items()}
        yield {
            target: Estimate(odds[target], reasons[target], model.maturity_columns)
            for target, model in models.items()
        }
