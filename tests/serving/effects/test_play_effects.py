"""What plays do: draws from both sources, outcomes, intervals, a company where it is planted."""

import numpy as np
import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.demo.truth.programme import PLANTED
from churngrid.features.errors import SchemaError
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business
from churngrid.serving.api.effects import PlayEffects
from churngrid.serving.effects.assignments import draws_of
from churngrid.serving.effects.compare import (
    Group,
    kept_difference,
    rate_difference,
    smallest_visible,
)
from churngrid.serving.effects.effects import effects_of
from churngrid.serving.effects.outcomes import outcomes_of
from tests.build import day, tables_of

END = day("2025-12-31")


def group(count, units=None, weight=1.0):
    unit = np.arange(count) if units is None else np.asarray(units)
    return Group(np.full(count, weight), unit)


def happened(count, of):
    return np.arange(of) < count


def events(*rows):
    """Interventions from (account, text, day)."""
    frame = pd.DataFrame(rows, columns=["account_id", "value_text", "occurred_at"])
    frame = frame.assign(kind="intervention", known_at=frame["occurred_at"])
    return frame.assign(event_id=[f"e{n}" for n in range(len(frame))])


def stored(*rows):
    """Stored plays from (account, day, state, share)."""
    frame = pd.DataFrame(rows, columns=["account_id", "as_of", "state", "control_share"])
    frame["as_of"] = pd.to_datetime(frame["as_of"], utc=True)
    return frame.assign(play="save", experiment="one")


# --- the comparison -------------------------------------------------------------------------------


def test_difference_of_rates_is_newcombes():
    # R. G. Newcombe (1998), table II (a): 56 of 70 against 48 of 80, method 10.
    found = rate_difference(group(70), happened(56, 70), group(80), happened(48, 80))
    assert found.value == pytest.approx(0.2)
    # Its spread is that of units drawn with n - 1, so it is as much wider as that says.
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=2e-3)


@pytest.mark.parametrize("count", [0, 10])
def test_nobody_or_everybody_leaves_an_interval_that_is_no_point(count):
    found = rate_difference(group(10), happened(count, 10), group(10), happened(count, 10))
    assert found.value == 0
    assert found.low < -0.2
    assert found.high > 0.2


def test_accounts_that_are_drawn_together_count_as_one():
    apart = rate_difference(group(40), happened(20, 40), group(40), happened(10, 40))
    fours = np.repeat(np.arange(10), 4)
    together = rate_difference(
        group(40, fours), happened(20, 40), group(40, fours), happened(10, 40)
    )
    assert together.value == apart.value
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_weights_make_up_for_shares_that_differ():
    # Half of those with weight 4 left, none of those with weight 1.
    weight, unit = np.repeat([4.0, 1.0], 10), np.arange(20)
    left = np.concatenate([happened(5, 10), happened(0, 10)])
    found = rate_difference(Group(weight, unit), left, group(20), happened(0, 20))
    assert found.first == pytest.approx(0.4)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, inside = np.random.default_rng(5), 0
    for _ in range(1000):
        one, other = rng.random(60) < 0.10, rng.random(40) < 0.25
        found = rate_difference(group(60), one, group(40), other)
        inside += found.low <= -0.15 <= found.high
    assert 930 <= inside <= 985


def test_kept_money_counts_accounts_by_their_size():
    before, after = np.array([100.0, 900.0]), np.array([0.0, 900.0])
    found = kept_difference(group(2), (before, after), group(2), (before, before))
    assert (found.first, found.second) == pytest.approx((0.9, 1.0))
    assert found.low < found.value < found.high


def test_smaller_effects_are_seen_in_more_accounts():
    assert smallest_visible(0.1, 100, 100) == pytest.approx(2 * smallest_visible(0.1, 400, 400))


# --- the draws ------------------------------------------------------------------------------------


