"""One small company, written the way each kind of source has it."""

import duckdb
import pandas as pd
import pyarrow as pa

LONG_ID = "ü;\"'" * 2_500
IDS = ["a", 'x"; DROP TABLE accounts; --', "日本;語 ✓", LONG_ID, "=1+1"]


def company():
    days = pd.date_range("2025-01-01", periods=5, freq="D")
    return {
        "accounts": pd.DataFrame(
            {
                "account_id": IDS,
                "name": ["Alder, Inc.", 'B "quoted"', None, "line\nbreak", "E"],
                "employee_count": [10, None, 2.5, 0, 7],
                "customer_since": days,
                "known_at": days + pd.Timedelta(hours=3),
                "unused": range(5),
            }
        ),
        "usage_daily": pd.DataFrame(
            {
                "account_id": IDS * 4,
                "product_user_id": [7] * 20,
                "feature_id": ["f", None] * 10,
                "date": list(days) * 4,
                "events": range(20),
            }
        ),
        "seats": pd.DataFrame(
            {
                "account_id": IDS[:2],
                "product_user_id": [7, 8],
                "is_admin": [True, False],
                "status": ["Active", "invited"],
                "invited_at": days[:2],
            }
        ),
    }


def write_csv(folder, frames=None):
    for name, frame in (frames or company()).items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def write_parquet(folder, frames=None):
    for name, frame in (frames or company()).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def write_csv_parts(folder, frames=None):
    for name, frame in (frames or company()).items():
        (folder / name).mkdir()
        for part, start in enumerate(range(0, len(frame), 2)):
            frame.iloc[start : start + 2].to_csv(folder / name / f"part-{part:03}.csv", index=False)
    return folder


def write_parquet_parts(folder, frames=None):
    for name, frame in (frames or company()).items():
        nested = folder / f"{name}.parquet" / "2025"
        nested.mkdir(parents=True)
        (folder / f"{name}.parquet" / "_SUCCESS").touch()
        for part, start in enumerate(range(0, len(frame), 2)):
            frame.iloc[start : start + 2].to_parquet(
                nested / f"part-{part:03}.parquet", index=False
            )
    return folder


def write_gzipped_csv(folder, frames=None):
    for name, frame in (frames or company()).items():
        frame.to_csv(folder / f"{name}.csv.gz", index=False)
    return folder


def write_semicolon_csv(folder, frames=None):
    for name, frame in (frames or company()).items():
        frame.to_csv(folder / f"{name}.csv", index=False, sep=";", encoding="utf-8-sig")
    return folder


def write_duckdb(folder, frames=None):
    path = folder / "company.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, frame in (frames or company()).items():
            connection.register("frame", pa.Table.from_pandas(frame, preserve_index=False))
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
            connection.unregister("frame")
    return path


def arrow_tables(_folder, frames=None):
    return {
        name: pa.Table.from_pandas(frame, preserve_index=False)
        for name, frame in (frames or company()).items()
    }
