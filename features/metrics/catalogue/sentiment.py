"""Sentiment: what people of the account say, and whether they answer at all."""

from ..absence import Absence
from ..combined_measures import Difference, Ratio, Scaled
from ..measures import Count, DaysSince, Latest, Total
from ..metric import Metric
from ..row_selection import Above, Below, Filled, Filter, HasPart, Is, Select, Window

__all__ = ["METRICS"]


_NPS = (Is("survey_type", ("nps",)), Filled("score"))
_CSAT = (Is("survey_type", ("csat",)), Filled("score"))
_KEY_ROLES = HasPart("person_roles", ("exec_sponsor", "decision_maker"))
_CES = (Is("survey_type", ("ces",)), Filled("score"))


def _last(*where: Filter, days: int) -> Select:
    """Return the last answer of each contact to the recommendation question."""
    return Select(
        "survey_responses",
        (*_NPS, *where),
        Window(days),
        at="responded_at",
        until="superseded_at",
    )


_ANSWERS = _last(days=365)
_PROMOTERS = _last(Above("score", 8.5), days=365)
_DETRACTORS = _last(Below("score", 6.5), days=365)
_RECENT_DETRACTORS = _last(Below("score", 6.5), days=180)
_KEY_DETRACTORS = _last(Below("score", 6.5), _KEY_ROLES, days=180)
_CHANGED = _last(Filled("score_change"), days=365)
_NEW_DETRACTORS = Select(
    "survey_responses", (*_NPS, Below("score", 6.5)), Window(30), at="responded_at"
)
_SENT = Select("survey_responses", window=Window(365), at="sent_at")
_ANSWERED = Select(
    "survey_responses", (Filled("score"),), Window(365), at="sent_at", after=("responded_at",)
)
_RATINGS = Select("survey_responses", _CSAT, Window(90), at="responded_at")
_GOOD_RATINGS = Select(
    "survey_responses", (*_CSAT, Above("score", 3.5)), Window(90), at="responded_at"
)
_EFFORTS = Select("survey_responses", _CES, Window(90), at="responded_at")
_WRITTEN = Select("tickets", (Filled("text_sentiment"),), Window(90), at="created_at")
_FEEDBACK = Select("account_events", (Is("kind", ("feedback",)), Filled("value_num")), Window(180))
_CSM = Select("account_events", (Is("kind", ("csm_sentiment",)), Filled("value_num")), Window(90))

METRICS = (
    Metric(
        name="nps_mean",
        improvable=False,
        component="sentiment",
        measure=Ratio(Total(_ANSWERS, "weighted_score"), Total(_ANSWERS, "role_weight")),
        label="mean NPS answer",
        unit="points (0-10)",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Mean of each contact's last answer to the recommendation question in 365 days, "
        "sponsors and decision makers counting 3, admins 2, others 1; 7 and 8 are neutral.",
        poor=6.0,
        healthy=9.0,
        source="NPS convention: 0-6 detractor, 9-10 promoter",
    ),
    Metric(
        name="nps_balance",
        improvable=False,
        component="sentiment",
        measure=Scaled(
            Ratio(Difference(Count(_PROMOTERS), Count(_DETRACTORS)), Count(_ANSWERS)), 100.0
        ),
        label="promoters less detractors",
        unit="points (-100 to 100)",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Share of promoters less share of detractors among the contacts' last answers in "
        "365 days.",
        poor=0.0,
        healthy=40.0,
        # For scorecards of one's own: the models see the mean of the same answers.
        in_model=False,
    ),
    Metric(
        name="nps_change",
        improvable=False,
        component="sentiment",
        measure=Ratio(Total(_CHANGED, "score_change"), Count(_CHANGED)),
        label="change of NPS answers",
        unit="points",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Mean change between the last two answers of each contact, the last in 365 days.",
        poor=-2.0,
        healthy=0.0,
    ),
    Metric(
        name="detractors",
        improvable=False,
        component="sentiment",
        measure=Count(_RECENT_DETRACTORS),
        label="people who would not recommend us",
        unit="people",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Contacts whose last answer to the recommendation question was 0 to 6, in 180 "
        "days.",
        poor=2.0,
        healthy=0.0,
    ),
    Metric(
        name="key_detractors",
        improvable=False,
        component="sentiment",
        measure=Count(_KEY_DETRACTORS),
        label="sponsors or decision makers who would not recommend us",
        unit="people",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Sponsors and decision makers whose last answer was 0 to 6, in 180 days.",
        poor=1.0,
        healthy=0.0,
    ),
    Metric(
        name="detractors_lately",
        improvable=False,
        component="sentiment",
        measure=Count(_NEW_DETRACTORS),
        label="people who lately would not recommend us",
        unit="people",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Answers of 0 to 6 to the recommendation question in 30 days: a call is due.",
        # For a play; the models see the detractors of a longer time.
        in_model=False,
    ),
    Metric(
        name="survey_response_share",
        component="sentiment",
        measure=Ratio(Count(_ANSWERED), Count(_SENT), at_least=2.0),
        label="share of surveys answered",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Surveys answered over surveys sent in 365 days, at least two; 0 is silence.",
        poor=0.0,
        healthy=0.3,
    ),
    Metric(
        name="good_rating_share",
        improvable=False,
        component="sentiment",
        measure=Ratio(Count(_GOOD_RATINGS), Count(_RATINGS)),
        label="share of good ratings",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Ratings of 4 or 5 of 5 in 90 days.",
        poor=0.7,
        healthy=0.9,
    ),
    Metric(
        name="effort_rating",
        improvable=False,
        component="sentiment",
        measure=Ratio(Total(_EFFORTS, "score"), Count(_EFFORTS)),
        label="mean rating of how easy things are",
        unit="points",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Mean answer to the effort question in 90 days; higher is easier.",
    ),
    Metric(
        name="ticket_tone",
        improvable=False,
        component="sentiment",
        measure=Ratio(Total(_WRITTEN, "text_sentiment"), Count(_WRITTEN)),
        label="tone of tickets",
        unit="points (-1 to 1)",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Mean tone of the texts of tickets opened in 90 days, as the source judged it.",
        poor=-0.2,
        healthy=0.2,
    ),
    Metric(
        name="feedback_tone",
        improvable=False,
        component="sentiment",
        measure=Ratio(Total(_FEEDBACK, "value_num"), Count(_FEEDBACK)),
        label="tone of feedback",
        unit="points (-1 to 1)",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Mean tone of direct feedback in 180 days.",
        poor=-0.2,
        healthy=0.2,
    ),
    Metric(
        name="csm_sentiment",
        improvable=False,
        component="sentiment",
        measure=Latest(_CSM, "value_num"),
        label="the CSM's own view",
        unit="points (-1 to 1)",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Newest colour a CSM set in 90 days: red -1, yellow 0, green 1.",
        poor=-1.0,
        healthy=1.0,
        in_model=False,
    ),
    Metric(
        name="days_since_nps_answer",
        component="sentiment",
        measure=DaysSince(Select("survey_responses", _NPS, at="responded_at"), or_tenure=True),
        label="days since the last NPS answer",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Age of the newest answer to the recommendation question; since sign-up without.",
        in_model=False,
    ),
    Metric(
        name="days_since_feedback",
        component="sentiment",
        measure=DaysSince(
            Select("account_events", (Is("kind", ("feedback",)), Filled("value_num")))
        ),
        label="days since the last feedback",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Age of the newest rated feedback.",
        in_model=False,
    ),
)
