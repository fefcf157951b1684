"""A metric that looks ahead is caught; those that churngrid ships are not."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.errors import LeakageError
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.measures import Count, Total
from churngrid.features.metrics.metric import Metric
from churngrid.features.metrics.row_selection import Filled, Select, Window
from churngrid.features.schema.settings import Settings
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.dataset.look_ahead_proof import _constant, as_it_stood, prove
from tests.build import day, tables_of
from tests.checks.small_company import DAY, small_company

AS_OF = day("2025-06-01")


def paid_invoices(select):
    return Metric(
        name="paid_invoices",
        component="financial",
        measure=Count(select),
        label="paid invoices",
        unit="invoices",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Invoices that were paid.",
    )


LEAKING = paid_invoices(Select("invoices", (Filled("paid_at"),)))
HONEST = paid_invoices(Select("invoices", (Filled("paid_at"),), at="paid_at"))


@pytest.fixture
def tables():
    """An invoice issued in May and paid in July: an outcome written into an old row."""
    started = day("2024-01-01")
    return tables_of(
        {
            "accounts": pd.DataFrame(
                {"account_id": ["a"], "customer_since": started, "valid_from": started}
            ).assign(known_at=started),
            "invoices": pd.DataFrame(
                {
                    "invoice_id": ["i"],
                    "account_id": "a",
                    "issued_at": AS_OF - 20 * DAY,
                    "paid_at": AS_OF + 40 * DAY,
                    "known_at": AS_OF - 20 * DAY,
                }
            ),
        }
    )


def proven(tables, metric, *dates):
    features = compute_features(tables, known_accounts(tables, dates), metrics=[metric])
    return prove(tables, features, [metric])


def test_an_outcome_read_without_its_clock_is_a_leak(tables):
    message = (
        r"'paid_invoices' looks ahead: for account 'a' as of 2025-06-01 it is 1, but 0 from "
        r"what was known then\. Fix its declaration"
    )
    with pytest.raises(LeakageError, match=message):
        proven(tables, LEAKING, AS_OF)


def test_the_same_outcome_by_its_clock_is_honest(tables):
    proof = proven(tables, HONEST, AS_OF, AS_OF + 41 * DAY)
    assert proof.values == 2  # noqa: PD011 - a count, no frame
    assert proof.constant == ()


def test_a_leaking_measure_is_caught_whatever_it_reads(tables):
    """Any measure that reads around `known_at` differs on cut tables."""

    class Peeking(Count):
        def evaluate(self, known):
            return super().evaluate(known) + known.whole("invoices").num_rows

    # The feed has delivered before, else the number is withheld and nothing is peeked at.
    early = tables["invoices"]
    late = early.set_column(0, "invoice_id", pa.array(["j"], early.schema.types[0]))
    place = late.column_names.index("known_at")
    known = pa.array([AS_OF.to_pydatetime()], late.schema.field("known_at").type)
    moved = late.set_column(place, "known_at", pa.chunked_array([known]))
    peeking = paid_invoices(Peeking(Select("invoices", window=Window(28))).select)
    object.__setattr__(peeking, "measure", Peeking(peeking.measure.select))
    both = pa.concat_tables([early, moved])
    changed = type(tables)({**tables.by_name, "invoices": both}, tables.collected)
    with pytest.raises(LeakageError, match="'paid_invoices_28d' looks ahead"):
        proven(changed, peeking, AS_OF)


def test_a_status_that_came_with_a_later_date_is_cut_away_with_it():
    """Seats without a date are dated by their status, so it must not outlive the date."""
    given, ahead = AS_OF - 30 * DAY, AS_OF + DAY
    seats = pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": ["later", "undated", "leaves", "stays"],
            "status": ["active", "active", "deactivated", "active"],
            "activated_at": [ahead, pd.NaT, given, given],
            "deactivated_at": [pd.NaT, pd.NaT, ahead, ahead],
            "known_at": given,
        }
    )
    accounts = pd.DataFrame({"account_id": ["a"], "customer_since": given, "known_at": given})
    tables = tables_of({"accounts": accounts, "seats": seats})
    cut = as_it_stood(tables, AS_OF)
    assert cut["seats"]["status"].to_pylist() == [None, "active", None, "active"]
    assigned = replace(
        HONEST,
        measure=Count(Select("seats", after=("activated_at",), until="deactivated_at")),
    )
    features = compute_features(tables, known_accounts(tables, [AS_OF]), metrics=[assigned])
    assert features.frame.to_numpy().tolist() == [[3.0]]
    assert prove(tables, features, [assigned]).rows == 1


def test_what_is_paid_later_was_owed_in_full_before(tables):
    """An invoice that says it is paid without a date was paid when due: not so before it was."""
    said = {"amount_due": 9.0, "amount_paid": 9.0, "status": "paid"}
    invoices = tables["invoices"].to_pandas().assign(**said)
    part = invoices.assign(invoice_id="part", status="open", amount_paid=4.0, paid_at=pd.NaT)
    invoices = pd.concat([invoices, part], ignore_index=True)
    told = tables_of({"accounts": tables["accounts"].to_pandas(), "invoices": invoices})
    cut = as_it_stood(told, AS_OF)["invoices"]
    assert cut["status"].to_pylist() == [None, "open"]
    assert cut["amount_paid"].to_pylist() == [None, 4.0]
    after = as_it_stood(told, AS_OF + 41 * DAY)["invoices"]
    assert after["status"].to_pylist() == ["paid", "open"]
    owed = replace(HONEST, measure=Total(Select("invoices", until="settled_at"), "owed"))
    features = compute_features(told, known_accounts(told, [AS_OF]), metrics=[owed])
    assert features.frame.to_numpy().tolist() == [[14.0]]
    assert prove(told, features, [owed]).rows == 1


def test_tables_as_they_stood_have_neither_later_rows_nor_later_outcomes(tables):
    before, on = (as_it_stood(tables, AS_OF - days * DAY) for days in (20, 19))
    assert before["invoices"].num_rows == 0
    assert on["invoices"].num_rows == 1
    assert on["invoices"]["paid_at"].null_count == 1
    assert as_it_stood(tables, AS_OF + 40 * DAY)["invoices"]["paid_at"].null_count == 1
    assert as_it_stood(tables, AS_OF + 41 * DAY)["invoices"]["paid_at"].null_count == 0


def test_plans_are_not_cut_away():
    """A due date or the end of a term lies ahead by nature."""
    tables, date = small_company(4, seed=2), day("2025-10-01")
    cut = as_it_stood(tables, date)
    ends = cut["contracts"]["term_end"].to_pandas()
    assert (ends >= date).any()
    assert not (cut["tickets"]["resolved_at"].to_pandas() >= date).any()


@pytest.fixture(scope="module")
def dataset():
    dates = [day(f"2024-{month:02}-01") for month in (3, 5, 7, 9, 11)]
    return build_dataset(
        small_company(30, months=30, seed=4),
        Settings(),
        scorecard=read_scorecard(None, METRICS),
        rubric=read_rubric(None),
        as_of=dates,
    )


def test_the_dataset_of_the_invented_company_carries_its_proof(dataset):
    proof = dataset.proof
    assert proof.dates == ("2024-03-01", "2024-07-01", "2024-11-01")
    assert proof.dataset_rows == len(dataset.X)
    assert proof.accounts == dataset.X.index.get_level_values("account_id").nunique()
    assert proof.values == proof.rows * dataset.features.frame.shape[1]  # noqa: PD011 - a count, no frame
    assert "all equal" in str(proof)
    assert f"{proof.accounts:,} independent accounts" in str(proof)


def test_metrics_that_never_vary_inside_an_account_are_named(dataset):
    frame = dataset.features.frame
    for column in dataset.proof.constant:
        assert frame[column].groupby(level="account_id").nunique(dropna=False).max() == 1
    assert "active_users_28d" not in dataset.proof.constant
    assert "tenure_days" not in dataset.proof.constant


def test_a_column_varies_if_it_differs_or_is_missing_once_inside_an_account():
    index = pd.MultiIndex.from_product([["b", "a"], pd.date_range("2025-01-01", periods=3)])
    frame = pd.DataFrame(
        {
            "same": [1.0, 1, 1, 2, 2, 2],
            "differs": [1.0, 1, 3, 2, 2, 2],
            "missing_once": [1.0, 1, 1, 2, np.nan, 2],
            "missing_for_one": [np.nan, np.nan, np.nan, 2, 2, 2],
            "empty": np.nan,
        },
        index=index.set_names(["account_id", "as_of"]),
    )
    assert _constant(frame.iloc[[0, 3, 1, 4, 2, 5]]) == ("same", "missing_for_one")
    assert _constant(frame.iloc[:0]) == ()


def test_cut_tables_keep_what_the_company_says_of_itself(tables):
    own = replace(tables, currency="EUR", grace_days=7, plans=("bronze", "gold"))
    cut = as_it_stood(own, AS_OF)
    told = [one.name for one in fields(own) if one.init and one.name != "by_name"]
    assert {name: getattr(cut, name) for name in told} == {n: getattr(own, n) for n in told}


def test_a_company_that_bills_in_its_own_currency_looks_at_nothing_ahead():
    starts = [day("2024-01-01"), day("2025-01-01")]
    frames = {
        "accounts": pd.DataFrame({"account_id": ["a"]}),
        "contracts": pd.DataFrame(
            {
                "contract_id": ["first", "second"],
                "account_id": "a",
                "term_start": starts,
                "term_end": [starts[1], day("2026-01-01")],
                "acv": [12_000.0, 13_000.0],
                "currency": "EUR",
            }
        ),
    }
    tables = read_tables(frames, Settings(currency="EUR"))
    arr = tuple(metric for metric in METRICS if metric.name == "arr")
    pairs = known_accounts(tables, [AS_OF])
    features = compute_features(tables, pairs, metrics=arr)
    assert features.frame["arr"].tolist() == [13_000.0]
    assert str(prove(tables, features, arr)).startswith("2 numbers of 1 rows")


def test_a_ticket_that_is_closed_by_now_was_open_until_it_was_resolved():
    tickets = pd.DataFrame(
        {
            "ticket_id": ["later", "before"],
            "account_id": "a",
            "priority": "critical",
            "status": "solved",
            "created_at": AS_OF - 20 * DAY,
            "resolved_at": [AS_OF + 5 * DAY, AS_OF - 5 * DAY],
            "known_at": AS_OF - 20 * DAY,
        }
    )
    started = day("2024-01-01")
    accounts = {"account_id": ["a"], "customer_since": started, "valid_from": started}
    accounts = pd.DataFrame(accounts).assign(known_at=started)
    tables = tables_of({"accounts": accounts, "tickets": tickets})
    assert as_it_stood(tables, AS_OF)["tickets"]["status"].to_pylist() == [None, "solved"]
    metrics = [metric for metric in METRICS if metric.name == "open_critical_tickets"]
    features = compute_features(tables, known_accounts(tables, [AS_OF]), metrics=metrics)
    assert features.frame["open_critical_tickets"].tolist() == [1.0]
    prove(tables, features, metrics)
