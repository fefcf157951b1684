"""What benchmarks/explanations.py compares: one function an explainer, model and rows in."""

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np


@dataclass(frozen=True)
class Explainer:
    """One way to explain rows.

    Parameters
    ----------
    run : callable
        Booster and rows in, SHAP values without the base out.
    what : str
    most_rows : int
        More are not run, but scaled up.
    agrees_to : float
        Largest difference that passes; the values themselves decide, not the time.
    prepared : callable
        Imports, outside the clock.
    """

    run: Callable[[lgb.Booster, np.ndarray], np.ndarray]
    what: str
    most_rows: int
    agrees_to: float
    prepared: Callable[[], object]


def by_churngrid(booster: lgb.Booster, rows: np.ndarray) -> np.ndarray:
    """Explain by the project's kernel, reading the trees and filling the tables included."""
    from churngrid.training.models.bag_members import Members

    return Members([booster]).contributions(rows, n_jobs=2)[:, :-1]


def by_lightgbm(booster: lgb.Booster, rows: np.ndarray) -> np.ndarray:
    """Explain by LightGBM itself."""
    return np.asarray(booster.predict(rows, pred_contrib=True, num_threads=2))[:, :-1]


def by_shap(booster: lgb.Booster, rows: np.ndarray) -> np.ndarray:
    """Explain by shap, path-dependent."""
    import shap

    return np.asarray(shap.TreeExplainer(booster).shap_values(rows)).reshape(rows.shape)


def by_woodelf(booster: lgb.Booster, rows: np.ndarray) -> np.ndarray:
    """Explain by woodelf-explainer, path-dependent."""
    import pandas as pd
    from woodelf import WoodelfExplainer

    frame = pd.DataFrame(rows, columns=booster.feature_name())
    return np.asarray(WoodelfExplainer(booster).shap_values(frame)).reshape(rows.shape)


def _import_churngrid() -> object:
    import churngrid.training.members as members

    return members


def _import_shap() -> object:
    import shap

    return shap


def _import_woodelf() -> object:
    import woodelf

    return woodelf


EXPLAINERS = {
    "churngrid": Explainer(
        by_churngrid,
        "`Members.contributions`: text read, trees cut, tables filled and looked up",
        10**9,
        1e-9,
        _import_churngrid,
    ),
    "pred_contrib": Explainer(
        by_lightgbm, "LightGBM's own, two threads: the reference", 2_000, 0.0, lambda: None
    ),
    "shap": Explainer(by_shap, "`shap.TreeExplainer`, path-dependent", 2_000, 1e-9, _import_shap),
    "woodelf": Explainer(
        by_woodelf, "`woodelf-explainer`, path-dependent", 10**9, 1e-4, _import_woodelf
    ),
}
