"""People and what they say, with what only several rows together tell: who was key since when."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import BoolArray
from ..schema.tableset import Tables
from .view_data import ViewData, collected_columns

__all__ = [
    "KEY_ROLES",
    "departures",
    "headcounts_view",
    "newest_over_time",
    "people_view",
    "survey_responses_view",
    "touches_view",
    "with_contact_history",
    "with_key_since",
]

KEY_ROLES = ("exec_sponsor", "champion", "decision_maker")
"""Roles on which a renewal hangs."""

_WEIGHTS = {"exec_sponsor": 3.0, "decision_maker": 3.0, "admin": 2.0}
_STAMP = pa.timestamp("us", tz="UTC")
_MOMENT = pd.DatetimeTZDtype("us", "UTC")
_YEAR = pd.Timedelta(days=365)


def with_key_since(people: pa.Table) -> pa.Table:
    """Add since when each person has been a key contact, and from when on for a year.

    Parameters
    ----------
    people : pyarrow.Table
        As the contract describes it.

    Returns
    -------
    pyarrow.Table
        With ``key_since`` and ``key_a_year_at``, as known by each row; empty where a person never
        had a key role. A departure without a date is one of the day it became known.
    """
    columns = ["person_id", "account_id", "roles", "valid_from", "known_at"]
    rows = people.select(columns).to_pandas()
    begun = rows["valid_from"].fillna(rows["known_at"])
    rows["seen"] = np.maximum(begun, rows["known_at"])
    rows["since"] = begun.where(_has_role(rows["roles"], KEY_ROLES))
    versions = rows.groupby(["person_id", "account_id", "seen"], sort=True)
    known = versions["since"].min().astype(_MOMENT)
    earliest = known.groupby(level=["person_id", "account_id"]).cummin()
    found = pd.MultiIndex.from_frame(rows[["person_id", "account_id", "seen"]])
    # What a row does not say itself was said by an earlier one.
    earliest = earliest.groupby(level=["person_id", "account_id"]).ffill()
    since = pd.Series(earliest.reindex(found).array)
    left = pc.coalesce(people["left_account_at"], people["left_known_at"])
    place = people.column_names.index("left_account_at")
    people = people.set_column(place, "left_account_at", left)
    people = people.append_column("key_since", _times(since))
    return people.append_column("key_a_year_at", _times(since + _YEAR))


def newest_over_time(versions: pd.DataFrame, by: str, value: str) -> pd.DataFrame:
    """Return what the newest version of each thing said, from each moment one became known on.

    Parameters
    ----------
    versions : DataFrame
        With ``by``, ``value``, ``valid_from`` and ``known_at``.
    by : str
        Column that names the thing.
    value : str
        Column that is stated.

    Returns
    -------
    DataFrame
        ``by``, ``known_at`` and ``value``, by ``known_at``.
    """
    ordered = versions.sort_values(["valid_from", "known_at", value], ignore_index=True)
    ordered["known_at"] = ordered[["valid_from", "known_at"]].max(axis=1)
    stated = ordered.sort_values("known_at", kind="stable")
    newest = stated.index.to_series().groupby(stated[by]).cummax()
    said = ordered[value].loc[newest].array
    return stated[[by, "known_at"]].assign(**{value: said})


def departures(people: pd.DataFrame) -> pd.Series:
    """Return when each person was first known to have left: no later row may move that.

    Parameters
    ----------
    people : DataFrame
        With ``person_id``, ``left_known_at`` and ``known_at``.

    Returns
    -------
    Series of Timestamp
        By person; without those who are still there.
    """
    gone = people.dropna(subset=["left_known_at"])
    moment = gone["left_known_at"].where(gone["left_known_at"] > gone["known_at"], gone["known_at"])
    return moment.groupby(gone["person_id"]).min()


def with_contact_history(answers: pa.Table, people: pd.DataFrame | None) -> pa.Table:
    """Set each survey answer beside the other answers of the same contact.

    Parameters
    ----------
    answers : pyarrow.Table
        Of surveys, as the contract describes it.
    people : DataFrame or None
        With ``person_id``, ``roles``, ``valid_from`` and ``known_at``.

    Returns
    -------
    pyarrow.Table
        With ``superseded_at`` (when a later answer of the contact to the same question became
        known), ``score_change`` (against the answer before, where that was known by then),
        ``person_roles``, ``role_weight`` (sponsor and decision maker 3, admin 2, others 1) and
        ``weighted_score``.
    """
    columns = ["survey_id", "survey_type", "account_id", "person_id", "responded_at", "score"]
    rows = answers.select([*columns, "known_at"]).to_pandas()
    rows["place"] = range(len(rows))
    rows["seen"] = np.maximum(rows["responded_at"], rows["known_at"])
    rows["person_roles"] = _roles_at(rows, people)
    said = rows.dropna(subset=["score", "responded_at", "person_id"])
    weight = pd.Series(1.0, rows.index)
    for role, heavy in sorted(_WEIGHTS.items(), key=lambda item: item[1]):
        weight[_has_role(rows["person_roles"], (role,))] = heavy
    added = {
        "superseded_at": _times(_superseded(said).reindex(rows.index)),
        "score_change": pa.array(_changes(said).reindex(rows.index), from_pandas=True),
        "person_roles": pa.array(rows["person_roles"], pa.string(), from_pandas=True),
        "role_weight": pa.array(weight),
        "weighted_score": pa.array(weight * rows["score"], from_pandas=True),
    }
    for name, column in added.items():
        answers = answers.append_column(name, column)
    return answers


_CONTACT = ["account_id", "person_id", "survey_type"]


def _superseded(said: pd.DataFrame) -> pd.Series:
    """Return when the first of all later answers of a contact became known."""
    known = said.groupby([*_CONTACT, "responded_at"], sort=True)["seen"].min().astype(_MOMENT)
    soonest = known[::-1].groupby(level=_CONTACT).cummin()[::-1]
    later = soonest.groupby(level=_CONTACT).shift(-1)
    place = pd.MultiIndex.from_frame(said[[*_CONTACT, "responded_at"]])
    return pd.Series(later.reindex(place).array, said.index)


def _changes(said: pd.DataFrame) -> pd.Series:
    """Return how far each answer lies above the one before, where that was known by then."""
    if said.empty:
        return pd.Series(np.nan, said.index)
    order = ["responded_at", "known_at", "survey_id"]
    ordered = said.sort_values(order, kind="stable")
    earlier = ordered[[*_CONTACT, "responded_at", "score", "seen"]]
    found = pd.merge_asof(
        ordered,
        earlier.rename(columns={"score": "score_before", "seen": "seen_before"}),
        on="responded_at",
        by=_CONTACT,
        allow_exact_matches=False,
    )
    change = (found["score"] - found["score_before"]).where(found["seen_before"] <= found["seen"])
    return pd.Series(change.array, ordered.index)


def _roles_at(rows: pd.DataFrame, people: pd.DataFrame | None) -> pd.Series:
    """Return the roles of each row's person as they were known when the row became known."""
    if people is None or people.empty or rows.empty:
        return pd.Series(pd.NA, rows.index, dtype="str")
    ordered = rows.reset_index()[["index", "person_id", "known_at"]].sort_values("known_at")
    stated = newest_over_time(people, "person_id", "roles")
    found = pd.merge_asof(ordered, stated, on="known_at", by="person_id")
    return found.set_index("index")["roles"].reindex(rows.index)


