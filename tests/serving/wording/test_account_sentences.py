"""What is said of an account, and how probabilities are put."""

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.wording.account_sentences import (
    about_one_in,
    headline,
    say_chance_to_leave,
    spoken_caps,
    spoken_standing,
)


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (np.nan, "unknown"),
        (0.0, "under 1 in 100"),
        (0.0099, "under 1 in 100"),
        (0.01, "about 1 in 100"),
        (0.5, "about 1 in 2"),
        (0.67, "about 2 in 3"),
        (0.95, "about 19 in 20"),
        (0.96, "over 19 in 20"),
    ],
)
def test_probability_is_said_as_people_say_it(probability, said):
    assert about_one_in(probability) == said


def account(**changes):
    row = {
        "status": "scored",
        "health_band": "medium",
        "health_source": "model",
        "p_churn": 0.25,
        "decision_at": pd.Timestamp("2026-03-24", tz="UTC"),
        "p_by_date": pd.Timestamp("2026-03-24", tz="UTC"),
        "decision_kind": "term_end",
        "base_rate": 0.1,
        "chs": 61.0,
        "cap_reason": "",
        "maturity_band": "high",
        "cmi": 3.9,
        "cmi_status": "certain",
        "caps": (),
        "cap_reasons": (),
        "cell": "strengthen_to_expand",
        "maturity_due": "",
        "weakest_category": "",
    }
    return pd.Series({**row, **changes})


def test_headline_says_odds_usual_and_maturity():
    assert headline(account()) == (
        "Health is medium; the chance is about 1 in 4 (25 %) to leave at its renewal on "
        "24 Mar 2026 (usual: 1 in 10). "
        "Maturity is high (3.9 of 5, certain)."
    )


@pytest.mark.parametrize(
    ("p", "kind", "decides", "said"),
    [
        (0.194, "notice_deadline", True, "about 1 in 5 (19 %) to leave at its notice deadline on"),
        (0.0994, "break", True, "about 1 in 10 (9.9 %) to leave at its break clause on"),
        (0.0996, "month_end", False, "about 1 in 10 (10 %) to leave by"),
        (0.004, None, False, "under 1 in 100 (0.4 %) to leave by"),
        (0.97, "term_end", True, "over 19 in 20 (97 %) to leave at its renewal on"),
    ],
)
def test_a_chance_is_said_in_words_and_percent_with_its_day(p, kind, decides, said):
    day = pd.Timestamp("2026-03-04", tz="UTC")
    told = account(p_churn=p, decision_kind=kind, p_by_date=day)
    told["decision_at"] = day if decides else pd.NaT
    assert say_chance_to_leave(told) == f"{said} 4 Mar 2026"


def test_a_deadline_at_the_end_of_the_term_is_its_renewal():
    day = pd.Timestamp("2026-03-04", tz="UTC")
    told = account(p_churn=0.2, decision_kind="notice_deadline", p_by_date=day, decision_at=day)
    assert say_chance_to_leave({**told, "term_end": day}).endswith("at its renewal on 4 Mar 2026")
    later = {**told, "term_end": day + pd.Timedelta(days=30)}
    assert say_chance_to_leave(later).endswith("at its notice deadline on 4 Mar 2026")


def test_without_an_estimate_no_chance_is_said():
    assert say_chance_to_leave(account(p_churn=float("nan"), p_by_date=pd.NaT)) == ""


@pytest.mark.parametrize(
    ("status", "said"), [("notice_given", "Notice was given"), ("paused", "contract is paused")]
)
def test_account_outside_the_grid_is_said_to_be(status, said):
    assert said in headline(account(status=status))


def test_caps_are_said_without_their_full_stop():
    reasons = ("The sponsor left.", "A ticket is open.")
    capped = account(caps=("sponsor_left", "critical"), cap_reasons=reasons)
    said = [("sponsor_left", "The sponsor left"), ("critical", "A ticket is open")]
    assert list(spoken_caps(capped).items()) == said


def test_what_maturity_asks_for_is_said_in_its_own_words():
    due = account(maturity_due="newest answer older than 365 days", weakest_category="people")
    assert spoken_standing(due) == {
        "cell": "health medium, maturity high",
        "maturity_due": "newest answer older than 365 days",
        "weakest_category": "maturity high, weakest in people",
    }
