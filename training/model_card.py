"""The model card: what a model is, what it learned from, and how far to trust it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .train import Trained

__all__ = ["card_markdown", "curve_points"]


_SHOWN = ("roc_auc", "pr_auc", "log_loss", "brier")
_BINS = 10
_LARGE = 10.0
"""From here on figures are days, and stand without decimals."""


def card_markdown(trained: Trained) -> str:
    """Return the model card as Markdown.

    Parameters
    ----------
    trained : Trained

    Returns
    -------
    str
    """
    card = trained.model.card
    lines = [
        f"# {card['target']}: {card['kind']}",
        "",
        card["business"],
        "",
        f"Learned from {trained.rows:,} rows of {trained.accounts:,} accounts, "
        f"{trained.outcomes:,} of them with the outcome; base rate {trained.model.base_rate:.3f}. "
        f"Trained through {trained.model.trained_through[:10]}, on what was certain by "
        f"{trained.model.learned_until[:10]}.",
        "",
        _asked(trained),
        "",
        f"Point in time: {card['proof']}",
        "",
        "| model | " + " | ".join(_SHOWN) + " |",
        "|---" * (len(_SHOWN) + 1) + "|",
        *(_row(name, scorers) for name, scorers in card["scorers"].items()),
        "",
        *_marks(trained),
        *_reliability(trained),
        *_shown_band(trained),
        *_axes(trained),
        *_forecast(trained),
        f"- {card['stability']}",
        *_tuned(card.get("tuned")),
        *(f"- {warning}" for warning in trained.warnings),
    ]
    return "\n".join(lines)


def _tuned(parameters: Mapping[str, Any] | None) -> list[str]:
    """Say what a search chose, and on which rows no figure rests."""
    if not parameters:
        return []
    told = ", ".join(f"{name} {value}" for name, value in parameters.items())
    return [
        f"- Parameters of the boosted model were tuned ({told}); figures are of later dates only."
    ]


def curve_points(trained: Trained) -> dict[str, list[dict[str, float]]]:
    """Return the calibration curve of the out-of-time predictions.

    Parameters
    ----------
    trained : Trained

    Returns
    -------
    dict
        ``calibration``: mean predicted and observed rate per tenth of the predictions.
    """
    table = trained.backtest.predictions
    shipped = table[table["shipped"]].sort_values("p", kind="stable").reset_index(drop=True)
    tenth = shipped.index * _BINS // max(len(shipped), 1)
    means = shipped.groupby(tenth)[["p", "label"]].mean()
    points = [
        {"predicted": float(predicted), "observed": float(observed)}
        for predicted, observed in zip(means["p"], means["label"], strict=True)
    ]
    return {"calibration": points}


def _asked(trained: Trained) -> str:
    """Say what the model answers."""
    model = trained.model
    days = f"in the {model.horizon_days} days from day {model.lead_days} on"
    if model.target == "churn":
        return (
            "Asked is whether an account leaves at its next decision; of one that has none, or one "
            f"with every month, whether it leaves {days}. A decision counts once, however often it "
            "was looked at."
        )
    asked = "cuts back and stays" if model.target == "contraction" else "grows"
    return f"Asked is whether an account {asked} {days}."


def _reliability(trained: Trained) -> list[str]:
    """Put estimates beside what came, out of time."""
    rows = trained.model.card.get("reliability") or []
    if not rows:
        return []
    return [
        "Out of time, what was estimated beside what came, by how many days the decision was away; "
        "a decision counts once, the interval (95 %) is that of the rate:",
        "",
        "| days ahead | rows | decisions | estimate | came | interval |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['stratum']} | {row['rows']:,} | {row['decisions']:.0f} | "
            f"{row['estimate']:.3f} | {row['rate']:.3f} | {row['low']:.3f} to {row['high']:.3f} |"
            for row in rows
        ),
        "",
    ]


def _marks(trained: Trained) -> list[str]:
    """Say how good estimates were so long before a deadline, each decision once."""
    told = trained.model.card.get("marks") or []
    if not told:
        return []
    by_mark: dict[str, dict[str, Any]] = {}
    for one in told:
        by_mark.setdefault(one["mark"], {})[one["scorer"]] = one
    return [
        "Renewal mode: each decision once, by its newest estimate so many days before the deadline "
        "(95 % interval):",
        "",
        "| days before | " + " | ".join(_SHOWN) + " |",
        "|---" * (len(_SHOWN) + 1) + "|",
        *(
            f"| {mark} | " + " | ".join(_interval(found.get(name)) for name in _SHOWN) + " |"
            for mark, found in by_mark.items()
        ),
        "",
    ]


def _shown_band(trained: Trained) -> list[str]:
    """Say what the bands would have shown of past dates, and what came as a surprise."""
    shown = trained.model.card.get("shown_band") or {}
    known = [one for one in shown.get("criteria", ()) if one["value"] is not None]
    if not known:
        return []
    paid = shown["surprise_arr"]
    money = "" if paid is None else f", who paid {paid:,.0f} a year"
    return [
        "What bands by the estimate would have shown on past dates, out of time and with the caps "
        f"of the scorecard; {shown['surprises']:,} accounts left that were green shortly "
        f"before{money}:",
        "",
        "| what | value (95 % interval) |",
        "|---|---|",
        *(f"| {one['meaning']} | {_interval(one)} |" for one in known),
        "",
    ]


def _interval(told: Mapping[str, Any] | None) -> str:
    """Write a figure with its bounds; nothing where there is none."""
    if told is None:
        return ""
    digits = 3 if abs(told["value"]) < _LARGE else 0
    low, high = told["low"], told["high"]
    bounds = "" if low is None or high is None else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{told['value']:.{digits}f}{bounds}"


def _axes(trained: Trained) -> list[str]:
    """Say how far the axes of the grid go together, where that can be told."""
    axes = trained.axes
    if axes is None or np.isnan(axes.spearman):
        return []
    return [
        f"- Health axis (the estimate without maturity) and maturity: rank correlation "
        f"{axes.spearman:.2f} over {axes.accounts:,} accounts of the newest date.",
    ]


def _forecast(trained: Trained) -> list[str]:
    """Say how good forecasts of the book would have been, where any is over."""
    tried = trained.model.card.get("forecast") or []
    if not tried:
        return []
    return [
        "",
        "Forecasts made on earlier dates with this history, held against what came; points are "
        "percentage points, a range is meant to hold 80 of 100:",
        "",
        "| retention | quarters ahead | forecasts | inside the range | bias | mean distance |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['measure'].upper()} | {row['ahead'] or 'all'} | {row['forecasts']} | "
            f"{100 * row['inside']:.0f} % | {row['bias']:+.1f} | {row['off']:.1f} |"
            for row in tried
        ),
        "",
    ]


def _row(name: str, scorers: dict[str, list[float | None]]) -> str:
    values = [scorers.get(scorer, [None])[0] for scorer in _SHOWN]
    cells = ["" if value is None else f"{value:.3f}" for value in values]
    return f"| {name} | " + " | ".join(cells) + " |"