def _has_role(roles: pd.Series, wanted: Sequence[str]) -> BoolArray:
    padded = "|" + roles.fillna("").astype(str) + "|"
    held = np.zeros(len(roles), dtype=bool)
    for role in wanted:
        held |= padded.str.contains(f"|{role}|", regex=False).to_numpy(dtype=bool)
    return held


def _times(moments: pd.Series) -> pa.Array:
    return pa.array(pd.to_datetime(moments, utc=True), _STAMP, from_pandas=True)


def people_view(tables: Tables) -> ViewData:
    """People with the time since when they have been key contacts."""
    collected = collected_columns(tables, "people")
    derived = {"key_since", "key_a_year_at"} if "roles" in collected else set()
    if "left_known_at" in collected:
        derived.add("left_account_at")
    return ViewData(with_key_since(tables["people"]), collected | derived)


def survey_responses_view(tables: Tables) -> ViewData:
    """Survey answers beside the other answers of the same contact."""
    people = tables["people"].select(_PERSON).to_pandas() if "people" in tables else None
    collected = collected_columns(tables, "survey_responses")
    derived = {"superseded_at", "score_change", "role_weight", "weighted_score"}
    if tables.has("people", "roles"):
        derived.add("person_roles")
    answered = {"score", "responded_at"} <= collected
    table = with_contact_history(tables["survey_responses"], people)
    return ViewData(table, collected | (derived if answered else set()))


