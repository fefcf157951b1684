import numpy as np
import pandas as pd
import pytest

from churngrid.features.schema.conditions import Condition, with_codes

FACTS = pd.DataFrame(
    {
        "x": [1.0, 2.0, 3.0, np.nan],
        "cell": ["save", "retain", None, "save"],
        "drivers": [("a", "b"), (), ("c",), ("b",)],
    }
)


def held(**rule):
    return Condition.model_validate(rule).holds(FACTS).tolist()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"at_least": 2}, [False, True, True, False]),
        ({"above": 2}, [False, False, True, False]),
        ({"at_most": 2}, [True, True, False, False]),
        ({"below": 2}, [True, False, False, False]),
        ({"above": 1, "below": 3}, [False, True, False, False]),
        ({"at_least": 0}, [True, True, True, False]),
    ],
)
def test_bounds_hold_at_their_edge_and_never_for_an_unknown_number(rule, expected):
    assert held(field="x", **rule) == expected


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "cell", "is": ["save", "lost"]},
        {"field": "drivers", "is": ["b", "c"]},
        {"not": {"field": "cell", "is": "save"}},
        {"all": [{"field": "drivers", "is": "b"}, {"field": "x", "below": 2}]},
    ],
)
def test_coded_texts_are_judged_like_any_others(rule):
    condition = Condition.model_validate(rule)
    facts = with_codes(FACTS, [condition])
    assert (facts.dtypes[["cell", "drivers"]] == "category").any()
    assert condition.holds(facts).tolist() == condition.holds(FACTS).tolist()
    assert FACTS["cell"].tolist()[:2] == ["save", "retain"]


def test_a_coded_field_that_is_missing_is_still_an_error():
    condition = Condition.model_validate({"field": "strange", "is": "x"})
    with pytest.raises(KeyError, match="strange"):
        condition.holds(with_codes(FACTS, [condition]))


def test_a_nullable_number_that_is_unknown_does_not_hold():
    facts = pd.DataFrame({"x": pd.array([1, None], dtype="Int64")})
    rule = Condition.model_validate({"field": "x", "at_least": 1})
    assert rule.holds(facts).tolist() == [True, False]


def test_one_text_is_a_list_of_one():
    assert held(field="cell", **{"is": "save"}) == [True, False, False, True]
    assert held(field="cell", **{"is": ["save", "retain"]}) == [True, True, False, True]


def test_a_field_of_several_texts_needs_one_of_them():
    assert held(field="drivers", **{"is": ["b", "z"]}) == [True, False, False, True]


SAVE, BIG = {"field": "cell", "is": "save"}, {"field": "x", "at_least": 2}


def test_conditions_join():
    assert held(all=[SAVE, BIG]) == [False] * 4
    assert held(any=[SAVE, BIG]) == [True, True, True, True]
    assert held(**{"not": SAVE}) == [False, True, True, False]
    assert held(otherwise=True) == [True] * 4


def test_not_of_an_unknown_number_holds():
    assert held(**{"not": BIG}) == [True, False, False, True]


def test_conditions_hold_on_no_accounts():
    for rule in (SAVE, BIG, {"all": [SAVE, BIG]}, {"any": [SAVE]}, {"otherwise": True}):
        found = Condition.model_validate(rule).holds(FACTS[:0])
        assert found.shape == (0,)
        assert found.dtype == bool


def test_a_field_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="y"):
        held(field="y", at_least=1)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, "must have exactly one of field, all, any, not, otherwise"),
        ({"otherwise": False}, "must have exactly one of field, all, any, not, otherwise"),
        ({"field": "x"}, "a field needs a rule: at_least, at_most, above, below or is"),
        ({"otherwise": True, "at_least": 1}, "a field needs a rule: .* and a rule a field"),
        ({"all": [SAVE], "any": [SAVE]}, "must have exactly one of"),
        ({"field": "x", "all": [SAVE]}, "must have exactly one of"),
        ({"field": "x", "is": "a", "above": 1}, r"needs texts \(is\) or bounds, not both"),
        ({"all": []}, "at least 1 item"),
        ({"any": []}, "at least 1 item"),
        ({"field": "cell", "is": []}, "at least 1 item"),
        ({"field": "x", "atleast": 1}, "Extra inputs are not permitted"),
        ({"field": "x", "above": "much"}, "should be a valid number"),
        ({"all": [{"field": "x"}]}, "a field needs a rule"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule, message):
    with pytest.raises(ValueError, match=message):
        Condition.model_validate(rule)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (SAVE, "place is save"),
        ({"field": "cell", "is": ["let_churn", "save"]}, "place is let churn or save"),
        ({"field": "days_late", "above": 1, "at_most": 3.5}, "days late at most 3.5 and above 1"),
        ({"all": [SAVE, BIG]}, "place is save and x at least 2"),
        ({"any": [SAVE, BIG]}, "place is save or x at least 2"),
        ({"not": BIG}, "not (x at least 2)"),
        ({"otherwise": True}, "nothing else applies"),
    ],
)
def test_a_condition_says_itself_in_words(rule, words):
    assert Condition.model_validate(rule).words({"cell": "place"}) == words


