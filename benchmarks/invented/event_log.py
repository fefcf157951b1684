"""Usage events of an invented product, as large as wished, in Parquet files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["write_events"]

N_ACCOUNTS = 10_000
USERS_PER_ACCOUNT = 10.7
N_FEATURES = 40
N_DAYS = 3 * 366
FIRST_DAY = np.datetime64("2022-01-01", "us").astype(np.int64)

_DAY_US = 86_400_000_000
_ROW_GROUP = 1 << 20


def write_events(folder: Path, n_events: int, *, seed: int = 1) -> None:
    """Write ``accounts``, ``features`` and ``usage_events`` into a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    n_events : int
        In the order of their days, as a log is written; hours are random inside a day.
    seed : int
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    pq.write_table(_accounts(), folder / "accounts.parquet")
    pq.write_table(_features(), folder / "features.parquet")
    owner = np.sort(rng.integers(0, N_ACCOUNTS, int(N_ACCOUNTS * USERS_PER_ACCOUNT)))
    weight = np.cumsum(rng.lognormal(0.0, 1.0, len(owner)))
    with pq.ParquetWriter(folder / "usage_events.parquet", _SCHEMA, compression="zstd") as writer:
        for start in range(0, n_events, _ROW_GROUP):
            size = min(_ROW_GROUP, n_events - start)
            writer.write_table(_events(rng, owner, weight, (start, size, n_events)))


_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("product_user_id", pa.string()),
        ("feature_id", pa.string()),
        ("occurred_at", pa.timestamp("us", tz="UTC")),
    ]
)


def _events(
    rng: np.random.Generator,
    owner: np.ndarray,
    weight: np.ndarray,
    place: tuple[int, int, int],
) -> pa.Table:
    start, size, whole = place
    user = np.searchsorted(weight, rng.random(size) * weight[-1])
    day = (np.arange(start, start + size) * N_DAYS) // whole
    moment = FIRST_DAY + day * _DAY_US + rng.integers(0, _DAY_US, size)
    feature = (N_FEATURES * rng.random(size) ** 2).astype(np.int32)
    return pa.table(
        [
            _names("account-{:06d}", N_ACCOUNTS).take(pa.array(owner[user])),
            _names("user-{:08d}", len(owner)).take(pa.array(user)),
            _names("feature-{:02d}", N_FEATURES).take(pa.array(feature)),
            pa.array(moment).cast(pa.timestamp("us", tz="UTC")),
        ],
        schema=_SCHEMA,
    )


def _accounts() -> pa.Table:
    since = pa.array(np.full(N_ACCOUNTS, FIRST_DAY)).cast(pa.timestamp("us", tz="UTC"))
    return pa.table(
        {
            "account_id": _names("account-{:06d}", N_ACCOUNTS),
            "customer_since": since,
            "known_at": since,
        }
    )


def _features() -> pa.Table:
    return pa.table(
        {
            "feature_id": _names("feature-{:02d}", N_FEATURES),
            "is_core": pa.array([n % 4 == 0 for n in range(N_FEATURES)]),
            "is_value_event": pa.array([True] * N_FEATURES),
        }
    )


def _names(form: str, count: int) -> pa.Array:
    return pa.array([form.format(number) for number in range(count)])
