import pandas as pd
import pytest

from churngrid.demo.traps.at_the_source import LEAVING_CATEGORIES

DAY = pd.Timedelta(days=1)
END = pd.Timestamp("2026-01-01")


@pytest.fixture(scope="module")
def leavers(company):
    truth = company.truth.set_index("account_id")
    return truth[truth["route"].isin(["notice", "mna", "shutdown"])]


def versions(table, key):
    return table.groupby(key).size()


def changing(table, key, column):
    """Rows that give an entity another value than it had."""
    different = table.drop_duplicates([*key, column])
    return different[different.duplicated(key)]


def test_usage_collapses_after_notice(company, leavers):
    used = company.tables["usage_daily"]
    used = used.assign(notice=used["account_id"].map(leavers["decided_at"]))
    since = (used["date"] - used["notice"]).dt.days
    ends = used["account_id"].map(leavers["ends_at"])
    running = (ends - used["notice"]).dt.days > 60
    before = since.between(-30, -1) & running
    after = since.between(1, 30) & running
    assert 0 < after.sum() < 0.5 * before.sum()


def test_usage_does_not_yet_collapse_before_the_notice(company, leavers):
    used = company.tables["usage_daily"]
    since = (used["date"] - used["account_id"].map(leavers["decided_at"])).dt.days
    assert since.between(-30, -1).sum() > 0.75 * since.between(-60, -31).sum()


def test_only_leavers_ask_for_cancellation_export_and_off_boarding(company, leavers):
    tickets = company.tables["tickets"]
    asked = tickets[tickets["category"].isin(LEAVING_CATEGORIES)]
    assert set(asked["category"]) == set(LEAVING_CATEGORIES)
    # Some of them have not said so before the data ends.
    assert asked["account_id"].isin(leavers.index).mean() > 0.97
    distance = asked["created_at"] - asked["account_id"].map(leavers["decided_at"])
    assert (distance.dropna().abs() < 40 * DAY).all()


def test_red_sentiment_follows_the_announcement(company, leavers):
    events = company.tables["account_events"]
    red = events[(events["kind"] == "csm_sentiment") & (events["value_text"] == "red")]
    since = red["known_at"] - red["account_id"].map(leavers["decided_at"])
    soon = since.between(pd.Timedelta(0), 8 * DAY)
    assert red.loc[soon, "account_id"].nunique() > 0.5 * len(leavers)


def test_former_customers_are_written_over_after_the_end(company):
    accounts = company.tables["accounts"]
    over = accounts[accounts["segment"] == "Former customer"]
    assert (over["csm_id"] == "churn queue").all()
    ends = over["account_id"].map(company.truth.set_index("account_id")["ends_at"])
    assert len(over) > 50
    assert (over["known_at"] > ends).all()
    first = accounts.sort_values("known_at").groupby("account_id").first()
    assert "Former customer" not in set(first["segment"])


def test_ends_of_terms_are_shortened_afterwards(company):
    contracts = company.tables["contracts"].query("term_months > 1").sort_values("known_at")
    changes = contracts.groupby("contract_id")["term_end"].agg(["first", "last", "nunique"])
    shortened = changes[changes["nunique"] > 1]
    assert len(shortened) > 10
    assert (shortened["last"] < shortened["first"]).all()
    later = contracts[contracts["contract_id"].isin(shortened.index)]
    ends = company.truth.set_index("account_id")["ends_at"]
    newest = later.groupby("contract_id").last()
    assert (newest["known_at"] > newest["account_id"].map(ends)).all()


def test_licences_are_taken_away_on_the_last_day(company):
    seats = company.tables["seats"]
    ends = seats["account_id"].map(company.truth.set_index("account_id")["ends_at"])
    on_last_day = (seats["status"] == "deactivated") & (ends - seats["known_at"] < DAY)
    on_last_day &= seats["known_at"] < ends
    assert on_last_day.sum() > 100