def test_fields_and_admitted_texts_are_found_at_every_depth():
    rule = Condition.model_validate(
        {"all": [SAVE, {"any": [BIG, {"not": {"field": "drivers", "is": "b"}}]}]}
    )
    assert rule.fields() == {"cell", "x", "drivers"}
    assert rule.admitted("cell") == {"save"}
    # What is excluded is not admitted.
    assert rule.admitted("drivers") == frozenset()
    assert Condition.model_validate({"otherwise": True}).fields() == frozenset()


RULES = [
    {"otherwise": True},
    {"field": "band", "is": ["low"]},
    {"field": "band", "is": ["low", "high"]},
    {"field": "band", "is": ["high"]},
    {"field": "size", "at_least": 2},
    {"field": "size", "above": 2},
    {"field": "size", "above": 1, "below": 3},
    {"field": "size", "at_most": 2},
    {"not": {"field": "size", "above": 2}},
    {"not": {"field": "size", "at_least": 2}},
    {"all": [{"field": "band", "is": ["low"]}, {"field": "size", "at_least": 2}]},
    {"any": [{"field": "band", "is": ["low"]}, {"field": "size", "at_least": 2}]},
    {"any": [{"field": "band", "is": ["low"]}, {"field": "band", "is": ["high"]}]},
    {"field": "names", "is": ["a"]},
    {"field": "names", "is": ["a", "b"]},
]
WORLD = pd.DataFrame(
    [
        {"band": band, "size": size, "names": names}
        for band in ("low", "high", "other", None)
        for size in (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, np.nan)
        for names in ((), ("a",), ("b",), ("a", "b"), ("c",))
    ]
)


@pytest.mark.parametrize("one", RULES, ids=str)
@pytest.mark.parametrize("other", RULES, ids=str)
def test_what_is_implied_holds_wherever_the_condition_does(one, other):
    narrow, wide = Condition.model_validate(one), Condition.model_validate(other)
    if narrow.implies(wide):
        assert wide.holds(WORLD)[narrow.holds(WORLD)].all()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (RULES[1], RULES[0]),
        (RULES[1], RULES[2]),
        (RULES[2], RULES[12]),
        (RULES[12], RULES[2]),
        (RULES[5], RULES[4]),
        (RULES[9], RULES[8]),
        (RULES[10], RULES[1]),
        (RULES[10], RULES[11]),
        (RULES[4], RULES[11]),
        (RULES[13], RULES[14]),
    ],
)
def test_narrower_condition_implies_the_wider_and_not_the_other_way(one, other):
    narrow, wide = Condition.model_validate(one), Condition.model_validate(other)
    assert narrow.implies(wide)
    same = (wide.holds(WORLD) == narrow.holds(WORLD)).all()
    assert wide.implies(narrow) == same


@pytest.mark.parametrize(
    ("rule", "impossible"),
    [
        ({"field": "size", "above": 2, "below": 2}, True),
        ({"field": "size", "at_least": 2, "at_most": 2}, False),
        ({"all": [{"field": "size", "below": 1}, {"field": "size", "above": 2}]}, True),
        ({"all": [{"field": "size", "below": 1}, {"field": "band", "is": ["low"]}]}, False),
        (
            {"any": [{"field": "size", "above": 2, "below": 1}, {"field": "size", "above": 1}]},
            False,
        ),
        ({"any": [{"field": "size", "above": 2, "below": 1}]}, True),
        ({"not": {"field": "size", "above": 2, "below": 1}}, False),
        ({"otherwise": True}, False),
    ],
)
def test_condition_that_no_number_meets_is_known_for_it(rule, impossible):
    condition = Condition.model_validate(rule)
    assert condition.impossible() == impossible
    if impossible:
        assert not condition.holds(WORLD).any()


def test_parts_come_with_the_way_the_file_has_to_them():
    rule = {"all": [RULES[1], {"any": [RULES[4], {"not": RULES[3]}]}]}
    ways = [way for way, _ in Condition.model_validate(rule).parts()]
    assert ways == [
        (),
        ("all", 0),
        ("all", 1),
        ("all", 1, "any", 0),
        ("all", 1, "any", 1),
        ("all", 1, "any", 1, "not"),
    ]
