"""What the tables and columns of the contract are called elsewhere, declared once.

A role is found by its name and by values: nouns and column names are written as people write them
(``words`` takes case, plural and separators away), and the kind that the contract declares for a
column is what its values must read as. ``{account}`` stands for every word for those who pay.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ...schema.table_declaration import TableSpec
from ...schema.tables import table_spec
from .words import ACCOUNT_NOUNS, column_words, table_words

__all__ = ["CHURN_FLAGS", "DELETED", "ROLES", "Role", "role_of"]

Words = tuple[str, ...]


@dataclass(frozen=True)
class Role:
    """What a canonical table may be called, and what its columns may be called.

    Parameters
    ----------
    table : str
        Of the contract.
    nouns : tuple of str
        Names of source tables; the last words of a source's name have to be one of them.
    columns : mapping of str to tuple of str
        Canonical column to the names it may have, the surest first.
    telling : tuple of str
        Columns that hardly another table has: three of them tell the role without a noun.
    whole : tuple of str
        Columns that are hardly anything else where they stand together, whatever the noun.
    """

    table: str
    nouns: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    telling: tuple[str, ...] = field(default=())
    whole: tuple[str, ...] = field(default=())

    @property
    def spec(self) -> TableSpec:
        """The declaration of the canonical table."""
        return table_spec(self.table)

    @cached_property
    def noun_words(self) -> tuple[Words, ...]:
        """The nouns as words."""
        return tuple(dict.fromkeys(table_words(noun) for noun in (self.table, *self.nouns)))

    @cached_property
    def column_words(self) -> dict[str, tuple[Words, ...]]:
        """The names of each canonical column as words, its own name first."""
        return {
            column.name: tuple(
                dict.fromkeys(
                    column_words(name)
                    for pattern in (column.name, *self.columns.get(column.name, ()))
                    for name in _spelled_out(pattern)
                )
            )
            for column in self.spec.columns
        }


def _spelled_out(pattern: str) -> tuple[str, ...]:
    if "{account}" not in pattern:
        return (pattern,)
    return tuple(pattern.replace("{account}", noun) for noun in ACCOUNT_NOUNS)


_ACCOUNT_ID = (
    *("{account} id", "{account}", "{account} number", "{account} code", "{account} ref"),
    *("{account} external id", "external id"),
)
_CURRENCY = ("currency", "currency code")

ROLES: tuple[Role, ...] = (
    Role(
        table="accounts",
        nouns=ACCOUNT_NOUNS,
        columns={
            "account_id": ("id", *_ACCOUNT_ID, "number", "code", "external id"),
            "parent_account_id": ("parent id", "parent {account} id", "parent {account}"),
            "name": ("{account} name", "name", "{account}", "display name", "legal name"),
            "industry": ("industry name", "sector", "vertical", "activite secteur"),
            "country": ("country code", "billing country", "address country", "country name"),
            "employee_count": ("number of employees", "employees", "headcount", "staff count"),
            "segment": ("{account} segment", "size band", "market segment", "size segment"),
            "plan_tier": (
                *("plan", "plan name", "subscription plan", "tier", "subscription tier", "plans"),
                *("{account} tier", "{account} plan", "current plan", "package", "edition"),
            ),
            "lifecycle_stage": ("lifecycle stage", "{account} stage", "lifecycle"),
            "customer_since": (
                *("customer since", "sign up date", "signed up at", "created", "created at"),
                *("{account} created at", "joined at", "join date", "onboarded at", "first seen"),
                *("{account} created", "since", "start date", "registered at"),
                *("registration date", "activation date", "first order date", "became customer at"),
                *("license start date", "subscription start date", "first license date"),
                *("customer from", "client since", "original contract date", "first contract date"),
                *("onboarding date", "contract start date", "first seen at", "member since"),
                *("joined", "signed up", "registered", "onboarded", "went live", "go live date"),
                *("subscribed at", "subscribed", "became a customer date", "customer start date"),
                "since date",
            ),
            "csm_id": (
                *("csm", "csm name", "csm owner", "{account} manager", "success manager"),
                *("primary csm", "csm full name", "customer success owner", "assigned csm"),
                *("customer success manager", "{account} owner", "owner id", "owner", "csm email"),
            ),
            "touch_model": ("service model", "engagement model"),
            "valid_from": ("snapshot date", "snapshot month", "as of", "as of date"),
        },
    ),
    Role(
        table="people",
        nouns=("contacts", "users", "persons", "members", "end users", "stakeholders"),
        columns={
            "person_id": ("id", "contact id", "user id", "member id", "person key"),
            "account_id": _ACCOUNT_ID,
            "crm_contact_id": ("contact id",),
            "email_hash": ("email", "email address", "e-mail", "work email"),
            "title": ("job title", "position", "job role"),
            "department": ("team",),
            "roles": ("role", "buying role", "contact role"),
            "left_account_at": ("left at", "departed at", "left company at"),
            "valid_from": ("created at", "created", "updated at", "sign up date", "added at"),
        },
        telling=("email_hash", "title"),
    ),
    Role(
        table="contracts",
        nouns=("agreements", "renewals", "deals", "opportunities", "contract terms", "order forms"),
        columns={
            "contract_id": ("id", "agreement id", "contract number", "deal id", "opportunity id"),
            "account_id": _ACCOUNT_ID,
            "term_start": (
                "term start date",
                *("contract start date", "contract start", "start date", "start", "begin date"),
                *("effective date", "current term start", "current period start", "started at"),
                *("begins", "begin", "starts", "started", "valid from", "starts on", "begins on"),
                *("subscription start date", "service start date", "won time", "won at"),
                *("license start date", "closing date", "closed won date", "won date", "active on"),
                *(
                    "close date",
                    "closed date",
                    "term start date",
                    "from date",
                    "from",
                    "period start",
                ),
            ),
            "term_end": (
                "term end date",
                *("contract end date", "contract end", "end date", "end", "renewal date"),
                *("next renewal date", "expiry date", "expiration date", "expires at", "renews at"),
                *("current term end", "current period end", "subscription end date"),
                *("service end date", "contract renewal date", "contract expiry date"),
                *("next renewal", "renewal", "to date", "to", "expires on"),
                *("license end date", "license renewal date", "subscription renewal date"),
                *("renewal due date", "expiry", "expiration", "period end", "renewal due"),
                *("ends", "ends on", "until", "valid until", "valid to", "expires", "due date"),
            ),
            "auto_renew": ("auto renewal", "auto renew flag", "automatic renewal", "is auto renew"),
            "notice_period_days": ("notice days", "notice period", "cancellation notice days"),
            "acv": (
                *("annual contract value", "annual value", "arr", "annual recurring revenue"),
                *("annual amount", "yearly value", "contract value annual", "arr usd", "acv usd"),
                *("yearly amount", "yearly price", "annual price", "annual fee", "yearly fee"),
            ),
            "tcv": (
                *("total contract value", "contract value total", "total price", "net price"),
                *("total contract amount", "total base amount"),
            ),
            "currency": (*_CURRENCY, "currency iso code", "deal currency", "currency of value"),
            "list_acv": ("list price annual", "list arr"),
            "term_months": (
                *("contract term", "contract term months", "contract length months"),
                *("initial term", "term length months", "renewal term", "contract length"),
            ),
            "signed_at": ("signed date", "signature date", "booking date", "booked at"),
            "predecessor_contract_id": ("previous contract id", "renewed contract id"),
        },
        telling=("term_end", "auto_renew", "acv", "term_months", "notice_period_days"),
        whole=("term_end", "acv"),
    ),
    Role(
        table="subscription_items",
        nouns=(
            *("subscriptions", "subscription lines", "subscription plans", "memberships"),
            *("subscription charges", "recurring charges", "mrr", "monthly revenue", "revenue"),
            *("subscription snapshots", "mrr snapshots", "mrr history", "recurring revenue"),
            *("rate plan charges", "revenue lines", "mrr movements", "subscription movements"),
        ),
        columns={
            "item_id": ("id", "subscription id", "subscription item id", "line id"),
            "contract_id": ("contract", "agreement id", "subscription id"),
            "account_id": _ACCOUNT_ID,
            "plan": ("plan name", "product", "product name", "plan id", "price id", "tier"),
            "product_id": ("product",),
            "quantity": (
                *("seats", "licenses", "seat count", "units", "number of seats", "users"),
                *("number of licenses", "plan quantity"),
            ),
            "unit_price": ("price", "unit amount"),
            "mrr": (
                *("monthly recurring revenue", "mrr amount", "monthly amount", "monthly fee"),
                *("monthly price", "monthly revenue", "monthly charge", "mrr usd", "mrr eur"),
            ),
            "currency": _CURRENCY,
            "effective_from": (
                *("start date", "started at", "start", "valid from", "subscription start date"),
                *("subscription started at", "subscription activated at"),
                *("activated at", "current term start", "current period start", "created at"),
                *("subscribed at", "subscribed", "sign up date", "signed up at", "first billed at"),
                *("from date", "from", "begin date", "service start date", "effective start date"),
                *("service start", "first payment date", "term start date", "begin"),
                *("created", "month", "snapshot month", "snapshot date", "as of month", "period"),
            ),
            "effective_to": (
                *("ended at", "end date", "valid to", "cancelled at", "churned at", "churn date"),
                *("subscription end date", "terminated at", "end", "expired at", "cancel date"),
                *("to date", "to", "effective end date", "service end date", "customer churned"),
            ),
        },
        telling=("mrr", "quantity", "effective_to"),
        whole=("mrr", "effective_from", "effective_to"),
    ),
    Role(
        table="contract_events",
        nouns=(
            *("churn events", "churns", "cancellations", "subscription events", "lost customers"),
            *(
                "churn log",
                "cancellation log",
                "churned accounts",
                "lost accounts",
                "churn tracker",
            ),
            *("contract changes", "churned customers", "subscription changes"),
        ),
        columns={
            "event_id": ("id", "churn event id"),
            "account_id": _ACCOUNT_ID,
            "contract_id": ("subscription id", "contract"),
            "event_type": ("type", "event", "change type", "action"),
            "effective_at": (
                *("churn date", "churned at", "cancel date", "cancelled at", "event date"),
                *("effective date", "date", "end date", "cancellation date"),
            ),
            "reason_code": ("reason", "churn reason", "cancel reason", "cancellation reason"),
            "reason_text": ("comment", "feedback text", "notes"),
        },
        telling=("reason_code",),
    ),
    Role(
        table="invoices",
        nouns=(
            *("bills", "billing", "invoice headers", "payments", "charges", "receipts", "orders"),
            *("purchases", "transactions", "sales orders", "sales", "invoice lines"),
            *("invoice line items", "invoice items"),
        ),
        columns={
            "invoice_id": (
                *("id", "invoice number", "number", "invoice", "document number", "order id"),
                *("payment id", "charge id", "transaction id", "order number", "receipt number"),
            ),
            "account_id": _ACCOUNT_ID,
            "issued_at": (
                *("invoice date", "issue date", "issued on", "date", "transaction date"),
                *(
                    "created",
                    "created at",
                    "billed at",
                    "billing date",
                    "document date",
                    "posting date",
                    "txn date",
                ),
                *("bill date", "finalized at", "invoice created at"),
                *("transaction date", "payment date", "charge date", "order date"),
                *("purchase date", "period start"),
            ),
            "due_at": ("due date", "due", "payment due date", "payment due", "invoice due date"),
            "amount_due": (
                *("total", "amount", "invoice amount", "total amount", "grand total"),
                *("invoice total", "gross amount", "amount total", "net amount", "total due"),
                *("total gross", "total net", "details totals grand total", "details totals total"),
                *("totals grand total", "totals total", "subtotal", "total entered"),
                *("due", "amount outstanding", "balance due", "open amount"),
            ),
            "amount_paid": (
                *("paid amount", "amount received", "payments applied", "invoice amount paid"),
                *("paid", "total paid"),
            ),
            "currency": (*_CURRENCY, "invoice currency", "currency iso code"),
            "paid_at": (
                *("paid date", "payment date", "paid on", "settled at", "date paid"),
                *("fully paid on date", "paid in full at", "paid"),
            ),
            "status": ("invoice status", "payment status", "state", "invoice state"),
            "attempt_count": ("attempts", "dunning attempts", "payment attempts"),
        },
        telling=("due_at", "amount_due", "paid_at", "amount_paid"),
    ),
    Role(
        table="seats",
        nouns=("licenses", "license assignments", "user licenses", "seat assignments"),
        columns={
            "account_id": _ACCOUNT_ID,
            "product_user_id": ("user id", "member id", "user", "email"),
            "status": ("state",),
            "invited_at": ("invite date", "created at", "invited on"),
            "activated_at": ("activation date", "assigned at", "joined at"),
            "deactivated_at": ("removed at", "revoked at", "deactivation date"),
        },
        telling=("activated_at", "deactivated_at", "invited_at"),
    ),
    Role(
        table="usage_daily",
        nouns=(
            *("usage", "daily usage", "feature usage", "product usage", "usage by day"),
            *("daily activity", "user activity daily", "daily active users", "feature events"),
            *("usage metrics", "usage stats", "usage statistics", "adoption", "product adoption"),
            *("minutes", "usage minutes", "active minutes", "time in app", "product activity"),
            *("api requests", "api calls", "api usage", "requests by endpoint", "request counts"),
            *("daily requests", "request log", "metered usage", "usage records", "consumption"),
        ),
        columns={
            "account_id": _ACCOUNT_ID,
            "product_user_id": (
                *("user id", "user", "member id", "username", "person id", "user email"),
                *("visitor id", "end user id", "user name", "login name", "actor id", "person"),
            ),
            "feature_id": (
                *("feature", "feature name", "module", "event name", "event type", "endpoint"),
                *("api", "route", "operation", "api endpoint", "meter", "meter name", "sku"),
            ),
            "date": ("usage date", "day", "activity date", "event date", "usage day"),
            "events": (
                *("event count", "count", "usage count", "sessions", "logins", "actions"),
                *("session count", "login count", "number of events", "total events", "uses"),
                *("logins count", "page views", "pageviews", "hits", "api calls", "requests"),
                *("number of sessions", "number of logins", "total sessions", "total logins"),
                "number of actions",
            ),
            "minutes": (
                *("minutes used", "duration minutes", "active minutes", "time spent minutes"),
                *("number of minutes", "usage minutes", "time on site minutes"),
            ),
            "errors": ("error count", "failed requests", "failures", "failed calls"),
        },
        telling=("events", "minutes", "feature_id"),
        whole=("date", "feature_id", "events"),
    ),
    Role(
        table="usage_events",
        nouns=(
            *("events", "product events", "tracks", "page views", "pageviews", "screens"),
            *("clicks", "actions", "logins", "sessions", "user events", "event log", "app events"),
            *("activity log", "audit log", "log", "user actions"),
        ),
        columns={
            "account_id": (*_ACCOUNT_ID, "group id"),
            "product_user_id": (
                *("user id", "distinct id", "user", "member id", "username", "user email"),
                *("person id", "actor id", "profile id", "email", "anonymous id", "visitor id"),
                *("login name", "user name", "end user id"),
            ),
            "feature_id": (
                *("event type", "event name", "event", "feature", "feature name", "action"),
                *("activity type", "name", "event action", "page", "type"),
            ),
            "occurred_at": (
                *("event time", "event timestamp", "timestamp", "time", "original timestamp"),
                *("happened at", "client event time", "event date", "created at", "date", "login"),
                *("derived timestamp", "collector timestamp", "device created timestamp"),
            ),
            "known_at": ("received at", "server received time", "server upload time"),
        },
        telling=("product_user_id", "feature_id", "occurred_at"),
    ),
    Role(
        table="features",
        nouns=("feature catalogue", "feature catalog", "event types", "product features"),
        columns={
            "feature_id": ("id", "feature", "key", "value", "feature key"),
            "name": ("feature name", "display name", "display", "title"),
            "module": ("category", "area"),
            "released_at": ("release date", "launched at", "created at"),
            "retired_at": ("sunset date", "deprecated at"),
        },
    ),
    Role(
        table="tickets",
        nouns=(
            *("support tickets", "cases", "conversations", "support cases", "support requests"),
            *("help desk tickets", "incidents", "issues", "helpdesk tickets", "requests"),
            *("support", "help desk", "helpdesk", "service desk", "customer support"),
            *("complaints", "service requests", "bug reports", "bugs", "defects", "service calls"),
        ),
        columns={
            "ticket_id": ("id", "case id", "ticket number", "case number", "key", "issue key"),
            "account_id": _ACCOUNT_ID,
            "requester_person_id": ("requester id", "contact id", "requester", "reporter"),
            "created_at": (
                *("created", "created date", "opened at", "open date", "submitted at"),
                *("created time", "date created", "opened date", "reported at", "date opened"),
                *("create date", "date", "ticket date", "initially created at", "opened"),
                *("started at", "received at", "logged at", "raised at", "submitted", "open time"),
            ),
            "priority": ("severity", "urgency", "ticket priority", "priority name"),
            "status": ("state", "ticket status", "case status", "status name"),
            "category": ("type", "issue type", "ticket type", "topic", "ticket category", "reason"),
            "channel": ("via channel", "source", "origin", "contact channel"),
            "first_response_at": (
                *("first response time", "first replied at", "first agent reply date"),
                *("first response date", "initial response time", "first reply at"),
            ),
            "resolved_at": (
                *("closed at", "solved at", "closed date", "resolved date", "resolution date"),
                *("date closed", "resolved time", "closed time", "resolved", "closed"),
                *("close date", "last closed at", "date resolved", "date solved", "completed at"),
                *("close time", "last resolved at", "solved", "resolution time", "finished at"),
            ),
            "reopen_count": ("reopens", "reopened count"),
            "csat_score": (
                *("satisfaction score", "csat", "satisfaction rating", "customer satisfaction"),
                *("customer satisfaction rating", "csat rating", "rating", "satisfaction"),
            ),
            "changed_at": ("updated at", "last modified", "last modified date", "updated"),
        },
        telling=("priority", "resolved_at", "first_response_at", "csat_score"),
    ),
    Role(
        table="survey_responses",
        nouns=(
            *("surveys", "nps responses", "nps", "csat responses", "csat", "ces responses", "ces"),
            *("feedback", "responses", "ratings", "nps scores", "survey results", "survey answers"),
            *("feedback submissions", "satisfaction surveys", "nps survey", "nps results"),
        ),
        columns={
            "survey_id": ("id", "response id", "answer id", "submission id"),
            "survey_type": ("type", "survey", "survey name", "kind"),
            "account_id": _ACCOUNT_ID,
            "person_id": (
                "contact id",
                "respondent id",
                "user id",
                "respondent",
                "respondent email",
            ),
            "sent_at": (
                *("sent date", "send date", "survey date", "invited at", "created at", "date"),
                *("created", "month", "quarter", "submitted at", "completed at", "survey sent"),
                *("sent", "response date", "responded on", "start date", "response time"),
            ),
            "responded_at": (
                *("response date", "answered at", "submitted at", "completed at", "date"),
                *("responded on", "survey date", "response time", "created at", "created"),
                *("responded", "completion date", "end date", "completed", "submitted"),
            ),
            "score": (
                *("nps score", "rating", "csat score", "ces score", "nps", "csat", "ces", "answer"),
                *("response", "value", "nps rating", "survey score", "likelihood to recommend"),
                *("nps value", "recommendation score", "likelihood", "rating value"),
            ),
            "comment": ("feedback", "verbatim", "verbatim comment", "text", "comments", "reason"),
        },
        telling=("score", "comment"),
    ),
    Role(
        table="activities",
        nouns=(
            *("meetings", "calls", "tasks", "engagements", "interactions", "touchpoints", "events"),
            *("crm activities", "csm activities", "customer meetings", "timeline", "call log"),
            *("appointments", "phone calls", "phonecalls", "meeting notes", "notes"),
        ),
        columns={
            "activity_id": ("id", "meeting id", "call id", "task id", "event id", "engagement id"),
            "account_id": _ACCOUNT_ID,
            "person_ids": ("who id", "contact id", "attendees", "participants", "contact ids"),
            "type": (
                "activity type",
                "engagement type",
                "task subtype",
                "event subtype",
                "kind",
                "type name",
                "category",
            ),
            "direction": ("call direction",),
            "scheduled_at": (
                *("start time", "start date time", "scheduled for", "due date", "scheduled"),
                "scheduled start",
            ),
            "occurred_at": (
                *("activity date", "completed at", "date", "meeting date", "call date"),
                *("occurred on", "timestamp", "end time", "activity date time", "happened at"),
                *("started", "started at", "actual start", "actual end", "note date"),
            ),
            "attended": ("held", "completed"),
            "logged_at": ("created date", "created at", "created"),
        },
        telling=("type", "person_ids", "direction"),
    ),
    Role(
        table="goals",
        nouns=("objectives", "milestones", "success plans", "onboarding tasks"),
        columns={
            "goal_id": ("id", "objective id", "milestone id"),
            "account_id": _ACCOUNT_ID,
            "kind": ("type", "goal type"),
            "title": ("name", "objective", "milestone", "description"),
            "planned_at": ("created at", "planned date", "start date"),
            "due_at": ("due date", "target date", "deadline"),
            "achieved_at": ("completed at", "achieved on", "completion date", "done at"),
            "status": ("state",),
            "changed_at": ("updated at",),
        },
        telling=("due_at", "achieved_at"),
    ),
    Role(
        table="account_events",
        nouns=("customer events", "company news"),
        columns={
            "event_id": ("id",),
            "account_id": _ACCOUNT_ID,
            "kind": ("type", "event type"),
            "occurred_at": ("date", "event date", "created at"),
        },
    ),
    Role(
        table="labels",
        nouns=("churn labels",),
        columns={
            "account_id": _ACCOUNT_ID,
            "as_of": ("snapshot date", "as of date"),
            "churned": ("churn", "is churned", "churn flag"),
        },
    ),
)
"""In the order of the contract."""

DELETED = ("is deleted", "deleted", "_fivetran_deleted", "is archived", "archived")
"""Flags of rows that are no longer there."""

CHURN_FLAGS = (
    *("churn", "churned", "is churned", "has churned", "churn flag", "churn label", "churn value"),
    *("exited", "attrition", "attrition flag", "left", "is churn", "churn status"),
    *("customer status", "cancelled", "is cancelled"),
)
"""Names of a column that says who left."""

_BY_TABLE = {role.table: role for role in ROLES}


def role_of(table: str) -> Role:
    """Return the role of a canonical table.

    Parameters
    ----------
    table : str

    Returns
    -------
    Role

    Raises
    ------
    KeyError
        If no table has that name.
    """
    return _BY_TABLE[table]
