"""Draw the pictures of the gallery on an invented company: `make gallery`."""

import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import shap

import churngrid
from churngrid.demo import build_company, write_company

HERE = Path(__file__).parent / "pictures"
ACCOUNTS, TRIED, SEED, KIND = 300, 1150, 7, "boosted"
COLOURS = {"low": "#b3261e", "medium": "#b26a00", "high": "#1b6e3c", "unknown": "#777777"}


def keep(name):
    """Write the picture that was drawn, and begin a new one."""
    plt.savefig(HERE / f"{name}.png", dpi=80, bbox_inches="tight")
    plt.close("all")


def draw_grid(scores):
    """Draw health against maturity, a mark an account, as large as its ARR."""
    known = scores.dropna(subset=["health_value", "cmi"])
    _, axes = plt.subplots(figsize=(7, 5))
    size = 8 + 200 * known["arr"].fillna(0) / known["arr"].max()
    axes.scatter(
        known["cmi"], known["health_value"], size, known["health_band"].map(COLOURS), alpha=0.7
    )
    for cut in (50, 70):
        axes.axhline(cut, color="0.8", zorder=0)
    for cut in (2.5, 3.5):
        axes.axvline(cut, color="0.8", zorder=0)
    axes.set(xlabel="maturity, 1 to 5", ylabel="health, 0 to 100", xlim=(1, 5), ylim=(0, 100))
    axes.set_title("Colour: band after caps. Size: ARR.")
    keep("grid")


def draw_reliability(backtest):
    """Draw how many left of accounts with so much probability."""
    told = backtest.reliability("churn", KIND).table.query("stratum == 'all'")
    said, came = 100 * told["estimate"], 100 * told["rate"]
    _, axes = plt.subplots(figsize=(5, 4))
    top = 105 * float(told[["estimate", "high"]].to_numpy().max())
    axes.plot([0, top], [0, top], color="0.8")
    reach = [came - 100 * told["low"], 100 * told["high"] - came]
    axes.errorbar(said, came, yerr=reach, marker="o", color="#1f4e8c", capsize=3)
    axes.set(xlabel="said, % (mean of a fifth of the decisions)", ylabel="came, %")
    axes.set_title("Predicted out of time, and what came")
    keep("reliability")


def draw_explanations(scored):
    """Draw the portfolio and one account, on log-odds and as probability."""
    explanation = scored.explanation("churn")
    shap.plots.beeswarm(explanation, max_display=12, show=False)
    plt.title("Towards churn is to the right")
    keep("beeswarm")
    riskiest = int(np.nanargmax(scored.scores["p_churn"].to_numpy(dtype=float)))
    for scale, name in (("log_odds", "waterfall"), ("probability", "waterfall_probability")):
        one = scored.explanation("churn", scale=scale)[riskiest]
        shap.plots.waterfall(one, max_display=10, show=False)
        keep(name)


def draw_effects(effects):
    """Draw what each play does to leaving, with its interval."""
    known = effects.dropna(subset=["effect_on_leaving"]).iloc[::-1]
    value = 100 * known["effect_on_leaving"]
    low, high = 100 * known["effect_on_leaving_low"], 100 * known["effect_on_leaving_high"]
    _, axes = plt.subplots(figsize=(7, 3))
    axes.axvline(0, color="0.6")
    axes.errorbar(
        value, known["play"].str.replace("_", " "), xerr=[value - low, high - value], fmt="o"
    )
    axes.set_xlabel("effect on leaving, points (left: fewer leave), 95 % interval")
    keep("effects")


def main():
    """Make a company, train, score, and draw."""
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        write_company(data, accounts=ACCOUNTS, seed=SEED)
        settings = data / "churngrid.yaml"
        settings.write_text("as_of_step: quarter\n")
        tracking = f"sqlite:///{Path(scratch) / 'mlflow.db'}"
        churngrid.train(data, settings, targets=("churn",), tracking=tracking, model_kind=KIND)
        scored = churngrid.score(data, settings, tracking=tracking).scored
        draw_grid(scored.scores)
        draw_explanations(scored)
        tried = build_company(TRIED, seed=SEED, interventions=True).tables
        draw_effects(churngrid.play_effects(tried, days=210).effects)
        kept = churngrid.backtest(data, settings, out=Path(scratch) / "bt", targets=("churn",))
        draw_reliability(kept)


if __name__ == "__main__":
    main()