def headcounts_view(tables: Tables) -> ViewData:
    """List what was said of the number of employees, each time as a fact of its own."""
    accounts = tables["accounts"]
    said = accounts.filter(pc.is_valid(accounts["employee_count"]))
    begun = pc.coalesce(said["valid_from"], said["known_at"])
    columns = [said["account_id"], said["employee_count"], begun, said["known_at"]]
    names = ["account_id", "employee_count", "stated_at", "known_at"]
    collected = collected_columns(tables, "accounts")
    derived = {"stated_at"} if "employee_count" in collected else set()
    return ViewData(pa.table(columns, names=names), collected | derived)


_PERSON = ("person_id", "roles", "valid_from", "known_at")


_TWO_WAY = ("meeting", "call", "qbr", "training")


def touches_view(tables: Tables) -> ViewData:
    """Activities, one row a person, with that person's roles as the newest row states them.

    A mail without a direction may have been an answer, and a talk may have been with anybody
    where nobody is named: such rows are ``untold``.
    """
    frame = _each_person(tables["activities"]).to_pandas()
    talked = frame["type"].isin(_TWO_WAY) & _took_place(frame, said=_says_attended(tables))
    frame["two_way"] = talked | frame["direction"].eq("inbound")
    written = frame["type"].isna() | frame["type"].eq("email")
    unclear = ~frame["two_way"] & written & frame["direction"].isna()
    frame["untold"] = unclear | (frame["two_way"] & frame["person_id"].isna())
    frame["attended"] = frame["attended"].eq(True)
    collected = collected_columns(tables, "activities") | {"person_id", "two_way", "untold"}
    if "people" in tables:
        collected |= {"person_left_at"}
    if tables.has("people", "roles"):
        collected |= {"person_roles"}
    if "people" in tables and tables["people"].num_rows:
        frame = _with_roles(frame, tables["people"])
    else:
        frame = frame.assign(person_roles=None, person_left_at=pd.NaT)
    kept = ["activity_id", "account_id", "type", "direction", "attended", "occurred_at"]
    schema = pa.schema(
        [(name, pa.string()) for name in ("activity_id", "account_id", "type", "direction")]
        + [("attended", pa.bool_()), ("occurred_at", pa.timestamp("us", tz="UTC"))]
        + [("person_id", pa.string())]
        + [("two_way", pa.bool_()), ("untold", pa.bool_()), ("person_roles", pa.string())]
        + [(name, pa.timestamp("us", tz="UTC")) for name in ("person_left_at", "known_at")]
    )
    told = ["person_id", "two_way", "untold", "person_roles", "person_left_at", "known_at"]
    columns = [*kept, *told]
    return ViewData(
        pa.Table.from_pandas(frame[columns], schema=schema, preserve_index=False), collected
    )


def activities_view(tables: Tables) -> ViewData:
    """Activities, with whether each took place; where a source never says, one with a day did."""
    table = tables["activities"]
    frame = table.select(["type", "attended", "occurred_at"]).to_pandas()
    held = pa.array(_took_place(frame, said=_says_attended(tables)), pa.bool_())
    collected = collected_columns(tables, "activities")
    derived = {"took_place"} if {"attended", "occurred_at"} & collected else set()
    return ViewData(table.append_column("took_place", held), collected | derived)


def _says_attended(tables: Tables) -> bool:
    return "attended" in collected_columns(tables, "activities")


def _took_place(frame: pd.DataFrame, *, said: bool) -> pd.Series:
    """Say which activities were held; nobody attends a call, so that its day says it."""
    unsaid = frame["attended"].isna() & (frame["type"].eq("call") | (not said))
    return frame["attended"].eq(True) | (unsaid & frame["occurred_at"].notna())


def _each_person(activities: pa.Table) -> pa.Table:
    """Repeat an activity for each of its people; without any it is there once."""
    people = pc.fill_null(activities["person_ids"].combine_chunks(), "")
    parts = pc.split_pattern(people, "|")
    person = pc.list_flatten(parts)
    named = pc.if_else(pc.equal(person, ""), pa.scalar(None, pa.string()), person)
    repeated = activities.drop_columns("person_ids").take(pc.list_parent_indices(parts))
    return repeated.append_column("person_id", named)


def _with_roles(touches: pd.DataFrame, described: pa.Table) -> pd.DataFrame:
    """Add each person's roles as they were known when the activity became known."""
    people = described.select([*_PERSON, "left_known_at"]).to_pandas()
    stated = newest_over_time(people, "person_id", "roles")
    stated = stated.rename(columns={"roles": "person_roles"})
    touches = touches.sort_values("known_at", kind="stable")
    found = pd.merge_asof(touches, stated, on="known_at", by="person_id")
    found["person_left_at"] = departures(people).reindex(found["person_id"]).array
    return found
