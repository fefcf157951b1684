"""Every column of every result, declared once; whatever names them elsewhere follows from here."""

from ...features.schema.bands import BANDS
from ...training.dataset.targets import TARGETS
from ...training.forecast.outlook import SURVIVAL_DAYS
from .monitoring_schema import DRIFT
from .result_column import ResultColumn, flag, number, text, time, whole
from .words import (
    BLOCKS,
    CELLS,
    CHANGE_KINDS,
    DECISION_KINDS,
    MEASURES,
    QUADRANTS,
    SLOTS,
    STATUSES,
)

__all__ = [
    "BESIDE",
    "CHANGES",
    "CHANGE_COLUMNS",
    "CRITERIA",
    "DEPARTURES",
    "DRIVERS",
    "DRIVER_COLUMNS",
    "FACTS",
    "FACT_COLUMNS",
    "FEEDS",
    "FEED_COLUMNS",
    "FLAT_RESULTS",
    "FORECAST",
    "IMPROVEMENTS",
    "IMPROVEMENT_COLUMNS",
    "INPUTS",
    "NUMBER_COLUMNS",
    "PLAYS",
    "PLAY_COLUMNS",
    "PROGRESS_COLUMNS",
    "RESERVED",
    "RESULTS",
    "SCORES",
    "TEXT_COLUMNS",
    "TIME_COLUMNS",
    "TOPICS",
]

_BANDS = (*BANDS, "unknown")
_UNSCORED = "without an estimate: no model, not a customer at risk, or notice given"
_NO_CURVE = "without an estimate of leaving; with notice given it is the chance of withdrawal"
_NO_CELL = "notice given, or nothing is known of its health"

