"""Interventions: what became of plays, read back from the company's own records."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...features.schema.tables import table_spec
from ...features.schema.tableset import Tables, empty_table

if TYPE_CHECKING:
    from ..company.playbook import Playbook

__all__ = ["DRAWN", "STATES", "Interventions", "interventions_before", "stated_before"]


STATES = ("begun", "done", "failed", "declined")
"""What an intervention may say of the work on a play; all but the first end it."""

DRAWN = ("proposed", "withheld")
"""What it may say of the draw: whether the account was to get the play, or is a control."""

_NO_EVENTS = empty_table(table_spec("account_events"))
_COLUMNS = ("account_id", "play", "state", "since", "last_at")
_NAME_ALONE = r"[^;=]+"


@dataclass(frozen=True, slots=True)
class Interventions:
    """What is known of plays that people worked on.

    Parameters
    ----------
    plays : DataFrame
        One row an account and play: ``account_id``, ``play``, ``state`` (the newest of
        ``STATES``), ``since`` (when it was last begun) and ``last_at`` (when the newest statement
        on it was made).
    unread : int
        Statements that name no play, or none of the states.
    """

    plays: pd.DataFrame
    unread: int

    @classmethod
    def none(cls) -> "Interventions":
        """Return what is known where nothing was recorded."""
        return cls(pd.DataFrame(columns=list(_COLUMNS)), 0)

    def notes(self, playbook: "Playbook") -> list[str]:
        """Return what a reader should know of interventions that could not be used, or not fully.

        Parameters
        ----------
        playbook : Playbook

        Returns
        -------
        list of str
            Empty if each names a play of the playbook.
        """
        told = []
        strange = sorted(set(self.plays["play"]) - {play.name for play in playbook.plays})
        if strange:
            named = ", ".join(repr(name[:80]) for name in strange[:3])
            told.append(
                f"Interventions name {len(strange):,} plays that are not in the playbook: {named}. "
                "They count among the open ones only."
            )
        if self.unread:
            told.append(
                f"{self.unread:,} interventions say neither play nor state and are not used; write "
                "`play=find_successor;state=begun`."
            )
        return told


def interventions_before(tables: Tables, as_of: pd.Timestamp) -> Interventions:
    """Return what became of plays, as it was known and had happened before a date.

    Parameters
    ----------
    tables : Tables
        ``account_events`` of kind ``intervention``; their ``value_text`` reads
        ``play=<name>;state=<begun|done|failed|declined>``, or is a name alone for a play begun.
    as_of : Timestamp

    Returns
    -------
    Interventions
        Empty without such events.

    Examples
    --------
    >>> interventions_before(Tables({}), pd.Timestamp("2025-06-01", tz="UTC")).unread
    0
    """
    stated = stated_before(tables, as_of)
    read = stated["play"].notna() & stated["state"].isin((*STATES, *DRAWN))
    newest = stated[read & stated["state"].isin(STATES)]
    by_play = newest.groupby(["account_id", "play"], sort=True)
    frame = by_play.agg(state=("state", "last"), last_at=("occurred_at", "last")).reset_index()
    begun = newest[newest["state"] == "begun"].groupby(["account_id", "play"])["occurred_at"].last()
    since = frame.merge(begun.rename("since").reset_index(), how="left")["since"]
    frame["since"] = since.fillna(frame["last_at"])
    return Interventions(frame[list(_COLUMNS)], int((~read).sum()))


def stated_before(tables: Tables, as_of: pd.Timestamp) -> pd.DataFrame:
    """List all interventions that were known and had happened before a date, in order of time.

    Parameters
    ----------
    tables : Tables
    as_of : Timestamp

    Returns
    -------
    DataFrame
        ``event_id``, ``account_id``, ``value_text``, ``occurred_at``, ``known_at``, ``play``,
        ``state`` and ``experiment`` as the text names them, in lower case; missing where it does
        not. Without rows where there are none.

    Examples
    --------
    >>> len(stated_before(Tables({}), pd.Timestamp("2025-06-01", tz="UTC")))
    0
    """
    events = _NO_EVENTS
    if "account_events" in tables:
        events = tables["account_events"]
    moment = pa.scalar(as_of.to_pydatetime(), pa.timestamp("us", tz="UTC"))
    seen = pc.and_(pc.less(events["known_at"], moment), pc.less(events["occurred_at"], moment))
    wanted = pc.and_(seen, pc.equal(events["kind"], "intervention"))
    columns = ["event_id", "account_id", "value_text", "occurred_at", "known_at"]
    frame: pd.DataFrame = events.select(columns).filter(wanted).to_pandas()
    text = frame["value_text"].astype("string").str.lower().str.strip()
    alone = text.str.fullmatch(_NAME_ALONE).fillna(False).astype(bool)
    play = text.where(alone, _value_of("play", text))
    state = _value_of("state", text).mask(alone, "begun")
    said = frame.assign(
        play=play.str.strip(),
        state=state.str.strip(),
        experiment=_value_of("experiment", text).str.strip(),
    )
    return said.sort_values(["occurred_at", "known_at", "event_id"], kind="stable")


def _value_of(key: str, text: pd.Series) -> pd.Series:
    """Return what stands behind ``key=`` up to the next semicolon; missing where it does not."""
    return text.str.extract(rf"(?:^|;)\s*{key}\s*=\s*([^;]+)", expand=False)
