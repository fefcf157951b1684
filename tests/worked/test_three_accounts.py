"""Three accounts from CSV files to story, cell and plays, with every number computed on paper.

As of 2025-06-01. The scorecard is small so that it fits on paper: usage 50, support 20,
relationship 30.

Alder    4 of 5 assigned users active: (0.8 - 0.2) / (0.8 - 0.2) = 100. No critical ticket: 100.
         A sponsor: 100, weight 2; two contacts: (2 - 1) / (4 - 1) = 33.3, weight 1;
         relationship (200 + 33.3) / 3 = 77.8. Health 50 + 20 + 0.3 * 77.8 = 93.3: high.
         Maturity: two of four answered in each category, means 4, 4.5, 3.5, 4: index 4.0.
         Missing ones a level down: 3.5, 4, 3, 3.5 = 3.5; a level up: 4.5, 4.75, 4, 4.5 = 4.4375.
         Both ends high: certain. Cell: expand and leverage.
Birch    3 of 4 active: (0.75 - 0.2) / 0.6 = 91.7. No ticket: 100. The sponsor left: 0; four
         contacts: 100; relationship 100 / 3 = 33.3. Health 45.8 + 20 + 10 = 75.8: would be high,
         but nobody followed the sponsor: 49, low. One category answered: maturity unknown.
Cedar    1 of 5 active: 0. A critical ticket is open beyond the agreed time: 0. A sponsor: 100; one
         contact: 0; relationship 66.7. Health 0.3 * 66.7 = 20: low.
         Maturity: all answered, means 2, 1.5, 1, 2: index 1.625, low, certain; process blocks.
"""

from pathlib import Path

import pandas as pd
import pytest

from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.wording.account_sentences import headline

AS_OF = pd.Timestamp("2025-06-01", tz="UTC")

SCORECARD = """
components:
  usage:
    label: Usage
    weight: 50
    metrics: [{metric: active_user_rate_28d, poor: 0.2, healthy: 0.8}]
  support:
    label: Support
    weight: 20
    metrics: [{metric: open_critical_tickets}]
  relationship:
    label: Relationship
    weight: 30
    metrics: [{metric: exec_sponsors, weight: 2}, {metric: contacts_90d, weight: 1}]
caps:
  - name: sponsor_left_lately
    when:
      all:
        - {field: sponsors_left_lately_60d, at_least: 1}
        - {field: engaged_sponsors_90d, below: 1}
    limit: 49
    reason: A sponsor or champion left in the last 60 days and nobody has taken over.
  - name: critical_beyond_sla
    when: {field: critical_beyond_sla, at_least: 1}
    limit: 59
    reason: A critical ticket is open beyond the agreed time.
"""

TABLES = {
    "accounts": """account_id,name,segment,customer_since,csm_id,known_at
A,Alder Freight,mid,2023-01-01,csm_1,2023-01-01
B,Birch Foods,mid,2023-01-01,csm_1,2023-01-01
C,Cedar Books,mid,2023-01-01,csm_2,2023-01-01
""",
    "contracts": """contract_id,account_id,term_start,term_end,term_months,\
notice_period_days,signed_at
ca,A,2024-09-01,2025-09-01,12,30,2024-08-01
cb,B,2024-09-01,2025-09-01,12,30,2024-08-01
cc,C,2024-09-01,2025-09-01,12,30,2024-08-01
""",
    "subscription_items": """item_id,contract_id,account_id,quantity,mrr,effective_from,\
effective_to
ia,ca,A,6,1000,2024-09-01,2025-09-01
ib,cb,B,6,2000,2024-09-01,2025-09-01
ic,cc,C,6,500,2024-09-01,2025-09-01
""",
    "tickets": """ticket_id,account_id,created_at,priority,status,sla_target_h,changed_at
t1,C,2025-05-28,critical,open,24,2025-05-28
""",
    "people": """person_id,account_id,roles,left_account_at,left_known_at,valid_from
pa,A,exec_sponsor,,,2023-01-01
pa2,A,user,,,2023-01-01
pb,B,exec_sponsor,2025-05-10,2025-05-12,2023-01-01
pb1,B,user,,,2023-01-01
pb2,B,user,,,2023-01-01
pb3,B,user,,,2023-01-01
pb4,B,admin,,,2023-01-01
pc,C,exec_sponsor,,,2023-01-01
""",
    "activities": """activity_id,account_id,person_ids,type,direction,occurred_at,attended
m1,A,pa|pa2,meeting,outbound,2025-05-20,true
m2,B,pb1|pb2|pb3|pb4,meeting,outbound,2025-05-20,true
m3,C,pc,meeting,outbound,2025-05-20,true
""",
}


def seat_rows():
    counts = {"A": 5, "B": 4, "C": 5}
    rows = [f"{a},{a}{n},active,2023-02-01," for a, most in counts.items() for n in range(most)]
    return (
        "\n".join(["account_id,product_user_id,status,activated_at,deactivated_at", *rows]) + "\n"
    )