SCORES = (
    text("account_id", meaning="The account.", page=True),
    text("account_name", meaning="Its name.", null="nobody wrote one down", page=True),
    text("csm_id", meaning="Who looks after it.", null="nobody does", page=True),
    text(
        "segment",
        meaning="Its segment on the date.",
        null="none is known",
        condition=True,
        page=True,
    ),
    time("as_of", meaning="Only facts known before this date count.", page=True),
    text(
        "status",
        meaning="Whether there is something to predict for it, and a model of leaving that does.",
        choices=STATUSES,
        condition=True,
        page=True,
    ),
    text(
        "reason",
        meaning="Why it is not scored; `in_grace` also where it is, its renewal being overdue.",
        null="it is scored, and no renewal is overdue",
        condition=True,
        page=True,
    ),
    number(
        "arr",
        meaning="What it pays a year; while a renewal is overdue, what it paid.",
        unit="money a year",
        null="no money is known",
        page=True,
    ),
    time(
        "term_end",
        meaning="When the term that binds it ends, or ended while a renewal is overdue.",
        null="no term",
        page=True,
    ),
    time(
        "notice_deadline",
        meaning="Until when it has to give notice.",
        null="no notice is needed",
        page=True,
    ),
    time(
        "decision_at",
        meaning="When it can decide to leave next.",
        null="no contract and no month binds it, or notice is given",
        page=True,
    ),
    text(
        "decision_kind",
        meaning="What that next decision is.",
        choices=DECISION_KINDS,
        null="it has no next decision",
        condition=True,
        page=True,
    ),
    flag(
        "past_deadline",
        meaning="Whether its running term can no longer be refused: the decision is of the next.",
        page=True,
    ),
    time(
        "p_by_date",
        meaning="Day up to which `p_churn` counts: its next decision, else the end of the horizon; "
        "the last day for a late renewal where it is overdue.",
        null="there is nothing to estimate for it",
        page=True,
    ),
    number(
        "p_churn",
        meaning="Calibrated probability that it leaves.",
        low=0,
        high=1,
        null=_UNSCORED,
        condition=True,
        page=True,
    ),
    number(
        "p_expand",
        meaning="Calibrated probability that it grows.",
        low=0,
        high=1,
        null=_UNSCORED,
        condition=True,
        page=True,
    ),
    number(
        "p_contract",
        meaning="Calibrated probability that it stays and cuts back.",
        low=0,
        high=1,
        null=f"{_UNSCORED}, or too few ever cut back for a model",
        condition=True,
        page=True,
    ),
    number(
        "base_rate",
        meaning="Share that left among the rows the model was trained on.",
        low=0,
        high=1,
        null="no churn model",
        page=True,
    ),
    number(
        "p_churn_health",
        meaning="`p_churn` without what its maturity adds: log-odds less `maturity_log_odds`.",
        low=0,
        high=1,
        null=_UNSCORED,
        condition=True,
    ),
    number(
        "maturity_log_odds",
        meaning="What its maturity adds to the log-odds of `p_churn`; plus raises the estimate.",
        unit="log-odds",
        null=_UNSCORED,
    ),
    number(
        "renewal_overdue_days",
        meaning="Whole days since its term ended without a renewal on file.",
        unit="days",
        low=0,
        null="no renewal is overdue, or nothing was estimated before its term ended",
        condition=True,
        page=True,
    ),
    number(
        "overdue_log_odds",
        meaning="What the overdue renewal adds to the log-odds of the estimate before the term "
        "ended, to give `p_churn`.",
        unit="log-odds",
        null="`renewal_overdue_days` is empty",
        page=True,
    ),
    flag(
        "hindsight",
        meaning="Whether a model of this scoring had learned from what happened after the date.",
    ),
    number(
        "health_index",
        meaning="Health that `p_churn_health` means: 70 at the base rate, 50 at twice that.",
        unit="points",
        low=0,
        high=100,
        null=_UNSCORED,
        condition=True,
        page=True,
    ),
    text(
        "health_band",
        meaning="Band of its health after caps, overrides and steadying.",
        choices=_BANDS,
        condition=True,
        page=True,
    ),
    text(
        "health_source",
        meaning="What its health rests on.",
        choices=("model", "scorecard", "none"),
        page=True,
    ),
    text(
        "explained_by",
        meaning="What gives its reasons, the same for every reader.",
        choices=("model", "scorecard", "none"),
        page=True,
    ),
    text(
        "explanation_note",
        meaning="Why the model does not explain it, or why nothing does; for an overdue renewal "
        "what its estimate is made of; else empty.",
        page=True,
    ),
    text("cap_reason", meaning="What limits its health; empty for nothing.", page=True),
    number(
        "override_limit",
        meaning="Highest points that a person allows it.",
        unit="points",
        low=0,
        high=100,
        null="no override limits it",
    ),
    text("override_reason", meaning="Why a person overrode; empty for no override.", page=True),
    number(
        "chs",
        meaning="Customer health score.",
        unit="points",
        low=0,
        high=100,
        null="too little is known",
        condition=True,
        page=True,
    ),
    number(
        "chs_low",
        meaning="Health score if all that is unknown were at its worst.",
        unit="points",
        low=0,
        high=100,
        null="nothing is known",
        page=True,
    ),
    number(
        "chs_high",
        meaning="Health score if all that is unknown were at its best.",
        unit="points",
        low=0,
        high=100,
        null="nothing is known",
        page=True,
    ),
    number(
        "chs_before_caps",
        meaning="Health score without caps.",
        unit="points",
        low=0,
        high=100,
        null="too little is known",
    ),
    number(
        "chs_coverage",
        meaning="Share of the scorecard's weight that is known, of what is collected and applies.",
        unit="share",
        low=0,
        high=1,
        null="nothing applies",
        condition=True,
        page=True,
    ),
    number(
        "chs_change_28d",
        meaning="Change of the health score in 28 days.",
        unit="points",
        null="no score 28 days ago",
        page=True,
    ),
    number(
        "chs_slope_84d",
        meaning="Slope of the health score over 84 days.",
        unit="points in 28 days",
        null="too few earlier scores",
        page=True,
    ),
    text(
        "health_trend",
        meaning="Where its health score goes.",
        choices=("up", "flat", "down", "unknown"),
        page=True,
    ),
    text(
        "scorecard_variants",
        meaning="Variants of the scorecard that hold for it, joined by commas.",
        page=True,
    ),
    number(
        "chs_*",
        meaning="Health score of one component.",
        unit="points",
        low=0,
        high=100,
        null="nothing of the component is known",
    ),
    text("why_*", meaning="What costs the component most; empty for nothing.", null="not known"),
    number(
        "cmi",
        meaning="Customer maturity index: how well it runs its own function.",
        unit="level",
        low=1,
        high=5,
        null="too few answers",
        condition=True,
        page=True,
    ),
    number(
        "cmi_low",
        meaning="Lowest index that the missing answers leave possible.",
        unit="level",
        low=1,
        high=5,
        null="too few answers",
        page=True,
    ),
    number(
        "cmi_high",
        meaning="Highest index that the missing answers leave possible.",
        unit="level",
        low=1,
        high=5,
        null="too few answers",
        page=True,
    ),
    text(
        "cmi_status",
        meaning="How sure the maturity band is.",
        choices=("certain", "provisional", "insufficient"),
        condition=True,
        page=True,
    ),
    number("cmi_coverage", meaning="Share of the rubric answered.", unit="share", low=0, high=1),
    number(
        "cmi_age_days",
        meaning="Age of the newest answer.",
        unit="days",
        low=0,
        null="never asked",
    ),
    number(
        "cmi_*",
        meaning="Maturity in one category.",
        unit="level",
        low=1,
        high=5,
        null="too few answers in the category",
    ),
    text(
        "maturity_blocker",
        meaning="Category that holds the maturity band down; empty for none.",
        condition=True,
    ),
    whole(
        "maturity_asked",
        meaning="1 where the company has assessed the maturity of any account by then, else 0.",
        low=0,
        high=1,
        condition=True,
    ),
    text(
        "maturity_due",
        meaning="Why maturity should be asked again; empty if not.",
        condition=True,
    ),
    text(
        "maturity_band",
        meaning="Band of its maturity.",
        choices=_BANDS,
        condition=True,
        page=True,
    ),
    text(
        "weakest_category",
        meaning="Category with the lowest maturity; empty for none.",
        null="nothing was answered",
        condition=True,
        page=True,
    ),
    text(
        "cell",
        meaning="Cell of the 3x3 grid.",
        choices=tuple(dict.fromkeys(CELLS.values())),
        null=_NO_CELL,
        condition=True,
        page=True,
    ),
    text(
        "quadrant",
        meaning="Quadrant of the 2x2 grid.",
        choices=tuple(QUADRANTS.values()),
        null=f"{_NO_CELL}, or its maturity is unknown",
        condition=True,
        page=True,
    ),
    number(
        "arr_at_risk",
        meaning="ARR times probability.",
        unit="money a year",
        null="no estimate, or no money known",
        condition=True,
        page=True,
    ),
    *(
        number(
            f"survival_{days}d",
            meaning=f"Chance that it has not decided to leave within {days} days.",
            low=0,
            high=1,
            null=_NO_CURVE,
        )
        for days in SURVIVAL_DAYS
    ),
    number(
        "expected_arr_change",
        meaning="Expected change of what it pays within 365 days: leaving, cuts and growth.",
        unit="money a year",
        null=f"{_NO_CURVE}, or no money known",
    ),
    text("review_flags", meaning="What a person should look at, joined by commas.", page=True),
    text("block", meaning="Part of the list it stands in.", choices=BLOCKS, page=True),
    number(
        "attention",
        meaning="How much it needs someone inside its block: ARR times chance times nearness.",
        low=0,
        page=True,
    ),
    number(
        "support_needs",
        meaning="Kinds of help it needs: tickets, blockers, escalations, training, onboarding.",
        low=0,
        page=True,
    ),
    number(
        "health_value",
        meaning="The points behind its band: of the index or of the score.",
        unit="points",
        low=0,
        high=100,
        null=_NO_CELL,
        page=True,
    ),
    text("health_band_raw", meaning="Band before caps and steadying.", choices=_BANDS),
    text("health_band_shown", meaning="Band after steadying, before caps.", choices=_BANDS),
    text("model_version", meaning="Versions of all models; empty without.", page=True),
    text("currency", meaning="What all money is in; empty where nothing names it."),
    text("settings_hash", meaning="Hash of settings, scorecard, rubric, playbook.", page=True),
    text("state_hash", meaning="Hash of the stored scores and overrides that it goes by."),
)
"""One row an account, those that need someone most first."""

