"""Canonical tables written by hand, for tests that are not about reading."""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from churngrid.features.schema.tables import table_spec
from churngrid.features.schema.tableset import Tables, canonical_schema

UTC = "UTC"


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=UTC)


def tables_of(frames: Mapping[str, pd.DataFrame]) -> Tables:
    """Tables from frames that already hold canonical columns; missing ones are null."""
    built, collected = {}, {}
    for name, frame in frames.items():
        spec = table_spec(name)
        columns = [column.name for column in spec.columns]
        full = frame.reindex(columns=columns)
        for column in spec.columns:
            if column.kind == "time":
                full[column.name] = pd.to_datetime(full[column.name], utc=True)
        schema = canonical_schema(spec)
        arrays = [
            pa.array(full[field.name].tolist(), from_pandas=True).cast(field.type)
            if not pa.types.is_timestamp(field.type)
            else pa.array(full[field.name], type=field.type, from_pandas=True)
            for field in schema
        ]
        built[name] = pa.Table.from_arrays(arrays, schema=schema)
        collected[name] = frozenset(frame.columns)
    return Tables(built, collected, currency="USD")
