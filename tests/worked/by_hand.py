"""Metrics once more, with pandas and from the tables themselves: what sentences are held against.

Nothing of the engine is used. Every function takes the tables as they were known before a date and
returns one number an account; an account that is not in it has no facts.
"""

import numpy as np
import pandas as pd

BACKERS = {"exec_sponsor", "champion"}
TALKS = {"meeting", "call", "qbr", "training"}


class ByHand:
    """Tables of a company as they were known before a date."""

    def __init__(self, frames, as_of):
        self.frames, self.as_of = frames, as_of
        self.accounts = frames["accounts"]["account_id"].unique()

    def before(self, days):
        """The same company, so many days earlier."""
        return ByHand(self.frames, self.as_of - pd.Timedelta(days=days))

    def rows(self, name):
        frame = self.frames[name]
        return frame[frame["known_at"] < self.as_of]

    def newest(self, name, keys):
        frame = self.rows(name).sort_values("known_at", kind="stable")
        return frame.drop_duplicates(keys, keep="last")

    def ago(self, days):
        return self.as_of - pd.Timedelta(days=days)

    def within(self, frame, column, days, ends=0):
        return frame[(frame[column] >= self.ago(days)) & (frame[column] < self.ago(ends))]

    def value(self, column):
        return METRICS[column](self) if column in METRICS else None


def sizes(frame):
    return frame.groupby("account_id").size().astype(float)


def filled(hand, counts):
    return counts.reindex(hand.accounts, fill_value=0.0)


def days_since(hand, moments):
    return (hand.as_of - moments) / pd.Timedelta(days=1)


def usage(hand, days, ends=0, *, value=True):
    rows = hand.within(hand.rows("usage_daily"), "date", days, ends)
    rows = rows[rows["events"] > 0]
    features = hand.frames["features"]
    if value and "is_value_event" in features:
        named = features.loc[features["is_value_event"].eq(True), "feature_id"]
        rows = rows[rows["feature_id"].isin(named)]
    return rows


def users(hand, days=28, ends=0):
    return filled(hand, usage(hand, days, ends).groupby("account_id")["product_user_id"].nunique())


def change_in_users(hand):
    now, then = users(hand), users(hand, 56, 28)
    return (now / then - 1.0).where(then > 0)


def slope(hand):
    weeks = [np.log1p(users(hand, 7 * (n + 1), 7 * n)) for n in range(12)][::-1]
    frame = pd.concat(weeks, axis=1)
    place = np.arange(12) - 5.5
    return (frame.to_numpy() @ place / (place**2).sum()) * pd.Series(1.0, frame.index)


def since_use(hand):
    newest = usage(hand, 20_000).groupby("account_id")["date"].max()
    return days_since(hand, newest)


def seats(hand):
    rows = hand.newest("seats", ["account_id", "product_user_id"])
    active = (rows["activated_at"] < hand.as_of) & ~(rows["deactivated_at"] < hand.as_of)
    return sizes(rows[active])


def bought(hand):
    rows = hand.newest("subscription_items", ["item_id", "effective_from"])
    runs = (rows["effective_from"] < hand.as_of) & ~(rows["effective_to"] <= hand.as_of)
    beside = rows.loc[rows["change_type"] == "cross_sell", "item_id"]
    rows = rows[runs & (rows["unit"] == "seat") & ~rows["item_id"].isin(beside)]
    return rows.groupby("account_id")["quantity"].sum()


def gone(hand, rows):
    heard = rows["left_known_at"].fillna(rows["known_at"]) < hand.as_of
    return (rows["left_account_at"] < hand.as_of) & heard


def people(hand):
    """Everybody who is known, gone or not."""
    rows = hand.newest("people", ["person_id"])
    roles = rows["roles"].fillna("").str.split("|")
    return rows.assign(roles=roles, gone=gone(hand, rows))


def sponsors(hand):
    rows = people(hand)
    rows = rows[~rows["gone"]]
    there = rows[rows["roles"].map(lambda roles: "exec_sponsor" in roles)]
    return filled(hand, sizes(there))


def list_of(ids):
    return list(ids) if isinstance(ids, np.ndarray | list) else str(ids).split("|")


def touches(hand):
    rows = hand.rows("activities")
    rows = rows[(rows["occurred_at"] < hand.as_of)]
    both = (rows["type"].isin(TALKS) & rows["attended"].eq(True)) | rows["direction"].eq("inbound")
    rows = rows[both]
    rows = rows.assign(person_id=rows["person_ids"].map(list_of)).explode("person_id")
    rows = rows.merge(people(hand)[["person_id", "roles", "gone"]], on="person_id", how="left")
    # Who is on no list of people was still there to talk to.
    rows["roles"] = rows["roles"].map(lambda roles: roles if isinstance(roles, list) else [])
    return rows[~rows["gone"].eq(True)]


def contacts(hand):
    recent = hand.within(touches(hand), "occurred_at", 90)
    return filled(hand, recent.groupby("account_id")["person_id"].nunique().astype(float))


def since_sponsor(hand):
    rows = touches(hand)
    with_backer = rows[rows["roles"].map(lambda roles: bool(BACKERS & set(roles)))]
    return days_since(hand, with_backer.groupby("account_id")["occurred_at"].max())


def engaged(hand):
    rows = hand.within(touches(hand), "occurred_at", 90)
    backed = rows[rows["roles"].map(lambda roles: bool(BACKERS & set(roles)))]
    return filled(hand, backed.groupby("account_id")["person_id"].nunique().astype(float))


