import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.training.flat.table import FlatShape, flags_of, flat_table, scoring_table
from tests.flat_customers import flat_customers


def rows(flags, **columns):
    n = len(flags)
    return pd.DataFrame({"flag": flags, "visits": [1, 2, 2, 1] * (n // 4), **columns})


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        (("Yes", "No"), "Yes"),
        (("no", "yes"), "yes"),
        ((1, 0), "1"),
        ((True, False), "True"),
        (("Churned", "Stayed"), "Churned"),
        (("active", "cancelled"), "cancelled"),
        (("Existing Customer", "Attrited Customer"), "Attrited Customer"),
    ],
)
def test_the_words_of_the_flag_say_what_is_the_outcome(values, outcome):
    table = flat_table(rows([*values, *values] * 10), target="flag")
    assert table.shape.positive == outcome
    assert table.y.mean() == 0.5


def test_an_outcome_is_never_guessed():
    with pytest.raises(SchemaError, match="Which value of flag `flag` means the outcome, 'A' or"):
        flat_table(rows(["A", "B"] * 10), target="flag")
    assert flat_table(rows(["A", "B"] * 10), target="flag", positive="A").y[0] == 1
    with pytest.raises(SchemaError, match=r"`positive` is 'C', but flag `flag` holds \['A', 'B'\]"):
        flat_table(rows(["A", "B"] * 10), target="flag", positive="C")


def test_a_flag_has_two_values_and_may_be_empty():
    with pytest.raises(SchemaError, match="must have two values, got 3"):
        flat_table(rows(["A", "B", "C", "A"] * 5), target="flag")
    table = flat_table(rows(["yes", "no", " ", None] * 5), target="flag")
    assert (len(table.y), table.unlabelled) == (10, 10)


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(SchemaError, match=r"`id` names column 'who'; the table has \['flag', 'vis"):
        flat_table(rows(["yes", "no"] * 10), target="flag", id="who")


def test_a_row_without_a_date_is_refused():
    frame = rows(["yes", "no"] * 10, day=["2024-01-01"] * 19 + ["soon"])
    with pytest.raises(SchemaError, match=r"`day` must hold a date in every row, .* got 'soon'"):
        flat_table(frame, target="flag", date="day")


def test_a_table_without_any_input_is_refused_with_the_reasons():
    frame = pd.DataFrame({"flag": ["yes", "no"] * 10, "same": "x"})
    with pytest.raises(SchemaError, match="No column is left to learn from"):
        flat_table(frame, target="flag")


def test_scoring_reads_a_table_as_training_did():
    frame = flat_customers(200)
    table = flat_table(frame, target="left", id="customer")
    shape = FlatShape.from_dict(table.shape.as_dict())
    X, ids, dates = scoring_table(frame.drop(columns="left"), shape)
    pd.testing.assert_frame_equal(X, table.X)
    assert (ids.tolist(), dates) == (frame["customer"].tolist(), None)
    assert flags_of(frame.drop(columns="left"), shape).isna().all()


def test_scoring_without_an_input_is_refused():
    shape = flat_table(flat_customers(200), target="left").shape
    with pytest.raises(SchemaError, match=r"The table lacks \['months'\], which the model reads"):
        scoring_table(flat_customers(5).drop(columns="months"), shape)


def with_flag(flag, **more):
    return pd.DataFrame({"visits": [n % 7 for n in range(40)], "flag": flag, **more})


def test_a_date_of_leaving_is_a_flag():
    left = [f"2025-0{1 + n % 9}-11" if n % 4 == 0 else None for n in range(40)]
    table = flat_table(with_flag(left), target="flag")
    assert table.y.sum() == 10
    assert table.unlabelled == 0
    shown = flags_of(with_flag(["2025-01-11", *[None] * 39]), table.shape)
    assert (shown == table.shape.positive).sum() == 1


def test_several_words_without_the_outcome_are_one():
    words = ["Churned" if n % 4 == 0 else "Joined" if n % 3 else "Stayed" for n in range(40)]
    assert flat_table(with_flag(words), target="flag").y.sum() == 10
    named = flat_table(with_flag([w.upper() for w in "abcd" * 10]), target="flag", positive="A")
    assert named.y.sum() == 10


@pytest.mark.parametrize("words", [("ja", "nein"), ("oui", "non"), ("Churned", "Not churned")])
def test_words_of_other_languages_need_no_explanation(words):
    assert flat_table(with_flag([*words] * 20), target="flag").shape.positive == words[0]


def test_a_flag_with_one_word_says_what_to_write_into_empty_cells():
    with pytest.raises(SchemaError, match="write a word such as 'no' there"):
        flat_table(with_flag(["Y", None] * 20), target="flag")


def test_two_columns_of_one_name_are_refused():
    frame = with_flag(["yes", "no"] * 20)
    with pytest.raises(SchemaError, match="2 columns named 'visits'"):
        flat_table(pd.concat([frame, frame[["visits"]]], axis=1), target="flag")


def test_the_id_is_another_column_than_the_flag():
    with pytest.raises(SchemaError, match="`id` and `target` both name column 'flag'"):
        flat_table(with_flag(["yes", "no"] * 20), target="flag", id="flag")


def test_a_name_in_other_letters_is_suggested():
    with pytest.raises(SchemaError, match="Did you mean 'flag'"):
        flat_table(with_flag(["yes", "no"] * 20), target="Flag")


def test_rows_without_an_id_are_customers_of_their_own():
    frame = with_flag(["yes", "no"] * 20, key=["", None, *[f"c{n}" for n in range(38)]])
    assert flat_table(frame, target="flag", id="key").ids[:3].tolist() == ["row 1", "row 2", "c0"]


def test_what_is_infinite_is_unknown():
    frame = with_flag(["yes", "no"] * 20, ratio=[float("inf"), 2.5, 2.5, 4.0] * 10)
    assert flat_table(frame, target="flag", keep=["ratio"]).X["ratio"].isna().sum() == 10