def usage_rows():
    counts = {"A": 4, "B": 3, "C": 1}
    rows = [f"{a},{a}{n},2025-05-30,5" for a, most in counts.items() for n in range(most)]
    old = "C,C4,2025-05-03,5"  # 29 days back: outside the window of 28 days
    return "\n".join(["account_id,product_user_id,date,events", *rows, old]) + "\n"


def answer_rows():
    answers = {
        "A": {"VC1": 4, "VC2": 4, "OP1": 4, "OP2": 5, "PR1": 3, "PR2": 4, "TI1": 4, "TI2": 4},
        "B": {"VC1": 4, "VC2": 4},
        "C": {
            **{"VC1": 2, "VC2": 2, "VC3": 2, "VC4": 2, "OP1": 1, "OP2": 2, "OP3": 1, "OP4": 2},
            **{"PR1": 1, "PR2": 1, "PR3": 1, "PR4": 1, "TI1": 2, "TI2": 2, "TI3": 2, "TI4": 2},
        },
    }
    rows = [
        f"{account}-{item},{account},maturity_answer,{value},{item},q,2025-01-15,2025-01-15"
        for account, given in answers.items()
        for item, value in given.items()
    ]
    head = "event_id,account_id,kind,value_num,characteristic_id,evidence_type,occurred_at,known_at"
    return "\n".join([head, *rows]) + "\n"


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("company")
    made = {"seats": seat_rows(), "usage_daily": usage_rows(), "account_events": answer_rows()}
    for name, text in {**TABLES, **made}.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "scorecard.yaml").write_text(SCORECARD)
    settings = Settings(scorecard=folder / "scorecard.yaml")
    tables = read_tables(folder, settings)
    return score_tables(tables, AS_OF, config=read_config(settings))


@pytest.fixture(scope="module")
def scores(scored):
    return scored.scores.set_index("account_id")


def test_health_is_the_weighted_mean_on_paper(scores):
    assert scores.loc["A", "chs"] == pytest.approx(50 + 20 + 0.3 * 700 / 9)
    assert scores.loc["A", "chs_relationship"] == pytest.approx(700 / 9)
    assert scores.loc["C", "chs"] == pytest.approx(20)


def test_lost_sponsor_pulls_a_green_account_down(scores):
    assert scores.loc["B", "chs"] == 49
    assert scores.loc["B", "chs_usage"] == pytest.approx(55 / 0.6)
    assert scores.loc["B", "health_band"] == "low"
    assert "sponsor or champion left" in scores.loc["B", "cap_reason"]


def test_maturity_is_the_mean_of_categories_with_its_interval(scores):
    assert scores.loc["A", ["cmi", "cmi_low", "cmi_high"]].tolist() == [4.0, 3.5, 4.4375]
    assert scores.loc["C", "cmi"] == 1.625
    assert scores["cmi_status"].to_dict() == {"A": "certain", "B": "insufficient", "C": "certain"}
    assert scores.loc["C", "weakest_category"] == "process"


def test_each_account_stands_in_its_cell(scores):
    assert scores["cell"].to_dict() == {
        "A": "expand_and_leverage",
        "B": "low_unassessed",
        "C": "let_churn",
    }
    assert scores["quadrant"].to_dict() == {
        "A": "expand_and_leverage",
        "B": None,
        "C": "churn_and_let_churn",
    }


def test_money_and_dates_are_those_of_the_contract(scores):
    assert scores["arr"].to_dict() == {"A": 12_000, "B": 24_000, "C": 6_000}
    assert (scores["notice_deadline"] == pd.Timestamp("2025-08-02", tz="UTC")).all()


def test_plays_answer_to_what_is_wrong(scored):
    plays = scored.plays.groupby("account_id")["play"].agg(list).to_dict()
    assert plays == {
        "A": ["expand_and_leverage"],
        "B": ["find_successor", "call_about_top_reason", "assess_maturity"],
        "C": ["fix_critical_ticket", "let_churn"],
    }


def test_plays_say_why_who_and_when(scored):
    plays = scored.plays.set_index(["account_id", "play"])
    successor = plays.loc[("B", "find_successor")]
    assert successor["owner"] == "CSM and account executive"
    assert successor["due_at"] == pd.Timestamp("2025-06-04", tz="UTC")  # a Sunday, rolled, + 2
    assert successor["why"].startswith("A sponsor or champion left in the last 60 days")
    assert plays.loc[("C", "fix_critical_ticket"), "why"] == (
        "A critical ticket is open beyond the agreed time; open critical tickets 1"
    )


def test_reasons_of_the_score_say_what_would_take_no_points(scored):
    why = scored.drivers.set_index(["account_id", "metric"])["text"]
    assert why["C", "active_user_rate_28d"] == (
        "share of assigned users who are active 20 % (full points at 80 %): costs 50 points"
    )
    assert (
        why["B", "exec_sponsors"] == "executive sponsors 1 -> 0 (full points at 1): costs 20 points"
    )


def test_the_sponsorless_account_needs_someone_first(scored):
    assert scored.scores["account_id"].iloc[0] == "B"


def test_the_story_says_where_the_account_stands(scores):
    assert headline(scores.loc["B"]) == (
        "Health is low; the scorecard gives 49 of 100; a sponsor or champion left in the last 60 "
        "days and nobody has taken over. Maturity is unknown."
    )
