"""A flat table scored: every customer's probability, the reasons, and the plays mapped to them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.errors import ArtifactError
from ...features.schema.flat_settings import FlatSettings
from ...features.short_view import ShortView
from ...training.flat.columns import numbers_in
from ...training.flat.learn import shape_of
from ...training.flat.table import FlatShape, flags_of, scoring_table
from ...training.registry.artifact import BASE, FittedModel
from .plays import flat_plays
from .reasons import flat_reasons

__all__ = ["FlatScored", "score_flat"]

_MONTHS = {"month": 12.0, "year": 1.0}


@dataclass(frozen=True, slots=True, repr=False)
class FlatScored(ShortView):
    """The result of scoring a flat table.

    Parameters
    ----------
    scores : DataFrame
        One row a customer, the likeliest to leave first (weighed with the money where there is
        any).
    drivers : DataFrame
        The reasons.
    plays : DataFrame
    contributions : DataFrame
        SHAP values on log-odds in the order of ``scores``, one column an input and ``base``.
    inputs : DataFrame
        What the model read, in the same order.
    notes : tuple of str
    """

    scores: pd.DataFrame
    drivers: pd.DataFrame
    plays: pd.DataFrame
    contributions: pd.DataFrame
    inputs: pd.DataFrame
    notes: tuple[str, ...]

    def _line(self) -> str:
        return f"{len(self.scores):,} customers, {len(self.plays):,} plays"

    def _table(self) -> pd.DataFrame:
        return self.scores


def score_flat(
    frame: pd.DataFrame, model: FittedModel, settings: FlatSettings, as_of: pd.Timestamp
) -> FlatScored:
    """Score every customer of a flat table.

    Parameters
    ----------
    frame : DataFrame
        The flag may be missing; who is flagged as gone is not listed. Where rows are dated, the
        newest of each customer counts.
    model : FittedModel
        Trained on a flat table.
    settings : FlatSettings
    as_of : Timestamp
        Date that the results are stored under.

    Returns
    -------
    FlatScored

    Raises
    ------
    ArtifactError
        If the model was not trained on a flat table.
    SchemaError
        If a column that the model reads is not there.
    """
    shape = shape_of(model)
    if shape is None:
        raise ArtifactError(
            "The champion was trained on tables of a company, not on a flat table; train one with "
            "`churngrid train FILE --target COLUMN`, or name another store with `--tracking`."
        )
    X, ids, dates = scoring_table(frame, shape)
    flags = flags_of(frame, shape)
    kept = _newest_rows(ids, dates)
    kept = kept[(flags[kept] != shape.positive).to_numpy()]
    X, ids = X.iloc[kept].reset_index(drop=True), ids[kept]
    p, shares = model.predict_p(X), model.contributions(X)
    scores = pd.DataFrame(
        {
            "account_id": ids,
            "as_of": as_of,
            "p_churn": p,
            "base_rate": model.base_rate,
            "times_base_rate": p / model.base_rate,
            "arr": _money(frame.iloc[kept], settings),
        }
    )
    scores["arr_at_risk"] = scores["arr"] * scores["p_churn"]
    scores["model_version"] = model.version[:12]
    reasons = flat_reasons(
        X,
        shares.drop(columns=BASE),
        usual=model.card.get("usual", {}),
        words=settings.columns,
        base_rate=model.base_rate,
    )
    order = _order(scores)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return FlatScored(
        scores=scores.iloc[order].assign(rank=np.arange(1, len(order) + 1)).reset_index(drop=True),
        drivers=_drivers(reasons, X, ids, as_of, place),
        plays=_plays(flat_plays(reasons, X, settings.plays), ids, as_of, place),
        contributions=shares.iloc[order].reset_index(drop=True),
        inputs=X.iloc[order].reset_index(drop=True),
        notes=_notes(scores, model, shape, flags),
    )


def _newest_rows(ids: np.ndarray, dates: pd.Series | None) -> np.ndarray:
    """Return the place of each customer's newest row, or of its last one without dates."""
    rows = pd.DataFrame({"id": ids, "date": 0 if dates is None else dates.to_numpy()})
    last = rows.sort_values("date", kind="stable").drop_duplicates("id", keep="last")
    return np.sort(last.index.to_numpy())


def _money(rows: pd.DataFrame, settings: FlatSettings) -> np.ndarray:
    if settings.money is None or settings.money not in rows.columns:
        return np.full(len(rows), np.nan)
    paid = numbers_in(rows[settings.money]).to_numpy(dtype=float)
    return np.asarray(paid * _MONTHS[settings.money_per])


def _order(scores: pd.DataFrame) -> np.ndarray:
    """Return the places of the customers: most money at risk first, else the likeliest first."""
    need = scores["arr_at_risk"].fillna(0.0) if scores["arr"].notna().any() else scores["p_churn"]
    keys = pd.DataFrame({"need": -need, "p": -scores["p_churn"], "id": scores["account_id"]})
    return keys.sort_values(["need", "p", "id"], kind="stable").index.to_numpy()


def _drivers(
    reasons: pd.DataFrame, X: pd.DataFrame, ids: np.ndarray, as_of: pd.Timestamp, place: np.ndarray
) -> pd.DataFrame:
    rows = reasons["row"].to_numpy(dtype=np.int64)
    values = [str(X[name].iloc[row]) for row, name in zip(rows, reasons["metric"], strict=True)]
    drivers = reasons.drop(columns="row").assign(
        account_id=ids[rows], as_of=as_of, target="churn", value=values, place=place[rows]
    )
    drivers = drivers.sort_values(["place", "rank"], kind="stable").drop(columns="place")
    first = ["account_id", "as_of", "target", "rank", "metric", "value"]
    return drivers[[*first, "shap", "share", "direction", "text"]].reset_index(drop=True)


def _plays(
    plays: pd.DataFrame, ids: np.ndarray, as_of: pd.Timestamp, place: np.ndarray
) -> pd.DataFrame:
    rows = plays["row"].to_numpy(dtype=np.int64)
    due = as_of + pd.to_timedelta(plays["due_days"].astype(int), unit="D")
    found = plays.assign(account_id=ids[rows], as_of=as_of, due_at=due, place=place[rows])
    found = found.sort_values("place", kind="stable")
    columns = ["account_id", "as_of", "play", "action", "owner", "due_at", "why"]
    return found[columns].reset_index(drop=True)


def _notes(
    scores: pd.DataFrame, model: FittedModel, shape: FlatShape, flags: pd.Series
) -> tuple[str, ...]:
    card = model.card
    gone, known = int((flags == shape.positive).sum()), int(flags.notna().sum())
    expected = float(scores["p_churn"].sum())
    flagged = (
        f"{gone:,} rows are flagged `{shape.target}` = {shape.positive!r} already and are not "
        "listed. The model may have learned from the others that carry a flag: of rows it has "
        "seen it is surer than of new ones."
    )
    return (
        str(card["business"]),
        f"{len(scores):,} customers; the model expects {expected:,.0f} of them to have the "
        f"outcome ({100 * expected / max(len(scores), 1):.0f} %; "
        f"{100 * model.base_rate:.0f} % in training).",
        *([flagged] if known else []),
        "One row a customer says nothing of health, maturity or the next decision; only tables "
        "with history do (docs/own-data.md).",
    )