def since_meeting(hand):
    rows = hand.rows("activities")
    held = rows["type"].isin(["meeting", "qbr"]) & rows["attended"].eq(True)
    rows = rows[held & (rows["occurred_at"] < hand.as_of)]
    return days_since(hand, rows.groupby("account_id")["occurred_at"].max())


def goals(hand):
    rows = hand.newest("goals", ["goal_id"])
    return rows[rows["kind"].eq("business_goal")]


def dropped(rows):
    return rows["status"].isin(["cancelled", "dropped", "replaced"])


def on_track(hand):
    rows = goals(hand)
    kept = sizes(rows[~dropped(rows)])
    good = sizes(rows[rows["status"].isin(["on_track", "achieved"])])
    return good.reindex(kept.index, fill_value=0.0) / kept


def open_goals(hand):
    rows = goals(hand)
    there = ~dropped(rows) & ~rows["status"].eq("achieved")
    return filled(hand, sizes(rows[there & ~(rows["achieved_at"] < hand.as_of)]))


def goals_reached(hand):
    rows = hand.within(goals(hand), "achieved_at", 365)
    return filled(hand, sizes(rows[rows["confirmed_by_customer"].eq(True)]))


def events(hand, kind, days):
    rows = hand.within(hand.rows("account_events"), "occurred_at", days)
    return rows[rows["kind"].eq(kind)]


def counted(kind, days):
    return lambda hand: filled(hand, sizes(events(hand, kind, days)))


def answers(hand, days):
    rows = hand.newest("survey_responses", ["account_id", "survey_id", "person_id"])
    nps = rows["survey_type"].eq("nps") & rows["score"].notna()
    return hand.within(rows[nps], "responded_at", days)


def detractors(hand, days):
    rows = answers(hand, days)
    return filled(hand, sizes(rows[rows["score"] < 6.5]))


def tickets_opened(hand, days, ends=0):
    rows = hand.newest("tickets", ["ticket_id"])
    return filled(hand, sizes(hand.within(rows, "created_at", days, ends)))


def critical(hand):
    rows = hand.newest("tickets", ["ticket_id"])
    ended = rows["resolved_at"] < hand.as_of
    said = rows["status"].isin(["resolved", "solved", "closed"])
    closed = ended.where(rows["status"].isna() | rows["resolved_at"].notna() & said, said)
    urgent = rows["priority"].isin(["critical", "urgent"])
    there = rows["created_at"] < hand.as_of
    return filled(hand, sizes(rows[urgent & ~closed & there]))


def csm_view(hand):
    rows = hand.within(hand.rows("account_events"), "occurred_at", 90)
    colour = rows["value_text"].map({"red": -1.0, "yellow": 0.0, "green": 1.0})
    rows = rows.assign(view=rows["value_num"].fillna(colour))
    rows = rows[rows["kind"].eq("csm_sentiment") & rows["view"].notna()]
    return rows.sort_values("occurred_at").groupby("account_id")["view"].last()


def invoices(hand):
    return hand.newest("invoices", ["invoice_id"])


def overdue(hand):
    rows = invoices(hand)
    late = (rows["due_at"] < hand.as_of) & ~(rows["paid_at"] < hand.as_of)
    oldest = days_since(hand, rows[late].groupby("account_id")["due_at"].min())
    return filled(hand, oldest)


def volume(hand):
    return filled(hand, usage(hand, 28).groupby("account_id")["events"].sum().astype(float))


def different(column):
    def counted_in(hand):
        rows = usage(hand, 28, value=False)
        return filled(hand, rows.groupby("account_id")[column].nunique().astype(float))

    return counted_in


METRICS = {
    "usage_volume_28d": volume,
    "events_per_user_28d": lambda hand: (volume(hand) / users(hand).clip(lower=1.0)) / 4,
    "features_in_use_28d": different("feature_id"),
    "active_users_28d": users,
    "active_users_trend_28d": change_in_users,
    "usage_slope_84d": slope,
    "days_since_value_event": since_use,
    "active_user_rate_28d": lambda hand: users(hand) / seats(hand),
    "licence_utilisation": lambda hand: seats(hand) / bought(hand),
    "exec_sponsors": sponsors,
    "contacts_90d": contacts,
    "engaged_sponsors_90d": engaged,
    "days_since_sponsor_contact": since_sponsor,
    "days_since_meeting": since_meeting,
    "goals_on_track_share": on_track,
    "open_goals": open_goals,
    "goals_achieved_365d": goals_reached,
    "advocacy_acts_365d": counted("advocacy_act", 365),
    "upgrade_interest_180d": counted("upgrade_interest", 180),
    "training_requests_180d": counted("training_request", 180),
    "competitor_signals_180d": counted("competitor", 180),
    "leadership_changes_180d": counted("leadership_change", 180),
    "layoffs_180d": counted("layoff", 180),
    "detractors_180d": lambda hand: detractors(hand, 180),
    "detractors_lately_30d": lambda hand: detractors(hand, 30),
    "tickets_30d": lambda hand: tickets_opened(hand, 30),
    "earlier_tickets_90d": lambda hand: tickets_opened(hand, 120, 30),
    "open_critical_tickets": critical,
    "csm_sentiment_90d": csm_view,
    "days_overdue": overdue,
}
