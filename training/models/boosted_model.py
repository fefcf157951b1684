"""``ChurnClassifier`` among the competitors: with the methods all models have."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from .bag import TreeShape
from .bag_members import Members
from .booster_text import check_booster_text
from .classifier import ChurnClassifier
from .curves import Curve, Curves
from .design_matrix import Encoding
from .linear import check_labels, model_inputs
from .stored_state import BoostedState, StoredCurve
from .unknown_cells import StandIns

__all__ = ["Additive", "Boosted"]

_THREADS = 2
"""Also where a model is read back, on a machine of any size; the result does not depend on it."""


class Boosted:
    """``ChurnClassifier`` on all metrics.

    Parameters
    ----------
    **settings
        Parameters of ``ChurnClassifier``; its defaults by default. Only ``fit`` needs them.

    Attributes
    ----------
    encoding : Encoding
        Columns it reads, in the order of its contributions, and their levels.
    classifier : ChurnClassifier
    oof_log_odds : ndarray of float or None
    """

    kind: ClassVar[str] = "boosted"

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.encoding = Encoding((), ())
        self.classifier = ChurnClassifier(n_jobs=_THREADS)
        self.oof_log_odds: FloatArray | None = None

    def fit(
        self,
        X: pd.DataFrame,
        y: IntArray,
        *,
        groups: npt.NDArray[Any],
        monotone: Mapping[str, int],
        roles: Mapping[str, str],
        weight: FloatArray | None = None,
    ) -> Self:
        """Learn from all columns but those under reserved roles."""
        labels = check_labels(y)
        names = model_inputs(X, roles)
        inputs = X[list(names)]
        signs = {name: monotone[name] for name in names if monotone.get(name)}
        classifier = ChurnClassifier(
            monotone=signs or None,
            level_by=roles.get("distance"),
            n_jobs=_THREADS,
            **self.settings,
        )
        self.classifier = classifier.fit(inputs, labels, groups, weight)
        self.encoding = self.classifier.encoding_
        self.oof_log_odds = self.classifier.oof_log_odds_
        return self

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated log-odds, shape (n_rows,); plus points to the outcome."""
        if len(X) == 0:
            return np.empty(0)
        return self.classifier.decision_function(X[list(self.encoding.names)])

    def contributions(self, X: pd.DataFrame) -> FloatArray:
        """Return exact SHAP values, shape (n_rows, n_columns + 1), the base last."""
        if len(X) == 0:
            return np.empty((0, len(self.encoding.names) + 1))
        return self.classifier.contributions(X[list(self.encoding.names)])

    def shifted(self, delta: float) -> Self:
        """Return a copy whose log-odds are higher by ``delta`` everywhere."""
        moved = type(self)(**self.settings)
        moved.encoding, moved.classifier = self.encoding, self.classifier.shifted(delta)
        moved.oof_log_odds = None if self.oof_log_odds is None else self.oof_log_odds + delta
        return moved

    def to_state(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return columns, levels and calibration; the boosters as LightGBM texts."""
        fitted, stand_ins = self.classifier, self.classifier.stand_ins_
        data = {
            "columns": list(self.encoding.names),
            "levels": [None if v is None else list(v) for v in self.encoding.levels],
            "slope": fitted.slope_,
            "intercept": fitted.intercept_,
            "base_rate": fitted.base_rate_,
            "curves": _curves_out(fitted.curves_),
            "stand_ins": [
                [None if np.isnan(x) else x for x in row] for row in stand_ins.rows.tolist()
            ],
            "gaps": stand_ins.gaps.tolist(),
        }
        return data, fitted.boosters_.texts

    @classmethod
    def from_state(cls, data: Mapping[str, Any], texts: Sequence[str]) -> Self:
        """Return the model that ``to_state`` described; ValueError if it describes none."""
        stored = BoostedState.model_validate(data)
        model = cls()
        levels = tuple(None if v is None else tuple(v) for v in stored.levels)
        model.encoding = Encoding(tuple(stored.columns), levels)
        if not texts:
            raise ValueError("a boosted model needs at least one booster")
        for text in texts:
            check_booster_text(text, len(stored.columns), set(model.encoding.categorical))
        fitted = model.classifier
        fitted.encoding_ = model.encoding
        fitted.boosters_ = Members.stored(texts)
        fitted.slope_, fitted.intercept_ = stored.slope, stored.intercept
        fitted.base_rate_ = stored.base_rate
        fitted.curves_ = _curves_in(stored.curves)
        rows = np.array(stored.stand_ins, dtype=np.float64)
        fitted.stand_ins_ = StandIns(rows, np.array(stored.gaps, dtype=np.bool_))
        fitted.classes_ = np.array([0, 1])
        fitted.n_features_in_ = len(model.encoding.names)
        fitted.feature_names_in_ = np.array(model.encoding.names, dtype=object)
        return model


class Additive(Boosted):
    """The same from trees of one split: each column for itself, and no combinations."""

    kind: ClassVar[str] = "additive"

    def __init__(self, **settings: Any) -> None:
        stump = TreeShape(num_leaves=2, min_rows=30, column_share=0.5, ridge=5.0)
        super().__init__(**{"max_depth": 1, "shapes": (stump,), **settings})


def _curves_out(curves: Curves | None) -> list[dict[str, Any]] | None:
    if curves is None:
        return None
    return [
        {
            "knots": list(curve.knots),
            "heights": list(curve.heights),
            "missing": curve.missing,
            "level": curve.level,
        }
        for curve in curves.columns
    ]


def _curves_in(stored: Sequence[StoredCurve] | None) -> Curves | None:
    if stored is None:
        return None
    columns = (Curve(tuple(c.knots), tuple(c.heights), c.missing, c.level) for c in stored)
    return Curves(0.0, tuple(columns))