DRIVERS = (
    text("account_id", meaning="The account."),
    time("as_of", meaning="Date of the scoring."),
    text("target", meaning="What is explained.", choices=(*TARGETS, "chs")),
    whole("rank", meaning="1 is the strongest.", low=1),
    text("component", meaning="Component of the metric."),
    text("metric", meaning="The metric."),
    number("value", meaning="Its value for the account.", null="unknown"),
    number("baseline", meaning="The account's own past.", null="no own past is covered"),
    number("segment_median", meaning="Median of its segment.", null="nobody to compare with"),
    text(
        "compared_with",
        meaning="What the reason compares the value with; empty for nothing.",
        choices=("own", "segment", "all", "full", ""),
    ),
    number("usual", meaning="The number it is compared with.", null="compared with nothing"),
    number(
        "shap",
        meaning="Contribution on log-odds; plus is towards the outcome.",
        unit="log-odds",
        null="a reason of the scorecard",
    ),
    number(
        "share",
        meaning="Its share of all that moves the estimate, or of all points taken.",
        unit="share",
        low=0,
        high=1,
    ),
    text(
        "direction",
        meaning="Where it moves the estimate or the score.",
        choices=("raises", "lowers"),
    ),
    flag("actionable", meaning="Whether someone can act on it."),
    text("text", meaning="The reason in words."),
)
"""Why: several rows an account and target."""