def test_first_draw_of_an_experiment_counts_from_either_source():
    tables = tables_of(
        {
            "account_events": events(
                ("b", "play=save;state=withheld;experiment=one", "2025-03-01"),
                ("b", "play=save;state=proposed;experiment=one", "2025-04-01"),
                ("a", "play=save;state=begun", "2025-02-20"),
                ("a", "play=save;state=begun", "2025-01-01"),
            )
        }
    )
    plays = stored(
        ("a", "2025-02-15", "proposed", 0.3),
        ("a", "2025-03-15", "open", 0.3),
        ("c", "2025-02-15", "waiting", 0.3),
        ("d", "2025-02-15", "open", 0.3),
        ("e", "2025-02-15", "proposed", 0.0),
    )
    draws = draws_of(tables, plays, END).set_index("account_id")
    assert draws["withheld"].to_dict() == {"a": False, "b": True, "c": False}
    assert draws["begun_at"].dropna().to_dict() == {"a": day("2025-02-20")}
    # b's share is the part of the experiment that was withheld, as nobody wrote it down.
    assert draws["share"].to_dict() == pytest.approx({"a": 0.3, "b": 1 / 3, "c": 0.3})


def test_draw_that_is_known_later_does_not_count_yet():
    tables = tables_of({"account_events": events(("a", "play=x;state=withheld", "2025-06-01"))})
    assert draws_of(tables, None, day("2025-06-01")).empty
    assert len(draws_of(tables, None, day("2025-06-02"))) == 1


# --- the outcomes ---------------------------------------------------------------------------------


def contracts(*rows):
    """Yearly contracts from (account, begin, end, acv)."""
    frame = pd.DataFrame(rows, columns=["account_id", "term_start", "term_end", "acv"])
    return frame.assign(
        contract_id=[f"c{n}" for n in range(len(frame))],
        known_at=frame["term_start"],
        signed_at=frame["term_start"],
        auto_renew=False,
        notice_period_days=30.0,
        currency="USD",
    )


def drawn(*rows):
    frame = pd.DataFrame(rows, columns=["account_id", "drawn_at"])
    return frame.assign(
        drawn_at=pd.to_datetime(frame["drawn_at"], utc=True).astype("datetime64[us, UTC]")
    )


def test_outcome_is_the_decision_within_the_days_and_the_arr_at_their_end():
    tables = tables_of(
        {
            "accounts": pd.DataFrame({"account_id": ["left", "stays", "none"]}),
            "contracts": contracts(
                ("left", "2024-01-01", "2024-12-31", 100.0),
                ("stays", "2024-01-01", "2024-12-31", 100.0),
                ("stays", "2025-01-01", "2025-12-31", 150.0),
            ),
            "usage_daily": pd.DataFrame(
                {
                    "account_id": ["stays"],
                    "activity_date": ["2025-11-30"],
                    "actions": [1.0],
                    "known_at": ["2025-11-30"],
                }
            ),
        }
    )
    asked = drawn(("left", "2024-10-01"), ("left", "2024-03-01"), ("stays", "2024-10-01"))
    asked = pd.concat([asked, drawn(("stays", "2025-08-01"), ("none", "2024-10-01"))])
    asked = asked.reset_index(drop=True)
    found = outcomes_of(tables, asked, Business.CONTRACTUAL_ACV, Settings(), days=120)
    assert found["customer"].tolist() == [True, True, True, True, False]
    assert found["left"].tolist() == [True, False, False, False, False]
    assert found["arr_before"].tolist()[:3] == pytest.approx([100, 100, 100], rel=0.01)
    assert found["arr_after"].tolist()[:3] == pytest.approx([0, 100, 150], rel=0.01)
    assert found["closed"].tolist() == [True, True, True, False, True]


# --- what is said ---------------------------------------------------------------------------------


def outcomes(offered, withheld, left_offered, left_withheld, **more):
    """Draws of one play, so many of which left."""
    count = offered + withheld
    frame = pd.DataFrame(
        {
            "account_id": [f"a{n}" for n in range(count)],
            "play": "save",
            "experiment": "one",
            "drawn_at": day("2025-01-01"),
            "withheld": np.arange(count) >= offered,
            "share": withheld / count,
            "begun_at": pd.Series(pd.NaT, range(count), dtype="datetime64[us, UTC]"),
            "unit": [f"a{n}" for n in range(count)],
            "customer": True,
            "closed_at": day("2025-08-01"),
            "closed": True,
            "left": np.concatenate(
                [happened(left_offered, offered), happened(left_withheld, withheld)]
            ),
            "arr_before": np.nan,
            "arr_after": np.nan,
        }
    )
    return frame.assign(**more)


