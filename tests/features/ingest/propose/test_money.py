import pandas as pd
import pytest

from churngrid.features.ingest.in_memory import FrameSource
from churngrid.features.ingest.propose.money import Billed, annual, monthly
from churngrid.features.ingest.propose.profiles import profiles_of
from churngrid.features.ingest.propose.refine.currencies import currency_of


def profile(**columns):
    return profiles_of(FrameSource({"subscriptions": pd.DataFrame(columns)}))["subscriptions"]


def test_a_monthly_amount_is_taken_as_it_is():
    take = monthly(profile(mrr=["10", "20"]))
    assert (take.source, take.formula) == ("mrr", "")


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("arr", 'number("arr") / 12'),
        ("Annual Price", 'number("Annual Price") / 12'),
        ("mrr_cents", 'number("mrr_cents") / 100'),
        ("arr_cents", 'number("arr_cents") / 100 / 12'),
    ],
)
def test_years_and_cents_follow_from_the_name(name, formula):
    assert monthly(profile(**{name: ["1200", "2400"]})).formula == formula


def test_a_price_per_unit_is_multiplied_and_divided_by_its_interval():
    take = monthly(
        profile(unit_price=["10", "100"], seats=["3", "2"], billing_period=["Monthly", "annual"])
    )
    assert take.formula == (
        'number("seats") * number("unit_price") / (case lower("billing_period") '
        "when 'annual' then 12 when 'monthly' then 1 end)"
    )


def test_an_interval_nobody_knows_gives_nothing():
    assert monthly(profile(price=["10", "20"], interval=["month", "fortnightish"])) is None


def test_an_amount_without_an_interval_gives_nothing():
    assert monthly(profile(amount=["10", "20"])) is None


def test_steady_prices_within_a_plan_are_prices_of_one():
    rows = {
        "plan": ["a"] * 4 + ["b"] * 4,
        "amount": ["10"] * 4 + ["25"] * 4,
        "quantity": ["1", "2", "3", "4"] * 2,
        "interval": ["month"] * 8,
    }
    assert monthly(profile(**rows)).formula == 'number("quantity") * number("amount")'


def test_amounts_that_grow_with_the_quantity_hold_for_all_of_it():
    rows = {
        "plan": ["a"] * 4 + ["b"] * 4,
        "amount": ["10", "20", "30", "40", "25", "50", "75", "100"],
        "quantity": ["1", "2", "3", "4"] * 2,
        "interval": ["month"] * 8,
    }
    assert monthly(profile(**rows)).formula == 'number("amount")'


def test_a_yearly_value_is_found_for_contracts():
    assert annual(profile(mrr=["10"])).formula == 'number("mrr") * 12'


def test_the_currency_most_rows_name_is_taken():
    assert currency_of({"t": profile(currency=["usd", "eur", "usd"])}) == "USD"
    assert currency_of({"t": profile(mrr=["1"])}) is None


def test_what_was_invoiced_tells_the_price_of_one_from_that_of_all():
    rows = {
        "customer": ["a", "b", "c", "d"],
        "amount": ["10", "20", "30", "40"],
        "quantity": ["2", "3", "4", "5"],
        "interval": ["month"] * 4,
    }
    assert monthly(profile(**rows)) is None
    billed = Billed("customer", {"a": 20.0, "b": 60.0, "c": 120.0, "d": 200.0})
    assert monthly(profile(**rows), billed).formula == 'number("quantity") * number("amount")'
