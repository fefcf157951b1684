"""What is kept while facts pass by, chunk after chunk and in any order."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.arrays.counting.fact_loops import asked_for
from churngrid.features.arrays.time_grid import fixed
from churngrid.features.engine import scan_plan as folding
from churngrid.features.engine import view_scan as answers
from churngrid.features.engine.accumulators import CellFold, CoverFold, LastFold, MarkFold
from churngrid.features.engine.chunk import Chunk
from churngrid.features.engine.scan_plan import folds_for, kept_bytes, passes_by
from churngrid.features.engine.view_arrays import Stored
from churngrid.features.engine.view_scan import Answers
from churngrid.features.metrics.queries import (
    Covered,
    Different,
    FirstMoment,
    LastMoment,
    Middle,
    NewestMoment,
    NewestNumber,
)
from churngrid.features.metrics.row_selection import Is, Select, Window
from churngrid.features.metrics.views import view_named
from tests.build import day, tables_of

DAY = pd.Timedelta(days=1)
START = day("2024-01-01")


def on(number):
    return START + number * DAY


USAGE = [
    # account, user, happened on day, events, known on day
    ("a", "u", 1, 1.5, 1.5),
    ("a", "v", 5, 2.0, 5.5),
    ("a", "u", 5, None, 20.5),
    ("b", "u", 5, 4.0, 5.5),
    ("a", "v", 9, 0.25, 9.5),
    ("a", "v", 9, 0.25, 9.5),
    ("other", "u", 5, 8.0, 5.5),
]
EXPECTED_ROWS = [("a", 6), ("a", 10), ("a", 21), ("b", 5), ("b", 6)]


@pytest.fixture
def rows():
    frame = pd.DataFrame(EXPECTED_ROWS, columns=["account_id", "as_of"])
    return Rows.of(frame.assign(as_of=[on(number) for number in frame["as_of"]]))


@pytest.fixture(params=[1, -1], ids=["in order", "backwards"])
def usage(request):
    frame = pd.DataFrame(
        USAGE[:: request.param],
        columns=["account_id", "product_user_id", "date", "events", "known_at"],
    )
    frame["date"] = [on(number) for number in frame["date"]]
    frame["known_at"] = [on(number) for number in frame["known_at"]]
    view = view_named("usage")
    tables = tables_of({"usage_daily": frame.assign(feature_id="f")})
    return view, Stored(view.build(tables))


@pytest.fixture(params=[1, 2, 100])
def answered(request, usage, rows, monkeypatch):
    """A function that answers questions in chunks of so many facts."""
    monkeypatch.setattr(answers, "_CHUNK", request.param)
    view, stored = usage

    def answer(*questions):
        found = Answers(view, stored, rows).of(questions)
        return [found[question].tolist() for question in questions]

    return answer


def select(days=None, ends=0):
    return Select("usage", window=None if days is None else Window(days, ends))


USERS = ("product_user_id",)


def folds(questions, usage, rows):
    return [type(fold) for fold in folds_for(questions, usage[0], rows)]


def test_counts_and_sums_of_one_window(answered):
    count, total = answered(Covered(select(7)), Covered(select(7), "events"))
    assert count == [2, 3, 0, 0, 1]
    assert total == [3.5, 2.5, 0, 0, 4]


WINDOWS = [Covered(select(*each)) for each in [(1,), (5,), (5, 5), (30,)]]
BY_WINDOW = [[1, 2, 0, 0, 1], [2, 3, 0, 0, 1], [0, 1, 0, 0, 0], [2, 4, 5, 0, 1]]


def test_counts_of_many_windows(answered, usage, rows):
    assert folds(WINDOWS, usage, rows) == [CellFold]
    assert answered(*WINDOWS) == BY_WINDOW


def test_counts_of_many_windows_are_those_of_each_alone(answered, usage, rows, monkeypatch):
    monkeypatch.setattr(folding, "_CELLS_A_ROW", 0)
    assert folds(WINDOWS, usage, rows) == [CoverFold] * 4
    assert answered(*WINDOWS) == BY_WINDOW


def test_sums_of_many_windows(answered):
    sums = [Covered(question.select, "events") for question in WINDOWS]
    assert answered(*sums) == [
        [2, 0.5, 0, 0, 4],
        [3.5, 2.5, 0, 0, 4],
        [0, 1.5, 0, 0, 0],
        [3.5, 4, 4, 0, 4],
    ]


def test_windows_of_dates_that_few_accounts_have_are_summed_by_row(usage):
    pairs = [(account, on(place)) for place, account in enumerate("abcdef")]
    scattered = Rows.of(pd.DataFrame(pairs, columns=["account_id", "as_of"]))
    assert folds(WINDOWS, usage, scattered) == [CoverFold] * 4


def test_newest_moments_are_carried_on(answered, rows, usage):
    question = LastMoment(select())
    assert folds([question], usage, rows) == [LastFold]
    (found,) = answered(question)
    moments = [on(number).value / 1000 for number in (5, 9, 9)]
    assert found[:3] == moments
    assert np.isnan(found[3])
    assert found[4] == moments[0]


def test_different_users_and_their_days(answered, usage, rows):
    users = Different(select(5), USERS)
    earlier = Different(select(5, 5), USERS)
    days = Different(select(30), (*USERS, "date"))
    assert folds([users, earlier, days], usage, rows) == [MarkFold, MarkFold]
    assert answered(users, earlier, days) == [
        [2, 1, 0, 0, 1],
        [0, 1, 0, 0, 0],
        [2, 3, 4, 0, 1],
    ]


def test_different_users_ever(answered):
    assert answered(Different(select(), USERS)) == [[2, 2, 2, 0, 1]]


def test_chunks_at_the_same_time_give_the_same_numbers(usage, rows, monkeypatch):
    monkeypatch.setattr(answers, "_CHUNK", 1)
    moment, days = LastMoment(select()), Different(select(30), (*USERS, "date"))
    asked = [*WINDOWS, moment, Different(select(5), USERS), days]
    one, many = (Answers(*usage, rows).of(asked, threads=threads) for threads in (1, 4))
    for question in asked:
        np.testing.assert_array_equal(one[question], many[question])


def test_questions_with_conditions_are_folded_apart(answered, usage, rows):
    only = Covered(Select("usage", (Is("product_user_id", ("u",)),), Window(30)))
    assert folds([*WINDOWS, only], usage, rows) == [CellFold, CellFold]
    assert answered(only) == [[1, 1, 2, 0, 1]]


@pytest.mark.parametrize(
    ("question", "passes"),
    [
        (Covered(select()), True),
        (LastMoment(select()), True),
        (LastMoment(select(7)), False),
        (LastMoment(Select("usage", until="released_at")), False),
        (Different(select(7), USERS), True),
        (Different(select(), USERS), True),
        (Different(select(7), (*USERS, "date")), True),
        (Different(select(), (*USERS, "date")), False),
        (Different(Select("usage", window=Window(7), until="released_at"), USERS), False),
        (FirstMoment(select()), True),
        (NewestNumber(select(), "events"), False),
        (NewestMoment(select(), "date"), False),
        (Middle(select(), "events"), False),
    ],
)
def test_what_can_be_answered_while_facts_pass_by(question, passes):
    assert passes_by(question, view_named("usage")) == passes


def test_versions_of_a_thing_do_not_pass_by():
    assert not passes_by(LastMoment(Select("people")), view_named("people"))
    assert passes_by(Covered(Select("people")), view_named("people"))


def test_memory_grows_with_what_is_asked(usage, rows):
    _, stored = usage
    one = kept_bytes(WINDOWS[:1], stored, rows)
    assert 0 < one < kept_bytes(WINDOWS, stored, rows)
    assert kept_bytes([Different(select(7), USERS)], stored, rows) > 0
    assert kept_bytes([FirstMoment(select())], stored, rows) == 0


def test_a_chunk_holds_the_facts_of_the_asked_accounts(usage, rows):
    view, stored = usage
    names = stored.data.table["account_id"].to_pylist()
    place = rows.locate(stored.texts("account_id").names)
    places, codes = np.append(place, np.int32(-1)), stored.texts("account_id").codes[1:5]
    kept, account = asked_for(codes, places, fixed(np.zeros(0, np.int64)), 0, 0)
    chunk = Chunk(view, stored, rows, account, kept, (1, 5))
    expected = [place for place in range(1, 5) if names[place] in ("a", "b")]
    assert chunk.position.tolist() == expected
    assert len(chunk) == len(expected)
    assert chunk.among(np.array([1])).position.tolist() == expected[1:2]


def test_many_features_of_many_users_are_told_apart():
    n_things = 50_000
    names = [f"{place:05}" for place in range(n_things)]
    used = pd.DataFrame({"account_id": "a", "product_user_id": names, "feature_id": names})
    used = used.assign(date=START, events=1.0, known_at=START)
    catalogue = pd.DataFrame({"feature_id": names, "module": names, "released_at": START})
    view = view_named("usage")
    tables = tables_of({"usage_daily": used, "features": catalogue})
    rows = Rows.of(pd.DataFrame({"account_id": ["a"], "as_of": [on(3)]}))
    whole = Answers(view, Stored(view.build(tables)), rows).whole
    codes, bound = whole.codes(("module", "product_user_id"))
    assert len(np.unique(codes)) == n_things
    assert 0 <= codes.min() <= codes.max() < bound


def test_progress_hears_of_the_facts_of_every_chunk(usage, rows, monkeypatch):
    monkeypatch.setattr(answers, "_CHUNK", 3)
    view, stored = usage
    told = []
    Answers(view, stored, rows).of([Covered(select())], told.append)
    assert told == [3, 3, 1]


def test_a_question_of_no_declared_kind_is_refused(usage, rows):
    class Guess:
        select = Select("usage")

    with pytest.raises(
        TypeError, match=r"`question` must be one of the declared kinds, got .*Guess"
    ):
        Answers(*usage, rows).of([Guess()])


def test_no_rows_have_empty_answers(usage, rows):
    nobody = Rows.of(
        pd.DataFrame({"account_id": pd.Series(dtype=str), "as_of": pd.DatetimeIndex([])})
    )
    found = Answers(*usage, nobody).of([*WINDOWS, FirstMoment(select())])
    assert [values.shape for values in found.values()] == [(0,)] * 5