@pytest.mark.parametrize(
    ("draws", "says", "words"),
    [
        (outcomes(200, 200, 10, 50), "fewer leave", "The difference is -20.0 points"),
        (outcomes(200, 200, 50, 10), "more leave", "The difference is +20.0 points"),
        (outcomes(200, 200, 20, 22), "no difference seen", "cannot be seen in so many"),
        (outcomes(200, 19, 10, 10), "too few", "too few to say anything"),
        (outcomes(100, 100, 2, 2), "too few", "too few to say anything"),
        (outcomes(100, 0, 2, 0), "no controls", "control_share"),
        (outcomes(0, 100, 0, 2), "no controls", "control_share"),
        (outcomes(50, 50, 2, 2, closed=False), "not yet", "before 2025-08-01"),
    ],
)
def test_what_is_said_fits_the_numbers(draws, says, words):
    row = effects_of(draws, days=210).iloc[0]
    assert row["on_leaving"] == says
    assert words in row["sentence"]


def test_by_intention_to_treat_nobody_changes_the_group():
    draws = outcomes(100, 100, 10, 30)
    begun = draws.assign(begun_at=day("2025-01-05"))
    columns = ["left_offered", "left_withheld", "effect_on_leaving"]
    one, other = (effects_of(rows, days=210).iloc[0] for rows in (draws, begun))
    assert one[columns].tolist() == other[columns].tolist()
    assert (one["begun_withheld"], other["begun_withheld"]) == (0, 1)


# --- the verb -------------------------------------------------------------------------------------


def test_without_controls_it_refuses_and_says_what_to_set_up():
    tables = build_company(20, months=12).tables
    with pytest.raises(SchemaError, match=r"control_share: 0.2.* for 180 days at least"):
        churngrid.play_effects(tables)


def test_days_are_one_at_least():
    with pytest.raises(ValueError, match=r"`days` must be at least 1, got 0\."):
        churngrid.play_effects({}, days=0)


@pytest.fixture(scope="module")
def planted() -> PlayEffects:
    return churngrid.play_effects(build_company(1000, interventions=True, seed=3).tables, days=210)


@pytest.mark.parametrize("play", ["fix_critical_ticket", "renew_goals"])
def test_play_that_does_nothing_is_found_to_do_nothing(planted, play):
    found = planted.effects.set_index("play").loc[play]
    assert (found["on_leaving"], found["on_arr"]) == ("no difference seen", "no difference seen")


def test_play_that_keeps_customers_is_found_with_its_size(planted):
    found = planted.effects.set_index("play").loc["find_successor"]
    assert found["on_leaving"] == "fewer leave"
    assert found["effect_on_arr"] > 0
    # The difference in a world of 30,000 accounts, benchmarks/RESULTS.md.
    assert found["effect_on_leaving_low"] < TRUE_SUCCESSOR < found["effect_on_leaving_high"]


TRUE_SUCCESSOR = -0.085


def test_every_planted_play_is_told_with_its_groups(planted):
    effects = planted.effects
    assert set(effects["play"]) == {play.play for play in PLANTED}
    assert (effects["offered"] > effects["withheld"]).all()
    assert (effects["begun_offered"] > 0.8).all()
    assert any("one in 20" in note for note in planted.notes)


def test_company_that_tries_nothing_records_no_draws():
    said = build_company(60, months=12).tables["account_events"]["value_text"].astype(str)
    assert not said.str.contains("state=").any()


def test_who_was_drawn_together_is_in_one_group(planted):
    of_family = planted.draws[planted.draws.groupby("unit")["account_id"].transform("nunique") > 1]
    groups = of_family.groupby(["unit", "play", "experiment"])["withheld"].nunique()
    assert len(groups) > 20
    assert (groups == 1).all()
