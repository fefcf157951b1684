"""The columns of drift as it is stored, and of what monitoring tells."""

from ...training.dataset.targets import TARGETS
from .result_column import flag, number, text, time, whole

__all__ = ["DRIFT", "FORECASTS_HELD", "MONITORED", "RUNS"]

DRIFT = (
    time("as_of", meaning="Date of the scoring."),
    text("target", meaning="Model that reads it.", choices=tuple(TARGETS)),
    text("input", meaning="The input."),
    number(
        "moved",
        meaning="Largest difference of the shares of values up to any size, from training.",
        low=0,
        high=1,
        null="without values on one side",
    ),
    number("missing_then", meaning="Share without a value in training.", low=0, high=1),
    number(
        "missing_now", meaning="Share without a value now.", low=0, high=1, null="nobody is scored"
    ),
)
"""How far each input lay from training when it was scored: one row an input."""

_OPEN = "none of its estimates has a certain outcome"
_ONE = "nobody left, or everybody"

RUNS = (
    time("as_of", meaning="Date of the scoring."),
    text("model_version", meaning="Versions of its models; empty without."),
    whole("accounts", meaning="Accounts listed.", low=0),
    whole("estimated", meaning="Of them those with an estimate of leaving.", low=0),
    whole(
        "hindsight",
        meaning="Estimates by models that had learned from later dates; none of them counts.",
        low=0,
    ),
    number("mean_p", meaning="Their mean estimate.", low=0, high=1, null="nobody has one"),
    number("base_rate", meaning="Rate in training.", low=0, high=1, null="no model"),
    time(
        "reference",
        meaning="First scoring by these models that was no hindsight; others are held against it.",
        null="all of them were hindsight until then",
    ),
    number(
        "score_psi",
        meaning="Population stability of the estimates that are no hindsight.",
        low=0,
        null="too few",
    ),
    number(
        "score_moved",
        meaning="Largest difference of the shares of estimates up to any size.",
        low=0,
        high=1,
        null="too few",
    ),
    whole("inputs", meaning="Inputs of the model of leaving whose drift was stored.", low=0),
    whole("inputs_moved", meaning="Of them those that lie far from training.", low=0),
    whole("inputs_missing", meaning="Of them those that many more accounts lack.", low=0),
    text("worst_inputs", meaning="Those that moved most, joined by `|`."),
    text("feeds_wrong", meaning="Tables that were silent, broken or gone, joined by `|`."),
    whole("closed", meaning="Estimates whose outcome is certain by now.", low=0),
    text("open_because", meaning="Why none is closed; empty where some are."),
    whole("left", meaning="Of them those who left.", low=0),
    number("expected", meaning="How many the estimates had expected.", low=0, null=_OPEN),
    number("expected_low", meaning="Fewest that chance explains, 95 %.", null=_OPEN),
    number("expected_high", meaning="Most that chance explains, 95 %.", null=_OPEN),
    number("roc_auc", meaning="How well they ranked.", low=0, high=1, null=_ONE),
    number("log_loss", meaning="How surprising the outcomes were.", low=0, null=_OPEN),
    number("log_loss_base", meaning="The same for the base rate alone.", low=0, null=_OPEN),
    whole("surprises", meaning="Accounts that left out of high health.", low=0),
    number("arr_expected", meaning="ARR that the estimates had expected to leave.", null=_OPEN),
    number("arr_left", meaning="ARR of those who left.", null=_OPEN),
)
"""One row a stored scoring."""

FORECASTS_HELD = (
    time("as_of", meaning="Date of the scoring."),
    text("period", meaning="Calendar period that is over."),
    number("leaving", meaning="ARR that was forecast to decide to leave in it.", null="nothing"),
    number("leaving_low", meaning="Lower end of its range.", null="nothing"),
    number("leaving_high", meaning="Upper end of its range.", null="nothing"),
    number("came", meaning="ARR, as it was then, of those who decided to leave in it."),
    flag("inside", meaning="Whether that lies in the range."),
)
"""Forecasts that were stored, beside what came."""

MONITORED = {"runs": RUNS, "forecasts": FORECASTS_HELD}
"""What ``churngrid monitor`` tells."""