PLAYS = (
    text("account_id", meaning="The account."),
    time("as_of", meaning="Date of the scoring."),
    text("slot", meaning="Kind of play, in order of precedence.", choices=SLOTS),
    text("play", meaning="Name of the play."),
    text("owner", meaning="Who does it."),
    time("due_at", meaning="Until when: before the account decides.", null="it has no date"),
    text("why", meaning="Why this play."),
    text(
        "state",
        meaning="Where it stands.",
        choices=("proposed", "open", "waiting", "withheld"),
    ),
    whole("priority", meaning="1 is first.", low=1),
    number(
        "priority_value",
        meaning="Money that the play is assumed to save.",
        unit="money a year",
        null="no estimate or no money known",
    ),
    number(
        "assumed_save_rate",
        meaning="Share of leavers that the play is assumed to keep.",
        unit="share",
        low=0,
        high=1,
        null="the play assumes nothing",
    ),
    whole("rank_in_play", meaning="Place among the accounts with this play.", low=1),
    time("open_since", meaning="When it was begun.", null="not begun"),
    number(
        "overdue_days",
        meaning="Business days by which an open play is past its date.",
        unit="business days",
        low=1,
        null="not begun, or in time",
    ),
    text("escalated_to", meaning="Who hears of it.", null="it is not overdue"),
    number(
        "control_share",
        meaning="Share of the accounts from which the play is withheld, to be compared with.",
        unit="share",
        low=0,
        high=1,
    ),
    text("experiment", meaning="Name of that comparison; empty where none was given."),
)
"""What to do: a few rows an account."""

FLAT_SCORES = (
    text("account_id", meaning="The customer."),
    time("as_of", meaning="Date that the results are stored under."),
    number("p_churn", meaning="Calibrated probability of the outcome.", low=0, high=1),
    number("base_rate", meaning="Rate of the outcome in training.", low=0, high=1),
    number("times_base_rate", meaning="Probability over base rate.", low=0),
    number("arr", meaning="What it pays a year.", unit="money a year", null="no money is named"),
    number(
        "arr_at_risk",
        meaning="ARR times probability.",
        unit="money a year",
        null="no money is named",
    ),
    text("model_version", meaning="Version of the model."),
    whole("rank", meaning="Place in the list.", low=1),
)
"""One row a customer of a flat table."""

FLAT_DRIVERS = (
    text("account_id", meaning="The customer."),
    time("as_of", meaning="Date of the scoring."),
    text("target", meaning="What is explained.", choices=("churn",)),
    whole("rank", meaning="1 is the strongest.", low=1),
    text("metric", meaning="Column of the table."),
    text("value", meaning="Its value for the customer."),
    number("shap", meaning="Contribution on log-odds.", unit="log-odds"),
    number(
        "share",
        meaning="Part of all that moves the estimate.",
        unit="share",
        low=0,
        high=1,
    ),
    text("direction", meaning="Where it moves the estimate.", choices=("raises", "lowers")),
    text("text", meaning="The reason in words."),
)
"""Why: several rows a customer of a flat table."""

