"""Learn from a flat table: test all competitors, fit the one that ships, say what came out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..evaluation.scorers import SEED, paired_difference
from ..models.catalogue import model_named
from ..registry.artifact import FittedModel
from ..registry.promotion import Decision, Rivalry, decide
from .table import FlatShape, FlatTable, scoring_table
from .trial import FlatTrial, flat_trial

__all__ = ["FlatTrained", "learn_flat", "promote_flat", "shape_of"]

_FLAT = "flat"


@dataclass(frozen=True, slots=True)
class FlatTrained:
    """A model of a flat table and what is known of its quality.

    Parameters
    ----------
    model : FittedModel
        Its card says how the table was read.
    trial : FlatTrial
    warnings : tuple of str
        What a reader must know; above all which columns were treated how, and why.
    """

    model: FittedModel
    trial: FlatTrial
    warnings: tuple[str, ...]


def learn_flat(
    table: FlatTable,
    *,
    kind: str | None = None,
    monotone: dict[str, int] | None = None,
    progress: Callable[[str], None] | None = None,
) -> FlatTrained:
    """Test all competitors on a flat table, and fit the one that ships on all rows.

    Parameters
    ----------
    table : FlatTable
    kind : str, optional
        Ship this model whatever comes out.
    monotone : dict of str to int, optional
        Inputs whose direction is declared: 1 raises the outcome, -1 lowers it.
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    FlatTrained

    Raises
    ------
    SchemaError
        If there are too few customers of one outcome.
    """
    trial = flat_trial(table, kind=kind, monotone=monotone, progress=progress)
    if progress:
        progress(f"fit {trial.kind}")
    fitted = (
        model_named(trial.kind)
        .build()
        .fit(table.X, table.y, groups=table.ids, monotone=monotone or {}, roles={})
    )
    through = "" if table.dates is None else table.dates.max().isoformat()
    model = FittedModel(
        target="churn",
        model=fitted,
        base_rate=float(table.y.mean()),
        lead_days=0,
        horizon_days=0,
        trained_through=through,
        components=dict.fromkeys(fitted.encoding.names, "table"),
        card=_card(table, trial),
    )
    return FlatTrained(model, trial, _warnings(table, trial))


def shape_of(model: FittedModel) -> FlatShape | None:
    """Return how the table of a model was read; None if it was not trained on a flat table."""
    stored = model.card.get(_FLAT)
    return None if stored is None else FlatShape.from_dict(stored)


def promote_flat(
    trained: FlatTrained, frame: pd.DataFrame, champion: FittedModel | None
) -> Decision:
    """Decide the alias of a model of a flat table, on evidence only.

    Parameters
    ----------
    trained : FlatTrained
    frame : DataFrame
        The table it learned from.
    champion : FittedModel or None

    Returns
    -------
    Decision
        Against a champion only rows count that are dated after everything it learned from.
    """
    rows = trained.trial.predictions
    rows = rows[rows["scheme"] == trained.trial.scheme]
    shipped, base = rows[rows["shipped"]], rows[rows["model"] == "base_rate"]
    if trained.trial.kind == "base_rate":
        return Decision("challenger", "It is the base rate itself: nothing was better.")
    over_base = _gain(shipped, base["p"].to_numpy())
    return decide(over_base, _rivalry(champion, frame, shipped, base))


def _rivalry(
    champion: FittedModel | None, frame: pd.DataFrame, shipped: pd.DataFrame, base: pd.DataFrame
) -> Rivalry | None:
    if champion is None:
        return None
    shape = shape_of(champion)
    if shape is None or not set(shape.inputs) <= set(map(str, frame.columns)):
        return Rivalry(usable=False)
    if not champion.trained_through or shipped["as_of"].isna().all():
        return Rivalry()
    through = pd.Timestamp(champion.trained_through)
    newer = (pd.to_datetime(shipped["as_of"], utc=True) > through).to_numpy()
    later = shipped[newer]
    if later["label"].nunique() < 2:
        return Rivalry()
    X, ids, dates = scoring_table(frame, shape)
    known = pd.DataFrame({"account_id": ids, "as_of": dates, "old": champion.predict_p(X)})
    known = known.drop_duplicates(["account_id", "as_of"])
    both = later.merge(known, on=["account_id", "as_of"], how="left")
    return Rivalry(
        gain=_gain(later, both["old"].to_numpy()),
        over_base=_gain(later.assign(p=both["old"].to_numpy()), base[newer]["p"].to_numpy()),
    )


def _gain(rows: pd.DataFrame, other: np.ndarray) -> Any:
    return paired_difference(
        rows["label"].to_numpy(),
        rows["p"].to_numpy(),
        other,
        groups=rows["account_id"].to_numpy(dtype=object),
        seed=SEED,
    )


def _card(table: FlatTable, trial: FlatTrial) -> dict[str, Any]:
    """Return what the model card says, as plain values."""
    shown = trial.scorers[trial.scorers["scheme"] == trial.scheme]
    return {
        "target": "churn",
        "kind": trial.kind,
        "notice": trial.notice,
        "business": _business(table),
        "proof": f"Figures are {trial.scheme.replace('_', ' ')}.",
        "rate": float(table.y.mean()),
        "scorers": {
            str(model): {
                scorer: [None if np.isnan(number) else float(number) for number in numbers]
                for scorer, *numbers in part[["scorer", "value", "low", "high"]].to_numpy()
            }
            for model, part in shown.groupby("model", sort=False)
        },
        _FLAT: table.shape.as_dict(),
    }


def _business(table: FlatTable) -> str:
    shape = table.shape
    what = f"One row a customer; the outcome is `{shape.target}` = {shape.positive!r}"
    when = f", rows dated by `{shape.date}`." if shape.date else ", without dates."
    return what + when


def _warnings(table: FlatTable, trial: FlatTrial) -> tuple[str, ...]:
    said = [_business(table)]
    if trial.notice:
        said.append(trial.notice)
    if table.shape.date is None:
        said.append(
            "Figures are out of fold: rows have no date, so how the model does on later customers "
            "is not known, nor until when the outcome counts. Name a column with `--date`."
        )
    if table.unlabelled:
        said.append(f"{table.unlabelled:,} rows have no flag and were not learned from.")
    said += [column.says for column in table.shape.columns if column.says]
    return tuple(said)
