"""Accounts divided among buckets give the numbers of all accounts together; no Spark is needed."""

import dataclasses
from zlib import crc32

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from churngrid.demo import build_company
from churngrid.features.arrays.as_of_rows import to_microseconds
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.engine.feature_table import frame_columns
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_some, read_tables
from churngrid.features.ingest.table_plan import Plan
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import DEFAULTS
from churngrid.features.schema.table_mapping import TableMapping
from churngrid.features.schema.tables import table_spec
from churngrid.features.subscriptions.business_kind import Business, business_of
from churngrid.serving.company.config import read_config
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.scoring.scored import Models
from churngrid.serving.spark.bucket import (
    LIVE,
    PAIRS,
    SEGMENT,
    Company,
    beside_peers,
    feature_rows,
    feature_schema,
    put_aside_rows,
    whole_from,
    whole_rows,
)
from churngrid.serving.spark.parcels import BUCKET, FILE, ROW, packed, unpacked
from churngrid.serving.spark.score_bucket import ENDED, score_rows
from churngrid.serving.spark.spark_tables import _first_of_each, check_plan
from tests.build import day

DATES = [day("2025-09-01"), day("2025-11-20")]
SILENT_FROM = pd.Timestamp("2025-11-05")
KEYS = ["account_id", "as_of"]


def silenced(frames):
    """Usage ends before the last date, so that the company's feed is stale there."""
    usage = frames["usage_daily"]
    return {**frames, "usage_daily": usage[usage["known_at"] < SILENT_FROM]}


@pytest.fixture(scope="module")
def frames():
    return silenced(build_company(24, months=14, seed=3).tables)


@pytest.fixture(scope="module")
def tables(frames):
    return read_tables(frames)


def bucket_of(account_ids, n_buckets):
    return account_ids.map(lambda name: crc32(str(name).encode()) % n_buckets).astype("int32")


def parcels_of(frames, n_buckets):
    """The parcels of each bucket, as Spark would bring them together."""
    found = []
    for name, frame in frames.items():
        placed = frame.assign(**{BUCKET: bucket_of(frame["account_id"], n_buckets)})
        batches = pa.Table.from_pandas(placed, preserve_index=False).to_batches()
        found += packed(name, batches)
    whole = pa.Table.from_batches(found)
    buckets = np.asarray(whole["bucket"])
    return [whole.filter(pa.array(buckets == number)) for number in np.unique(buckets)]


def company_of(frames, metrics=METRICS, settings=DEFAULTS):
    divided = {name: tuple(f.columns) for name, f in frames.items() if "account_id" in f}
    shared = {
        name: pa.Table.from_pandas(f, preserve_index=False)
        for name, f in frames.items()
        if "account_id" not in f
    }
    return Company(settings, tuple(metrics), divided, shared)


def divided(frames):
    return {name: frame for name, frame in frames.items() if "account_id" in frame}


def with_whole(frames, dates, n_buckets):
    """The company with what all buckets show together."""
    company, moments = company_of(frames), to_microseconds(pd.DatetimeIndex(dates))
    parts = [whole_rows(rows, company, moments) for rows in parcels_of(divided(frames), n_buckets)]
    together = pa.concat_tables(parts)
    return dataclasses.replace(company, whole=whole_from(together, moments))


def in_buckets(frames, pairs, n_buckets, *, company=None):
    """All rows of all buckets, with percentiles, sorted."""
    company = company or with_whole(frames, sorted(pairs["as_of"].unique()), n_buckets)
    parcels = parcels_of({**divided(frames), PAIRS: pairs}, n_buckets)
    rows = pa.concat_tables([feature_rows(part, company) for part in parcels])
    wanted = pa.schema([(name, rows.schema.field(name).type) for name in KEYS])
    for name in frame_columns(METRICS):
        wanted = wanted.append(pa.field(name, pa.float64()))
    groups = rows.group_by(["as_of", SEGMENT]).aggregate([]).to_pylist()
    together = []
    for group in groups:
        date, segment = (pa.compute.equal(rows[name], group[name]) for name in ("as_of", SEGMENT))
        together.append(beside_peers(rows.filter(pa.compute.and_(date, segment)), METRICS, wanted))
    return pa.concat_tables(together).to_pandas().set_index(KEYS).sort_index()