def test_bills_are_paid_later_and_bad_debt_is_written_off(company):
    invoices = company.tables["invoices"]
    assert (versions(invoices, "invoice_id") > 1).mean() > 0.8
    late = invoices[invoices["status"] == "paid"]
    assert (late["paid_at"] > late["due_at"] + 15 * DAY).sum() > 50
    lost = invoices[invoices["status"] == "written_off"]
    routes = lost["account_id"].map(company.truth.set_index("account_id")["route"])
    assert len(lost) > 0
    assert set(routes) == {"payment_failure"}


def test_priorities_change_later(company):
    assert len(changing(company.tables["tickets"], ["ticket_id"], "priority")) > 100


def test_survey_answers_are_edited_later(company):
    rows = company.tables["survey_responses"].dropna(subset=["score"])
    assert len(changing(rows, ["survey_id", "person_id", "sent_at"], "score")) > 10


def test_usage_of_a_few_accounts_arrives_late(company):
    used = company.tables["usage_daily"]
    late = used["known_at"] - used["date"] > 3 * DAY
    share = used[late]["account_id"].nunique() / len(company.truth)
    assert 0.01 < share < 0.1
    assert (used.loc[late, "known_at"] - used.loc[late, "date"]).max() > 30 * DAY


def test_contacts_are_found_to_have_left_long_ago(company):
    people = company.tables["people"]
    age = people["left_known_at"] - people["left_account_at"]
    assert (age > 250 * DAY).sum() > 5


def test_one_manager_writes_meetings_down_weeks_later(company):
    acts = company.tables["activities"]
    late = acts[acts["logged_at"] - acts["occurred_at"] > 14 * DAY]
    accounts = company.tables["accounts"].groupby("account_id")["csm_id"].first()
    assert len(late) > 100
    assert set(late["account_id"].map(accounts)) == {"csm_02"}
    assert (acts["known_at"] == acts["logged_at"]).all()


def test_outreach_rises_with_risk(company, leavers):
    acts = company.tables["activities"]
    mails = acts[(acts["direction"] == "outbound") & (acts["type"] == "email")]
    before = mails["account_id"].map(leavers["decided_at"]) - mails["occurred_at"]
    of_leavers = before.between(pd.Timedelta(0), 120 * DAY).sum() / len(leavers)
    stays = company.truth.loc[~company.truth["churned"], "account_id"]
    quiet = mails[mails["account_id"].isin(stays) & (mails["occurred_at"] > END - 120 * DAY)]
    assert of_leavers > 1.5 * len(quiet) / len(stays)


def test_maturity_is_scored_down_after_notice(company, leavers):
    events = company.tables["account_events"]
    answers = events[(events["kind"] == "maturity_answer") & (events["evidence_type"] == "c")]
    after = answers["occurred_at"] > answers["account_id"].map(leavers["decided_at"])
    assert after.sum() > 50
    assert answers[after]["value_num"].mean() < answers[~after]["value_num"].mean() - 1.0


def test_old_news_are_entered_after_the_loss(company):
    events = company.tables["account_events"]
    found = events[events["source"] == "post_mortem"]
    ends = found["account_id"].map(company.truth.set_index("account_id")["ends_at"])
    assert len(found) > 20
    assert (found["occurred_at"] < ends).all()
    assert (found["known_at"] > ends).all()


def test_automatic_renewal_is_switched_off_before_the_notice(company, leavers):
    contracts = company.tables["contracts"].sort_values("known_at")
    switched = changing(contracts, ["contract_id"], "auto_renew")
    newest = contracts.groupby("contract_id").last()
    assert not newest.loc[switched["contract_id"], "auto_renew"].any()
    off = switched.groupby("account_id")["known_at"].first()
    ahead = leavers["decided_at"].reindex(off.index) - off
    assert len(off) > 20
    assert ahead.between(pd.Timedelta(0), 20 * DAY).all()


def test_families_share_a_parent(company):
    parents = company.tables["accounts"].groupby("account_id")["parent_account_id"].first()
    assert parents.value_counts().max() >= 3
