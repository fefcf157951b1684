"""What earlier scorings stored, as far as this one goes by it."""

import hashlib

import pandas as pd
import pyarrow as pa

from ...features.errors import ArtifactError
from .known_facts import Known

__all__ = ["digest_of", "last_seen", "newest_before", "told_of_begun"]


def last_seen(previous: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return, per account, the newest stored reading before this date."""
    columns = {"health_band_shown": "band", "health_band_raw": "raw_band", "health_value": "index"}
    if previous is None or previous.empty:
        return pd.DataFrame(columns=list(columns.values()), dtype=object)
    missing = sorted({"account_id", "as_of", *columns} - set(previous.columns))
    if missing:
        raise ArtifactError(
            f"The stored scores lack {missing}: another version wrote them. Score with `--fresh`, "
            "or into another place."
        )
    return newest_before(previous, as_of).rename(columns=columns)[list(columns.values())]


def newest_before(previous: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return, per account, all that was stored at its newest scoring before this date."""
    if previous is None or previous.empty:
        return pd.DataFrame()
    earlier = previous[previous["as_of"] < as_of].sort_values("as_of")
    return earlier.drop_duplicates("account_id", keep="last").set_index("account_id")


def told_of_begun(earlier: pd.DataFrame | None, known: Known) -> pd.DataFrame:
    """Return what was stored, before this date, of the plays that have begun since."""
    columns = ["account_id", "play", "as_of", "state", "why"]
    if earlier is None or earlier.empty or "state" not in earlier:
        return pd.DataFrame(columns=columns)
    begun = known.begun.plays
    pairs = pd.MultiIndex.from_frame(begun.loc[begun["state"] == "begun", ["account_id", "play"]])
    mine = pd.MultiIndex.from_frame(earlier[["account_id", "play"]]).isin(pairs)
    told: pd.DataFrame = earlier.loc[mine & (earlier["as_of"] < known.as_of), columns]
    return told.sort_values(["account_id", "play", "as_of"], ignore_index=True)


def digest_of(previous: pd.DataFrame | None, earlier: pd.DataFrame, accounts: pd.DataFrame) -> str:
    """Return a hash of what this scoring goes by beside tables and settings.

    Stored readings and plays of earlier dates, and overrides that hold; empty without any.
    """
    known = [_earlier_readings(previous, accounts["as_of"]), earlier, _overridden(accounts)]
    rows = [
        str(pa.Table.from_pandas(frame, preserve_index=False).to_pylist())
        for frame in known
        if len(frame)
    ]
    return hashlib.sha256("".join(rows).encode()).hexdigest()[:12] if rows else ""


def _earlier_readings(previous: pd.DataFrame | None, as_of: pd.Series) -> pd.DataFrame:
    if previous is None or previous.empty or as_of.empty:
        return pd.DataFrame()
    columns = ["account_id", "as_of", "health_band_shown", "health_band_raw", "health_value"]
    earlier: pd.DataFrame = previous.loc[previous["as_of"] < as_of.iloc[0], columns]
    return earlier.sort_values(["account_id", "as_of"])


def _overridden(accounts: pd.DataFrame) -> pd.DataFrame:
    columns = ["account_id", "override_limit", "override_reason"]
    return accounts.loc[accounts["override_reason"] != "", columns].sort_values("account_id")
