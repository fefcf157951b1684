"""The data contract: fourteen tables, and four that may stand in or help, declared once.

Two clocks run through all of them. ``happened_at`` is when a fact took place, ``known_at`` when the
company's own systems first held it. Everything that reads a table goes by these declarations.
"""

from ..arrays.time_grid import DAY_US
from .table_declaration import Column, Known, TableSpec

__all__ = ["ACTIVITY_TABLES", "FACT_TABLES", "TABLES", "USAGE_TABLES", "table_spec"]


def _id(name: str, *, required: bool = True, personal: bool = False) -> Column:
    return Column(name, "id", required=required, personal=personal)


def _time(name: str, *, required: bool = False, history: bool = False) -> Column:
    return Column(name, "time", required=required, history=history)


def _number(name: str, *, history: bool = False) -> Column:
    return Column(name, "number", history=history)


def _flag(name: str, *, history: bool = False) -> Column:
    return Column(name, "flag", history=history)


def _choice(name: str, *choices: str, required: bool = False) -> Column:
    return Column(name, "text", required=required, choices=choices)


_KNOWN_AT = _time("known_at")

USAGE_TABLES = ("usage_daily", "usage_events")
"""Use of the product; either is enough."""

ACTIVITY_TABLES = (*USAGE_TABLES, "tickets")
"""What is written to every day."""