FLAT_PLAYS = (
    text("account_id", meaning="The customer."),
    time("as_of", meaning="Date of the scoring."),
    text("play", meaning="Name of the play."),
    text("action", meaning="What to do."),
    text("owner", meaning="Who does it."),
    time("due_at", meaning="Until when."),
    text("why", meaning="The reason it answers."),
)
"""What the user maps to the reasons of a flat table."""

FLAT_RESULTS = {"scores": FLAT_SCORES, "drivers": FLAT_DRIVERS, "plays": FLAT_PLAYS}
"""Every result that scoring a flat table writes."""


def _ranged(
    name: str,
    meaning: str,
    *,
    unit: str = "money a year",
    high: float | None = None,
    null: str = "",
) -> tuple[ResultColumn, ...]:
    """Return an expected value and the bounds of its 80 % range."""
    said = {"unit": unit, "low": 0, "high": high, "null": null}
    return (
        number(name, meaning=meaning, **said),
        number(f"{name}_low", meaning=f"Of `{name}`: 1 in 10 draws lies below.", **said),
        number(f"{name}_high", meaning=f"Of `{name}`: 1 in 10 draws lies above.", **said),
    )


def _stated(name: str, meaning: str) -> ResultColumn:
    return number(name, meaning=meaning, unit="money a year", low=0)


_NOBODY = "nothing is known of the group's ARR but who of it gave notice"

FORECAST = (
    time("as_of", meaning="Date of the scoring."),
    text("unit", meaning="Length of the period.", choices=("quarter", "month")),
    text("period", meaning="The calendar period."),
    time("starts_at", meaning="When it starts; the first one starts on the date of the scoring."),
    time("ends_at", meaning="When it is over."),
    text("grouping", meaning="What the book is cut by.", choices=("all", "segment", "csm")),
    text("group", meaning="The segment or CSM; empty for all, and for accounts without one."),
    whole("accounts", meaning="Accounts that pay on the date of the scoring.", low=0),
    whole("accounts_without_arr", meaning="Of them those whose ARR is unknown.", low=0),
    _stated("arr", "What they pay on the date of the scoring."),
    _stated("arr_without_estimate", "Of it what nothing is expected of: in no figure below."),
    whole("accounts_due", meaning="Accounts with a decision in the period.", low=0),
    _stated("arr_due", "What they pay; month to month counts once a period."),
    _stated("arr_due_without_estimate", "Of it what has no estimate: in no figure below."),
    _stated("arr_notice", "What those pay who gave notice and end in the period."),
    *_ranged("renewed", "Of what is due, what is still there and decides to stay."),
    *_ranged("leaving", "Of what is due, what decides to leave in the period."),
    number(
        "leaving_called",
        meaning="`leaving` where accounts that people marked down leave as that health says.",
        unit="money a year",
        low=0,
        null="no override of the group holds",
    ),
    *_ranged("contracted", "What customers who stay cut back, taking effect in the period."),
    *_ranged("expanded", "What customers who stay add of their own accord in the period."),
    *_ranged("arr_end", "What is paid at the period's end of `arr` with an estimate, growth in."),
    *_ranged("arr_kept", "The same without growth beyond what each account paid."),
    *_ranged(
        "grr",
        "Gross revenue retention from the date of the scoring to the period's end.",
        unit="share",
        high=1,
        null=_NOBODY,
    ),
    *_ranged(
        "nrr",
        "Net revenue retention from the date of the scoring to the period's end.",
        unit="share",
        null=_NOBODY,
    ),
)
"""What is due, stays and is paid: one row a period and group. Prices, currency and settlements of
what was used are left out; ranges hold 80 % of the draws."""