def assert_equal(found, expected):
    """Equal but for the last bit, since sums over weeks add up in an order of their own."""
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12, atol=1e-12, check_index_type=False)


@pytest.mark.parametrize("n_buckets", [1, 3])
def test_any_number_of_buckets_gives_the_numbers_of_one_machine(frames, tables, n_buckets):
    pairs = known_accounts(tables, DATES)
    expected = compute_features(tables, pairs, metrics=METRICS).frame
    assert_equal(in_buckets(frames, pairs, n_buckets), expected)


def test_every_account_may_have_dates_of_its_own(frames, tables):
    pairs = known_accounts(tables, DATES[:1])
    later = pd.to_timedelta(np.arange(len(pairs)) * 5, unit="D")
    pairs = pairs.assign(as_of=pairs["as_of"] + later)
    expected = compute_features(tables, pairs, metrics=METRICS).frame
    assert_equal(in_buckets(frames, pairs, 3), expected)


def test_a_feed_is_silent_only_if_no_account_of_any_bucket_delivers():
    """An account without usage for weeks has zero users, unless the whole feed broke."""
    # Each account is alone in its bucket: five are as good as many.
    frames = silenced(build_company(5, months=14, seed=3).tables)
    quiet = frames["accounts"]["account_id"].iloc[0]
    usage = frames["usage_daily"]
    lonely = {**frames, "usage_daily": usage[usage["account_id"] != quiet]}
    pairs = known_accounts(read_tables(lonely), DATES[:1])
    expected = compute_features(read_tables(lonely), pairs, metrics=METRICS).frame
    assert expected.loc[(quiet, DATES[0]), "active_users_28d"] == 0.0
    found = in_buckets(lonely, pairs, 1000)
    assert_equal(found, expected)
    # Without the others, a bucket would take its own silence for that of the feed.
    alone = in_buckets(lonely, pairs, 1000, company=company_of(lonely))
    assert np.isnan(alone.loc[(quiet, DATES[0]), "active_users_28d"])


def test_a_bucket_without_pairs_gives_no_rows(frames):
    rows = parcels_of(divided(frames), 1)[0]
    assert feature_rows(rows, company_of(frames)).num_rows == 0
    assert feature_rows(rows, company_of(frames)).schema == feature_schema(METRICS)


def test_accounts_that_are_no_customers_have_no_percentile_and_move_none():
    schema = pa.schema([("active_users_28d_in_segment", pa.float64())])
    rows = pa.table({"active_users_28d": [1.0, None, 5.0, 3.0], LIVE: [True, True, True, False]})
    metrics = [metric for metric in METRICS if metric.column == "active_users_28d"]
    found = beside_peers(rows, metrics, schema)
    assert found["active_users_28d_in_segment"].to_pylist() == [0.5, None, 1.0, None]


def test_what_is_scored_and_who_is_listed_is_that_of_one_machine(frames, tables):
    config = read_config(DEFAULTS)
    expected = score_tables(tables, DATES[0], config=config, models=Models()).scores
    # Buckets say who is to be scored; on Spark there is a model to score them with.
    expected["status"] = expected["status"].replace("no_model", "scored")
    expected = expected.set_index("account_id").sort_index()
    company = with_whole(frames, DATES[:1], 3)
    rows = pa.concat_tables(
        [
            score_rows(part, company, DATES[0], config.rubric)
            for part in parcels_of(divided(frames), 3)
        ]
    )
    found = rows.to_pandas().set_index("account_id").sort_index()
    found = found[~found[ENDED]]
    assert found["status"].to_dict() == expected["status"].to_dict()
    pd.testing.assert_series_equal(found["cmi"], expected["cmi"])
    pd.testing.assert_series_equal(found["cmi_coverage"], expected["cmi_coverage"])