FACT_TABLES = (
    *("contracts", "subscription_items", "contract_events", "invoices", "seats"),
    *(*ACTIVITY_TABLES, "survey_responses", "activities", "goals", "account_events"),
    "account_numbers",
)
"""At least one of these has to be there."""

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        name="accounts",
        meaning="The paying organisation as it was described from `valid_from` on.",
        columns=(
            _id("account_id"),
            _id("parent_account_id", required=False),
            Column("name"),
            Column("industry"),
            Column("country"),
            _number("employee_count", history=True),
            Column("segment", history=True),
            Column("plan_tier", history=True),
            Column("lifecycle_stage", history=True),
            _time("customer_since"),
            Column("csm_id", history=True),
            Column("touch_model", history=True),
            _time("valid_from"),
            _time("valid_to"),
            _KNOWN_AT,
        ),
        key=("account_id", "valid_from", "known_at"),
        happened_at="valid_from",
        known=Known(("valid_from", "customer_since")),
        entity=("account_id",),
        version=("valid_from", "known_at"),
    ),
    TableSpec(
        name="people",
        meaning="A person inside an account with their roles.",
        columns=(
            _id("person_id"),
            _id("account_id"),
            _id("crm_contact_id", required=False),
            _id("product_user_id", required=False),
            Column("email_hash", personal=True),
            Column("title"),
            Column("seniority"),
            Column("department"),
            Column("roles", "list"),
            _time("left_account_at"),
            _time("left_known_at"),
            Column("left_reason"),
            _time("certified_at"),
            _time("valid_from"),
            _time("valid_to"),
            _KNOWN_AT,
        ),
        key=("person_id", "valid_from", "known_at"),
        happened_at="valid_from",
        known=Known(("valid_from",)),
        entity=("person_id",),
        version=("valid_from", "known_at"),
        stale_after_days=180,
    ),
    TableSpec(
        name="contracts",
        meaning="One term of a contract.",
        columns=(
            _id("contract_id"),
            _id("account_id"),
            _time("term_start", required=True),
            _time("term_end", history=True),
            _number("term_months"),
            _flag("auto_renew", history=True),
            _number("notice_period_days"),
            _number("notice_period_months"),
            _time("notice_deadline"),
            _time("break_at"),
            _number("break_every_months"),
            _number("tcv"),
            _number("acv"),
            _number("list_acv"),
            Column("currency"),
            _number("payment_terms_days"),
            _time("signed_at"),
            _id("predecessor_contract_id", required=False),
            _KNOWN_AT,
        ),
        key=("contract_id", "known_at"),
        happened_at="term_start",
        known=Known(("signed_at", "term_start")),
        entity=("contract_id",),
        money=("acv", "tcv"),
        stale_after_days=180,
    ),
    TableSpec(
        name="subscription_items",
        meaning="What is paid for, as a ledger: a row is the state of an item over a period.",
        columns=(
            _id("item_id"),
            _id("contract_id", required=False),
            _id("account_id"),
            _id("product_id", required=False),
            Column("plan"),
            _number("quantity"),
            Column("unit"),
            _number("unit_price"),
            _number("list_price"),
            Column("mrr", "number", required=True),
            Column("currency"),
            _time("effective_from", required=True),
            _time("effective_to", history=True),
            _time("current_period_start", history=True),
            _time("current_period_end", history=True),
            _choice(
                "change_type",
                *("new", "seat_up", "seat_down", "tier_up", "tier_down", "cross_sell"),
                *("price_uplift", "fx", "true_up", "renewal", "cancel"),
            ),
            _KNOWN_AT,
        ),
        key=("item_id", "effective_from", "known_at"),
        happened_at="effective_from",
        known=Known(("effective_from",)),
        entity=("item_id", "effective_from"),
        money=("mrr",),
        stale_after_days=180,
    ),
    TableSpec(
        name="contract_events",
        meaning="Something that decides or changes a contract.",
        columns=(
            _id("event_id"),
            _id("account_id"),
            _id("contract_id", required=False),
            _choice(
                "event_type",
                *("notice_received", "cancel_requested", "cancel_withdrawn", "cancelled"),
                *("term_ended", "renewed", "paused", "reactivated", "churn_confirmed"),
                required=True,
            ),
            _time("effective_at", required=True),
            _number("arr_before"),
            _number("arr_after"),
            Column("reason_code"),
            Column("reason_text"),
            _choice("avoidability", "ea", "eu", "ua", "uu"),
            _choice("initiated_by", "customer", "vendor", "payment_failure", "mna", "shutdown"),
            _KNOWN_AT,
        ),
        key=("event_id",),
        happened_at="effective_at",
        known=Known(("effective_at",)),
        stale_after_days=180,
    ),
    TableSpec(
        name="invoices",
        meaning="A bill; `paid_at` is its own clock.",
        columns=(
            _id("invoice_id"),
            _id("account_id"),
            _time("issued_at", required=True),
            _time("due_at"),
            _number("amount_due"),
            _number("amount_paid", history=True),
            Column("currency"),
            _time("paid_at"),
            Column("status", history=True),
            _number("attempt_count", history=True),
            _time("first_failed_at"),
            _time("disputed_at"),
            _KNOWN_AT,
        ),
        key=("invoice_id", "known_at"),
        happened_at="issued_at",
        known=Known(("issued_at",)),
        entity=("invoice_id",),
        money=("amount_due", "amount_paid"),
        stale_after_days=62,
    ),
    TableSpec(
        name="seats",
        meaning="A licence given to a user of the product.",
        columns=(
            _id("account_id"),
            _id("product_user_id"),
            _choice("status", "invited", "active", "deactivated"),
            Column("role"),
            _flag("is_admin"),
            _flag("sso"),
            _time("invited_at"),
            _time("activated_at"),
            _time("deactivated_at"),
            _id("workspace_id", required=False),
            Column("app_version"),
            _KNOWN_AT,
        ),
        key=("account_id", "product_user_id", "known_at"),
        happened_at="known_at",
        known=Known(("invited_at", "activated_at")),
        entity=("account_id", "product_user_id"),
        stale_after_days=90,
    ),
    TableSpec(
        name="usage_daily",
        meaning=(
            "What one user did with one feature on one day; rows of one day add up. A row whose "
            "`events` (without them `minutes`) are 0 or less, or that has automated events only, "
            "is no use: it shows that the feed delivers."
        ),
        columns=(
            _id("account_id"),
            Column("product_user_id", "id", required=True, whole=True),
            _id("feature_id", required=False),
            _time("date", required=True),
            _number("events"),
            _number("minutes"),
            _number("automated_events"),
            _number("errors"),
            _KNOWN_AT,
        ),
        key=("account_id", "product_user_id", "feature_id", "date", "known_at"),
        happened_at="date",
        known=Known(("date",), delay_us=DAY_US - 1),
        stale_after_days=7,
        bulky=True,
    ),
    TableSpec(
        name="usage_events",
        meaning="One use of a feature; may stand in for `usage_daily`.",
        columns=(
            _id("account_id"),
            Column("product_user_id", "id", required=True, whole=True),
            _id("feature_id", required=False),
            _time("occurred_at", required=True),
            _KNOWN_AT,
        ),
        key=(),
        happened_at="occurred_at",
        known=Known(("occurred_at",)),
        stale_after_days=7,
        bulky=True,
    ),
    TableSpec(
        name="features",
        meaning="The catalogue of what the product can do.",
        columns=(
            _id("feature_id"),
            Column("name"),
            Column("module"),
            _flag("is_core"),
            _flag("is_value_event"),
            _flag("is_premium"),
            Column("min_plan"),
            _flag("is_integration"),
            _flag("is_admin_setting"),
            _time("released_at"),
            _time("retired_at"),
        ),
        key=("feature_id",),
        happened_at="released_at",
        known=Known(("released_at",)),
        entity=("feature_id",),
    ),
    TableSpec(
        name="tickets",
        meaning="The state of a support ticket from `changed_at` on.",
        columns=(
            _id("ticket_id"),
            _id("account_id"),
            _id("requester_person_id", required=False),
            _time("created_at", required=True),
            Column("priority", history=True),
            Column("status", history=True),
            Column("category"),
            Column("channel"),
            _time("first_response_at"),
            _time("resolved_at"),
            _number("reopen_count", history=True),
            _time("escalated_at"),
            _number("sla_target_h"),
            _number("csat_score"),
            _time("csat_at"),
            _number("text_sentiment"),
            _time("changed_at"),
            _KNOWN_AT,
        ),
        key=("ticket_id", "changed_at", "known_at"),
        happened_at="changed_at",
        known=Known(("changed_at", "created_at")),
        entity=("ticket_id",),
        version=("changed_at", "known_at"),
        stale_after_days=28,
    ),
    TableSpec(
        name="survey_responses",
        meaning="An invitation to a survey, with the answer once there is one.",
        columns=(
            _id("survey_id"),
            _choice("survey_type", "nps", "csat", "ces", "custom", required=True),
            _id("account_id"),
            _id("person_id", required=False),
            _time("sent_at", required=True),
            _time("responded_at"),
            _number("score"),
            Column("comment", personal=True),
            _KNOWN_AT,
        ),
        key=("survey_type", "survey_id", "person_id", "sent_at", "known_at"),
        happened_at="sent_at",
        known=Known(("responded_at", "sent_at")),
        entity=("survey_type", "survey_id", "person_id", "sent_at"),
        stale_after_days=90,
    ),
    TableSpec(
        name="activities",
        meaning="A meeting, call, mail or training with people of the account.",
        columns=(
            _id("activity_id"),
            _id("account_id"),
            Column("person_ids", "list"),
            _choice("type", "meeting", "call", "email", "qbr", "training", "event", "community"),
            _choice("direction", "inbound", "outbound"),
            _time("scheduled_at"),
            _time("occurred_at"),
            _flag("attended"),
            _number("sentiment"),
            _time("logged_at"),
            _KNOWN_AT,
        ),
        key=("activity_id", "known_at"),
        happened_at="occurred_at",
        known=Known(("logged_at", "occurred_at", "scheduled_at")),
        entity=("activity_id",),
        stale_after_days=28,
    ),
    TableSpec(
        name="goals",
        meaning="The state of an onboarding milestone or a business goal from `changed_at` on.",
        columns=(
            _id("goal_id"),
            _id("account_id"),
            _choice("kind", "onboarding_milestone", "business_goal", required=True),
            Column("title"),
            _choice("set_by", "customer", "vendor"),
            _number("baseline"),
            _number("target_value"),
            _number("actual_value", history=True),
            _time("planned_at"),
            _time("due_at"),
            _time("achieved_at"),
            _flag("confirmed_by_customer", history=True),
            Column("status", history=True),
            _time("changed_at"),
            _KNOWN_AT,
        ),
        key=("goal_id", "changed_at", "known_at"),
        happened_at="changed_at",
        known=Known(("changed_at", "planned_at", "due_at")),
        entity=("goal_id",),
        version=("changed_at", "known_at"),
        stale_after_days=120,
    ),
    TableSpec(
        name="account_events",
        meaning=(
            "A dated statement about an account. An `intervention` says in `value_text` what "
            "became of a play: `play=find_successor;state=begun`, with one of the states begun, "
            "done, failed and declined; a name alone is a play begun. With "
            "`state=proposed;experiment=2026` or `state=withheld;...` it says what a lot decided. "
            "`reference_response` says "
            "accepted, declined_policy, declined_time, declined_dissatisfied or declined."
        ),
        columns=(
            _id("event_id"),
            _id("account_id"),
            _id("person_id", required=False),
            _choice(
                "kind",
                *("csm_sentiment", "reference_request", "reference_response", "advocacy_act"),
                *("leadership_change", "layoff", "m_and_a", "funding", "insolvency", "competitor"),
                *("priority_change", "maturity_answer", "intervention", "training_request"),
                *("upgrade_interest", "feedback", "blocker"),
                required=True,
            ),
            _number("value_num"),
            Column("value_text"),
            Column("characteristic_id"),
            _choice("evidence_type", "q", "c", "d", "t"),
            Column("rubric_version"),
            Column("author", personal=True),
            _time("occurred_at", required=True),
            _KNOWN_AT,
            Column("source"),
        ),
        key=("event_id",),
        happened_at="occurred_at",
        known=Known(("occurred_at",), delay_us=DAY_US),
        stale_after_days=60,
    ),
    TableSpec(
        name="exchange_rates",
        meaning="What one unit of a currency is worth in the company's own, from a day on.",
        columns=(
            Column("currency", required=True),
            Column("rate", "number", required=True),
            _time("valid_from"),
        ),
        key=("currency", "valid_from"),
        happened_at="valid_from",
        known=Known(("valid_from",)),
    ),
    TableSpec(
        name="account_numbers",
        meaning=(
            "A number of an account that the contract has no place for, from `at` on; the setting "
            "`extra` names them."
        ),
        columns=(
            _id("account_id"),
            Column("name", required=True),
            _time("at", required=True),
            Column("value", "number", required=True),
            _KNOWN_AT,
        ),
        key=("account_id", "name", "at", "known_at"),
        happened_at="at",
        known=Known(("at",)),
        entity=("account_id", "name", "at"),
        stale_after_days=92,
    ),
    TableSpec(
        name="labels",
        meaning="A company's own labels, for training and backtest only.",
        columns=(
            _id("account_id"),
            _time("as_of", required=True),
            _flag("churned"),
            _flag("expanded"),
        ),
        key=("account_id", "as_of"),
        happened_at="as_of",
        known=Known(("as_of",)),
    ),
)

_BY_NAME = {spec.name: spec for spec in TABLES}


def table_spec(name: str) -> TableSpec:
    """Return the declaration of one canonical table.

    Parameters
    ----------
    name : str
        Such as ``"usage_daily"``.

    Returns
    -------
    TableSpec

    Raises
    ------
    KeyError
        If no table has that name.

    Examples
    --------
    >>> table_spec("tickets").entity
    ('ticket_id',)
    """
    return _BY_NAME[name]