FEEDS = (
    time("as_of", meaning="Date of the scoring."),
    text("table", meaning="Table of the contract that delivers, or did once."),
    text(
        "state",
        meaning="How it stands.",
        choices=("alive", "silent", "broken", "gone"),
    ),
    time("last_delivery", meaning="When its newest row became known.", null="nothing is there"),
    whole("rows_in", meaning="Rows read.", low=0),
    whole("rows_put_aside", meaning="Rows put aside that repeat no other row.", low=0),
    text("metrics", meaning="Metrics that it feeds, or did, joined by `|`."),
    text("finding", meaning="What is wrong with it; empty when nothing is."),
)
"""How every feed stands: one row a table. The next scoring knows by it what is missing."""

CHANGES = (
    text("account_id", meaning="The account."),
    time("as_of", meaning="Date of the scoring."),
    time("since", meaning="Date of the earlier scoring that it is held against."),
    text("measure", meaning="What moved.", choices=MEASURES),
    whole("rank", meaning="0 is the whole move, then its parts, the strongest first.", low=0),
    text(
        "kind",
        meaning="What kind of part it is; `move` is the whole, which the others add up to.",
        choices=CHANGE_KINDS,
    ),
    text("metric", meaning="The metric or category that moved; empty for none."),
    number("before", meaning="Its value then.", null="unknown, or not a number"),
    number("after", meaning="Its value now.", null="unknown, or not a number"),
    number(
        "amount",
        meaning="By how much it moved the measure: log-odds, points or levels; plus is up.",
        null="a cell, or a measure that was or is unknown",
    ),
    number(
        "points",
        meaning="The same in percentage points, points or levels, as the text says it.",
        null="a cell, or a measure that was or is unknown",
    ),
    text("text", meaning="In words."),
)
"""Why an account moved since the last scoring; only where an earlier one is stored."""

IMPROVEMENTS = (
    text("account_id", meaning="The account."),
    time("as_of", meaning="Date of the scoring."),
    whole("rank", meaning="1 asks least of the account and of us.", low=1),
    text("metrics", meaning="What would have to improve, joined by `|`."),
    flag("over_next_band", meaning="Whether its health would then lie in the next band."),
    number("before", meaning="The metric now.", null="several metrics together"),
    number("after", meaning="The smallest that would do.", null="several metrics together"),
    text(
        "reachable",
        meaning="Why that is within reach.",
        choices=("segment", "own past", "several"),
    ),
    number("p_churn_now", meaning="The estimate.", low=0, high=1, null="the scorecard speaks"),
    number("p_churn_then", meaning="It then.", low=0, high=1, null="the scorecard speaks"),
    number("health_now", meaning="Points behind its band.", unit="points", low=0, high=100),
    number("health_then", meaning="They then.", unit="points", low=0, high=100),
    text("band_now", meaning="Band of this reading.", choices=BANDS),
    text("band_then", meaning="Band then.", choices=BANDS),
    text("text", meaning="In words: an estimate and no promise."),
)
"""The smallest realistic improvements that would bring an account over the next band."""

INPUTS = (
    text("account_id", meaning="The account."),
    time("as_of", meaning="Date of the scoring."),
    text("segment", meaning="Its segment on the date.", null="none is known"),
    number("chs_measured", meaning="Health score before anything limits it.", unit="points"),
    number("chs", meaning="Health score as the models read it.", null="too little is known"),
    number("cmi", meaning="Maturity as the models read it.", null="too few answers"),
    number("cmi_coverage", meaning="Share of the rubric answered.", unit="share", low=0, high=1),
    number("*__state", meaning="Why the metric has no value; 0 is that it has.", low=0, high=4),
    number("*__held", meaning="What the metric was when it fell silent.", null="it is not silent"),
    number("*", meaning="The metric, or its own past or peers beside it.", null="unknown"),
)
"""What the scoring was worked out from: one row an account, Parquet or database only."""

TOPICS = ("who", "tie", "use", "trend", "grow", "roadblocks", "goals", "limits", "moments")
"""What a fact about an account is about."""

