"""The same numbers on Apache Spark: one bucket of accounts at a time, wherever Spark puts it.

The only module that imports pyspark, and only when it is used. Every table with an ``account_id``
is read by Spark from its Parquet files and divided by account; inside a bucket the code is that of
one machine. Two things are found across buckets: what only the whole company shows (when a feed
last delivered), before, and how accounts stand among their peers, afterwards.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ...features.arrays.array_types import IntArray
from ...features.arrays.as_of_rows import to_microseconds
from ...features.cohorts.quiet_spell import with_times
from ...features.engine.feature_table import frame_columns
from ...features.errors import ArtifactError, SchemaError
from ...features.metrics.metric import Metric
from ...features.schema.settings import DEFAULTS, Settings
from ...features.schema.tables import FACT_TABLES
from ...features.schema.tableset import QUARANTINE_SCHEMA
from ...training.dataset.dataset import MATURITY_INPUTS
from ...training.dataset.targets import target_of
from ...training.registry.artifact import PROBABILITY, FittedModel, model_from
from ...training.registry.mlflow_registry import champion_files, local_uri
from ...training.registry.mlflow_settings import tracking_address
from ..company.config import read_config
from ..company.own_metrics import declared_metrics
from ..results.places import MODELS
from ..scoring.model_estimates import check_inputs
from . import bucket as of
from .parity import refuse_lost
from .score_bucket import ENDED, STANDING, STATUS, score_rows, score_schema
from .spark_tables import SparkTables, open_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["compute_features_on_spark", "local_session", "put_aside_on_spark", "score_on_spark"]


_SPARK_TYPES = {
    "string": "string",
    "double": "double",
    "bool": "boolean",
    "int64": "bigint",
    "timestamp[us, tz=UTC]": "timestamp",
}
_ASIDE = pa.schema([field for field in QUARANTINE_SCHEMA if field.name != "row"])


def local_session(*, threads: int = 2, memory_mb: int = 2048) -> "SparkSession":
    """Start Spark inside this process, to try things out; a cluster has sessions of its own.

    Parameters
    ----------
    threads : int
    memory_mb : int
        For Java; Python's workers take their own.

    Returns
    -------
    SparkSession
        Its workers run this Python. Call ``stop`` after use.

    Raises
    ------
    SchemaError
        If pyspark or Java is not installed.
    """
    session = _pyspark()
    home = os.environ.get("JAVA_HOME")
    if not (home and Path(home, "bin", "java").exists()) and shutil.which("java") is None:
        raise SchemaError(
            "Spark needs Java 17 or newer, and no `java` is on the path or in JAVA_HOME: install "
            "it, on Debian with `apt-get install openjdk-17-jre-headless`."
        )
    # Workers take whatever `python3` is on the path unless they are told.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    options = {
        "spark.driver.memory": f"{memory_mb}m",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(2 * threads),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = session.builder.master(f"local[{threads}]").appName("churngrid")
    for name, value in options.items():
        builder = builder.config(name, value)
    started = builder.getOrCreate()
    started.sparkContext.setLogLevel("ERROR")
    return started


def compute_features_on_spark(
    spark: "SparkSession",
    data: str | Path,
    pairs: "DataFrame",
    *,
    metrics: Sequence[Metric] | None = None,
    settings: Settings = DEFAULTS,
    buckets: int | None = None,
) -> "DataFrame":
    """Compute metrics for pairs of account and as-of date, as ``compute_features`` does.

    Parameters
    ----------
    spark : SparkSession
        Its workers need churngrid installed.
    data : str or Path
        Folder of Parquet files, as a path or an address that Spark reads (``s3a://...``).
    pairs : DataFrame of Spark
        With ``account_id`` and ``as_of`` (times without zone are UTC). Percentiles compare the
        live accounts among these pairs, so give all accounts of a date.
    metrics : sequence of Metric, optional
        Those that ship and those that the settings name by default.
    settings : Settings
    buckets : int, optional
        Into how many the accounts are divided; Spark's number of shuffle partitions by default.
        All rows of a bucket have to fit into the memory of one Python worker.

    Returns
    -------
    DataFrame of Spark
        ``account_id``, ``as_of`` and the columns of ``Features.frame``, null where there is no
        number; rows in no order. It is computed when it is used, and again each time.

    Raises
    ------
    SchemaError
        If the data cannot be used, or the settings name something that Spark cannot do.
    """
    chosen = tuple(declared_metrics(settings.metrics) if metrics is None else metrics)
    count = _bucket_count(spark, buckets)
    with _told(str(data)):
        tables = open_tables(spark, str(data), settings)
        asked = pairs.selectExpr("cast(account_id as string) as account_id", "as_of").distinct()
        moments = asked.select("as_of").distinct().toArrow()["as_of"].to_pandas()
        dates = np.unique(to_microseconds(moments))
        company = _known(tables, chosen, dates, count)
        parcels = tables.parcels(count, {of.PAIRS: asked})

    def compute(rows: pa.Table) -> pa.Table:
        return of.feature_rows(rows, company)

    found = _by_bucket(parcels, compute, of.feature_schema(chosen))
    wanted = pa.schema([*of.KEYS, *((name, pa.float64()) for name in frame_columns(chosen))])
    return _beside_peers(found, chosen, wanted)


def score_on_spark(
    spark: "SparkSession",
    data: str | Path,
    as_of: pd.Timestamp,
    *,
    target: str = "churn",
    tracking: str | None = None,
    settings: Settings = DEFAULTS,
    buckets: int | None = None,
) -> "DataFrame":
    """Predict for every account known on a date, with the registered champion in MLflow.

    Parameters
    ----------
    spark, data, settings, buckets
        As in ``compute_features_on_spark``.
    as_of : Timestamp
        Only facts known before it count; without a zone it is UTC.
    target : {"churn", "expansion", "contraction"}
    tracking : str, optional
        MLflow address; the SQLite file in ``churngrid-models`` by default.

    Returns
    -------
    DataFrame of Spark
        ``account_id``, ``as_of``, ``status`` and the target's probability (0 to 1, null unless
        the status is ``scored``), for the accounts that ``score`` lists; rows in no order. ``GAPS``
        says where that is not what ``score`` returns.

    Raises
    ------
    SchemaError
        If the data cannot be used.
    ArtifactError
        If there is no champion, or it reads what is not computed on Spark or not there any more.
    ValueError
        If there is no such target.
    """
    target = target_of(target)
    config = read_config(settings)
    files = champion_files(tracking_address(tracking, local_uri(MODELS)), target)
    model = model_from(files, where="the registry")
    _check_model(model, config.metrics)
    settings = with_times(settings, model.lead_days, model.horizon_days)
    rubric = config.rubric if set(MATURITY_INPUTS) & set(model.columns) else None
    moment = _in_utc(as_of)
    count = _bucket_count(spark, buckets)
    with _told(str(data)):
        tables = open_tables(spark, str(data), settings)
        company = _known(tables, config.metrics, to_microseconds(pd.DatetimeIndex([moment])), count)
        refuse_lost(model, config.metrics, company.whole.filled if company.whole else frozenset())
        parcels = tables.parcels(count)

    def compute(rows: pa.Table) -> pa.Table:
        return score_rows(rows, company, moment, rubric)

    schema = score_schema(config.metrics, with_maturity=rubric is not None)
    inputs = [(name, pa.float64()) for name in model.columns]
    wanted = pa.schema([*of.KEYS, *STANDING, *inputs])
    rows = _beside_peers(_by_bucket(parcels, compute, schema), config.metrics, wanted)
    return _predicted(rows, model, files)


def put_aside_on_spark(
    spark: "SparkSession",
    data: str | Path,
    *,
    settings: Settings = DEFAULTS,
    buckets: int | None = None,
) -> "DataFrame":
    """Return the rows that the contract puts aside, and why: no metric sees them.

    Parameters
    ----------
    spark, data, settings, buckets
        As in ``compute_features_on_spark``.

    Returns
    -------
    DataFrame of Spark
        ``table``, ``reason``, ``key``, ``account_id``, ``money`` (null where a row has none) and
        ``values`` (the row as JSON), in no order.

    Raises
    ------
    SchemaError
        If the data cannot be used, or the settings name something that Spark cannot do.
    """
    count = _bucket_count(spark, buckets)
    with _told(str(data)):
        tables = open_tables(spark, str(data), settings)
        parcels = tables.parcels(count)
    company = _company(tables, ())

    def compute(rows: pa.Table) -> pa.Table:
        return of.put_aside_rows(rows, company, _ASIDE)

    return _by_bucket(parcels, compute, _ASIDE)


def _pyspark() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise SchemaError(
            "Computing on Spark needs pyspark, which is not installed: "
            "pip install 'churngrid[spark]'."
        ) from None
    return SparkSession


@contextmanager
def _told(data: str) -> Iterator[None]:
    """Say in one sentence what Spark could not read."""
    _pyspark()
    from pyspark.errors import AnalysisException

    try:
        yield
    except AnalysisException as error:
        reason = str(error).strip().splitlines()[0]
        raise SchemaError(
            f"Spark cannot read {data!r}: {reason} Check the folder and the types of its columns "
            "(times in microseconds, and in all parts of a table the same)."
        ) from error


def _bucket_count(spark: "SparkSession", buckets: int | None) -> int:
    if buckets is None:
        return int(str(spark.conf.get("spark.sql.shuffle.partitions")))
    if buckets < 1:
        raise ValueError(f"`buckets` must be at least 1, got {buckets!r}.")
    return buckets


def _company(tables: SparkTables, metrics: tuple[Metric, ...]) -> of.Company:
    return of.Company(tables.settings, metrics, tables.columns, tables.shared)


def _known(
    tables: SparkTables, metrics: tuple[Metric, ...], dates: IntArray, buckets: int
) -> of.Company:
    """Read everything once to learn what only the whole company shows."""
    company = _company(tables, metrics)

    def compute(rows: pa.Table) -> pa.Table:
        return of.whole_rows(rows, company, dates)

    found = _by_bucket(tables.parcels(buckets), compute, of.WHOLE)
    whole = of.whole_from(found.distinct().toArrow(), dates)
    _check_left(whole.filled)
    return replace(company, whole=whole)


def _check_left(filled: frozenset[str]) -> None:
    for names in (("accounts",), FACT_TABLES):
        if not filled.intersection(names):
            raise SchemaError(
                f"Nothing is left of required table {' or '.join(f'`{name}`' for name in names)}: "
                "it has no rows, or all were put aside; see `put_aside_on_spark`."
            )


def _check_model(model: FittedModel, metrics: tuple[Metric, ...]) -> None:
    check_inputs(model, metrics)
    missing = sorted(set(model.columns) - {*frame_columns(metrics), *MATURITY_INPUTS})
    if missing:
        raise ArtifactError(
            f"The {model.kind!r} model for {model.target!r} reads {missing}, which is not computed "
            "on Spark; score on one machine, or train a model with `--model-kind`."
        )


def _by_bucket(
    parcels: "DataFrame", compute: Callable[[pa.Table], pa.Table], schema: pa.Schema
) -> "DataFrame":
    return parcels.groupBy("bucket").applyInArrow(compute, _ddl(schema))


def _beside_peers(rows: "DataFrame", metrics: tuple[Metric, ...], wanted: pa.Schema) -> "DataFrame":
    """Let all accounts of one date and segment meet, and keep the wanted columns."""

    def compare(group: pa.Table) -> pa.Table:
        return of.beside_peers(group, metrics, wanted)

    return rows.groupBy("as_of", of.SEGMENT).applyInArrow(compare, _ddl(wanted))


def _predicted(rows: "DataFrame", model: FittedModel, files: Mapping[str, bytes]) -> "DataFrame":
    from pyspark.sql.functions import col, pandas_udf, struct, when

    def predicted(parts: Iterator[pd.DataFrame]) -> Iterator[pd.Series]:
        # The files travel with this function: a worker runs no code but that of its own churngrid.
        own = model_from(files, where="what the driver sent")
        for part in parts:
            yield pd.Series(own.predict_p(part))

    # A model that reads nothing is still asked once a row.
    columns = list(model.columns) or ["account_id"]
    predict = pandas_udf(predicted, "double")
    probability = predict(struct(*(col(f"`{name}`") for name in columns)))
    eligible = when(col(STATUS) == "scored", probability)
    listed = rows.where(~col(ENDED))
    return listed.select("account_id", "as_of", STATUS, eligible.alias(PROBABILITY[model.target]))


def _in_utc(moment: pd.Timestamp) -> pd.Timestamp:
    return moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")


def _ddl(schema: pa.Schema) -> str:
    """Return a schema as Spark writes it."""
    return ", ".join(f"`{field.name}` {_SPARK_TYPES[str(field.type)]}" for field in schema)