def test_the_business_is_that_of_the_company_and_not_of_the_bucket(frames):
    """A bucket without any contract does not turn its accounts into another business."""
    bound = frames["contracts"]["account_id"].unique()[0]
    few = dict(frames)
    for name in ("contracts", "subscription_items"):
        few[name] = frames[name][frames[name]["account_id"] == bound]
    company = with_whole(few, DATES[:1], 5)
    alone = company_of(few)
    kinds = {True: set(), False: set()}
    for part in parcels_of(divided(few), 5):
        kinds[True].add(business_of(company.tables(unpacked(part))))
        kinds[False].add(business_of(alone.tables(unpacked(part))))
    assert kinds[True] == {Business.CONTRACTUAL_ITEMS}
    assert kinds[False] != kinds[True]


def test_rows_put_aside_are_those_of_one_machine(frames):
    tickets = frames["tickets"].copy()
    tickets.loc[tickets.index[:2], "account_id"] = "nobody"
    tickets = pd.concat([tickets, tickets.iloc[5:6]], ignore_index=True)
    broken = {**frames, "tickets": tickets}
    expected = read_tables(broken).quarantine.to_pandas().drop(columns="row")
    schema = pa.schema([(name, pa.string()) for name in expected.columns])
    found = pa.concat_tables(
        [
            put_aside_rows(part, company_of(broken), schema)
            for part in parcels_of(divided(broken), 3)
        ]
    ).to_pandas()
    order = ["table", "key", "reason"]
    assert len(expected) >= 3
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
    )


def test_some_accounts_may_have_no_activity_at_all(frames):
    empty = {name: frame.iloc[:0] for name, frame in frames.items()}
    tables = read_some({name: pa.Table.from_pandas(f) for name, f in empty.items()})
    assert tables["accounts"].num_rows == 0
    assert not tables.filled("usage_daily")


def test_rows_come_back_in_the_order_of_the_source():
    """Part files in the order of their names, folders inside before and after as one would read."""
    files = ["d/b.parquet", "d/a%20b.parquet", "d/a.parquet", "d/a.parquet"]
    rows = {
        BUCKET: pa.array([7, 7, 7, 7], pa.int32()),
        FILE: files,
        ROW: [0, 3, 1, 0],
        "value": ["last", "first", "third", "second"],
    }
    batches = pa.table(rows).to_batches(max_chunksize=1)
    found = unpacked(pa.Table.from_batches(packed("seats", batches)))["seats"]
    assert found.column_names == ["value"]
    assert found["value"].to_pylist() == ["first", "second", "third", "last"]


def test_types_of_the_source_survive_the_way():
    rows = pa.table(
        {
            BUCKET: pa.array([1, 0], pa.int32()),
            "list": [["a"], None],
            "time": pa.array([1, None], pa.timestamp("us")),
            "money": pa.array([None, "1.50"]).cast(pa.string()).cast(pa.decimal128(9, 2)),
        }
    )
    parcels = pa.Table.from_batches(packed("any", rows.to_batches()))
    parts = [unpacked(parcels.slice(place, 1))["any"] for place in range(parcels.num_rows)]
    again = pa.concat_tables(parts).sort_by([("time", "ascending")])
    assert again.equals(rows.drop_columns([BUCKET]))


def test_no_rows_make_no_parcels():
    empty = pa.table({BUCKET: pa.array([], pa.int32()), "value": pa.array([], pa.string())})
    assert list(packed("any", empty.to_batches())) == []
    assert list(packed("any", [])) == []


def test_accounts_hang_together_over_any_number_of_links():
    homes = _first_of_each([["d", "c"], ["b", "a"], ["c", "b"], ["x", "y"]])
    assert homes == {"a": "a", "b": "a", "c": "a", "d": "a", "x": "x", "y": "x"}
    assert _first_of_each([]) == {}


def test_several_sources_of_a_table_are_refused_on_spark():
    own = Plan(table_spec("tickets"), "tickets", {}, TableMapping())
    with pytest.raises(SchemaError, match=r"`tables.tickets.also` does not work on Spark; write"):
        check_plan(dataclasses.replace(own, also=(own,)))