FACTS = (
    text("account_id", meaning="The account."),
    time("as_of", meaning="Date of the scoring."),
    text("topic", meaning="What it is about.", choices=TOPICS),
    whole("rank", meaning="Its place among the facts of the account.", low=1),
    text("name", meaning="What it says."),
    text("text", meaning="The fact in words; of `trend` a number a week, joined by `|`."),
    time("happened_at", meaning="When it happened.", null="it has no day of its own"),
)
"""What is known of an account beside its scores: several rows an account."""

DEPARTURES = (
    text("account_id", meaning="The account."),
    text("account_name", meaning="Its name.", null="nobody wrote one down"),
    text("csm_id", meaning="Who looked after it.", null="nobody did"),
    time("as_of", meaning="Date of the scoring."),
    text("how", meaning="What it has done since the reading.", choices=("left", "notice_given")),
    time("read_at", meaning="Date of the reading: twelve weeks before the scoring."),
    number("arr", meaning="Its ARR then.", unit="money a year", low=0, null="unknown"),
    number("chs", meaning="Its health score then.", low=0, high=100, null="too little was known"),
    text("health_band", meaning="Band of that score alone.", choices=_BANDS),
)
"""Who left or gave notice in the twelve weeks before the scoring, by what the scorecard says of
them when it is read as of the beginning of these weeks."""

_NO_FIGURE = "nothing to judge by"

CRITERIA = (
    time("as_of", meaning="Date of the scoring."),
    text("criterion", meaning="Name of its threshold under `success` in the scorecard."),
    text("meaning", meaning="What is measured."),
    number("value", meaning="The figure.", null=_NO_FIGURE),
    number("low", meaning="Lower end of its 95 % interval.", null=_NO_FIGURE),
    number("high", meaning="Upper end of its 95 % interval.", null=_NO_FIGURE),
    number("threshold", meaning="What is wanted."),
    flag("at_least", meaning="Whether that is the lowest; otherwise it is the highest."),
    text("verdict", meaning="What became of it.", choices=("pass", "fail", "not enough evidence")),
    text("why", meaning="Why, in words."),
    whole("accounts", meaning="Independent accounts behind it.", low=0),
    time("judged_through", meaning="Newest reading that was judged, when the model was trained."),
    flag("same_scorecard", meaning="Whether the scorecard is the one that was judged."),
)
"""What the scorecard achieved against what the accounts did, by the last training."""

RESULTS = {
    "scores": SCORES,
    "drivers": DRIVERS,
    "plays": PLAYS,
    "forecast": FORECAST,
    "feeds": FEEDS,
    "drift": DRIFT,
    "changes": CHANGES,
    "improvements": IMPROVEMENTS,
    "inputs": INPUTS,
    "facts": FACTS,
    "departures": DEPARTURES,
    "criteria": CRITERIA,
}
"""Every result that scoring writes."""

BESIDE = ("caps", "drivers", "reasons_told", "guard", "stale_metrics", "services")
"""What conditions may look at beside the columns of the scores."""


def _names(columns: tuple[ResultColumn, ...], *kinds: str) -> tuple[str, ...]:
    return tuple(c.name for c in columns if "*" not in c.name and (not kinds or c.kind in kinds))


_PAGE = tuple(column for column in SCORES if column.page)
RESERVED = (*_names(SCORES), *BESIDE)
"""Columns that stand beside the metrics and are none."""
FACT_COLUMNS = (*(column.name for column in SCORES if column.condition), *BESIDE)
"""What conditions of the playbook may look at beside metrics."""
TEXT_COLUMNS = _names(_PAGE, "text")
NUMBER_COLUMNS = _names(_PAGE, "number")
TIME_COLUMNS = _names(_PAGE, "time")
DRIVER_COLUMNS = _names(DRIVERS)
FEED_COLUMNS = _names(FEEDS)
CHANGE_COLUMNS = _names(CHANGES)
IMPROVEMENT_COLUMNS = _names(IMPROVEMENTS)
PLAY_COLUMNS = ("account_id", "as_of", "slot", "play", "owner", "due_at", "why")
"""What every play says; ``assign_plays`` adds ``PROGRESS_COLUMNS``."""
PROGRESS_COLUMNS = tuple(name for name in _names(PLAYS) if name not in PLAY_COLUMNS)
"""Where a play stands. Its value rests on the assumption next to it."""
