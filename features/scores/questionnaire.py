"""The questionnaire: maturity answers that people write into a sheet, checked cell by cell."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa

from ..arrays.plain_text import hashed, shortened
from ..errors import SchemaError
from ..schema.settings import Settings
from ..schema.tables import table_spec
from ..schema.tableset import QUARANTINE_SCHEMA, Finding, Tables, canonical_schema, empty_table
from .answer_checks import answer_findings
from .rubric import Characteristic, Rubric
from .sheet_reader import Sheet, read_sheet

__all__ = ["Answer", "Aside", "Questionnaire", "read_questionnaire", "with_questionnaire"]


_REQUIRED = ("account_id", "assessor", "date")
_OTHERS = ("account_name", "evidence", "comment")
_BY_ACCOUNT = "q"
_LEVEL = re.compile(r"([1-5])(?:\.0+)?")
_TWICE = "stated twice by the same assessor on a date, with the same evidence"
_DIFFERENTLY = f"{_TWICE}, and differently: none of them is used"


@dataclass(frozen=True, slots=True)
class Answer:
    """One level that one person stated."""

    line: int
    account_id: str
    item: str
    level: int
    evidence: str
    assessor: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Aside:
    """One cell that cannot be used, with the rule it breaks."""

    line: int
    account_id: str
    column: str
    rule: str
    value: str


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What a sheet holds.

    Parameters
    ----------
    name : str
        Of the file.
    answers : tuple of Answer
    aside : tuple of Aside
        Together with the answers as many as the sheet has filled cells.
    """

    name: str
    answers: tuple[Answer, ...] = ()
    aside: tuple[Aside, ...] = ()


def read_questionnaire(path: Path, rubric: Rubric, accounts: Sequence[str]) -> Questionnaire:
    r"""Read a questionnaire and check it cell by cell.

    Parameters
    ----------
    path : Path
        As ``read_sheet`` takes it. One row says what one person stated about one account on one
        day: the columns account_id, assessor and date, optionally evidence (Q where it is empty),
        account_name and comment, and one column a characteristic. Its heading is the id, behind
        which the label may stand.
    rubric : Rubric
    accounts : sequence of str
        Accounts there are.

    Returns
    -------
    Questionnaire
        Without answers for a sheet without filled cells.

    Raises
    ------
    SchemaError
        If the file cannot be read, or a column is missing or stands twice.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from churngrid.features.scores.rubric_file import read_rubric
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "questionnaire.csv")
    ...     _ = file.write_text(
    ...         "account_id,assessor,date,VC1 Mandate,VC2\na1,Kim,2025-05-02,4,2.5\n"
    ...     )
    ...     read = read_questionnaire(file, read_rubric(None), ["a1"])
    >>> read.answers[0].level, read.aside[0].column, read.aside[0].rule
    (4, 'VC2', 'must be a whole number from 1 to 5')
    """
    sheet = read_sheet(path)
    columns = _columns(sheet)
    items = {item.id.lower(): item for item in rubric.characteristics()}
    found = [
        answer
        for line, cells in sheet.rows
        for answer in _row_answers(line, _by_column(cells, columns), rubric, (items, {*accounts}))
    ]
    extra = [_beyond(line, cells, columns) for line, cells in sheet.rows]
    answers = [one for one in found if isinstance(one, Answer)]
    aside = [one for one in [*found, *extra] if isinstance(one, Aside)]
    kept, repeated = _without_repetitions(answers)
    return Questionnaire(sheet.name, tuple(kept), (*aside, *repeated))


def with_questionnaire(tables: Tables, settings: Settings, rubric: Rubric) -> Tables:
    """Return the tables with the answers of the questionnaire that the settings name.

    Parameters
    ----------
    tables : Tables
    settings : Settings
        ``questionnaire`` and ``hash_personal``.
    rubric : Rubric

    Returns
    -------
    Tables
        Answers are ``account_events`` of kind ``maturity_answer``, known from their date on. What
        cannot be used stands in ``findings`` and ``quarantine``, as does what is odd about answers
        that came with the tables; ``rows_in`` counts the filled cells.

    Raises
    ------
    SchemaError
        As ``read_questionnaire``.

    Examples
    --------
    >>> from churngrid.features.scores.rubric_file import read_rubric
    >>> with_questionnaire(Tables({}), Settings(), read_rubric(None))
    Tables: nothing read
    """
    checked = replace(tables, findings=(*tables.findings, *answer_findings(tables, rubric)))
    if settings.questionnaire is None:
        return checked
    accounts = tables["accounts"]["account_id"].to_pylist()
    read = read_questionnaire(settings.questionnaire, rubric, accounts)
    filled = len(read.answers) + len(read.aside)
    # Answers alone must not say that mergers, feedback and the like were collected too.
    collected = {} if "account_events" in tables else {"account_events": frozenset[str]()}
    return replace(
        checked,
        by_name={**tables.by_name, **_appended(tables, read, settings)},
        collected={**tables.collected, **collected},
        findings=(*checked.findings, *_findings(read)),
        quarantine=_quarantine(tables, read),
        rows_in={**tables.rows_in, **({read.name: filled} if filled else {})},
    )


def _columns(sheet: Sheet) -> list[str]:
    """Return what each column holds: a field in lower case, or the id of a characteristic."""
    names = [heading.lower() for heading in sheet.header]
    fields = (*_REQUIRED, *_OTHERS)
    ids = [heading.split()[0] if heading else "" for heading in sheet.header]
    columns = [name if name in fields else item for name, item in zip(names, ids, strict=True)]
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise SchemaError(f"{sheet.name}:1: columns {missing} are required and missing.")
    lowered = [name.lower() for name in columns if name]
    for name in lowered:
        if lowered.count(name) > 1:
            raise SchemaError(f"{sheet.name}:1: column {name!r} stands twice; keep one.")
    return columns


def _by_column(cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    full = [*cells, *[""] * (len(columns) - len(cells))]
    row = {name: cell for name, cell in zip(columns, full, strict=False) if name}
    # The sheet is handed out with an apostrophe before ids that a spreadsheet would calculate.
    return {**row, "account_id": row["account_id"].removeprefix("'")}


def _beyond(line: int, cells: Sequence[str], columns: Sequence[str]) -> Aside | None:
    """Put aside what stands where the header has no column; one entry a row."""
    row = zip([*columns, *[""] * (len(cells) - len(columns))], cells, strict=False)
    if not any(cell for name, cell in row if not name):
        return None
    account = _by_column(cells, columns)["account_id"]
    # Most likely the rest of a comment, which may name people: it is not quoted.
    rule = "a value without a heading; put a text with commas in quotes"
    return Aside(line, account, "", rule, "")


def _row_answers(
    line: int,
    row: dict[str, str],
    rubric: Rubric,
    known: tuple[dict[str, Characteristic], set[str]],
) -> Iterator[Answer | Aside]:
    """Yield each filled cell of a row, as an answer or put aside with the first rule it breaks."""
    items, accounts = known
    when = _moment(row["date"])
    kind = (row.get("evidence") or _BY_ACCOUNT).lower()
    row_fault = _row_fault(row, kind, rubric, accounts)
    for name, cell in row.items():
        if name in (*_REQUIRED, *_OTHERS) or not cell:
            continue
        item = items.get(name.lower())
        fault = row_fault or _cell_fault(name, cell, kind, item, rubric)
        if fault is not None or item is None or when is None:
            column, rule, value = fault or (name, "unknown", cell)
            yield Aside(line, row["account_id"], column, rule, value)
            continue
        level = int(float(cell))
        yield Answer(line, row["account_id"], item.id, level, kind, row["assessor"], when)


def _row_fault(
    row: dict[str, str], kind: str, rubric: Rubric, accounts: set[str]
) -> tuple[str, str, str] | None:
    """Return column, rule and value of what makes a whole row unusable."""
    for name in _REQUIRED:
        if not row[name]:
            return name, "missing", ""
    if row["account_id"] not in accounts:
        return "account_id", "account unknown", row["account_id"]
    if _moment(row["date"]) is None:
        return "date", "must be a date from 1970 on, such as 2025-06-30", row["date"]
    if kind not in rubric.evidence:
        return "evidence", f"must be one of {_listed(rubric.evidence)}", row.get("evidence", "")
    return None


def _cell_fault(
    name: str, cell: str, kind: str, item: Characteristic | None, rubric: Rubric
) -> tuple[str, str, str] | None:
    if item is None:
        ids = [one.id for one in rubric.characteristics()]
        close = get_close_matches(name, ids, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        return name, f"unknown characteristic{hint}", cell
    if not _LEVEL.fullmatch(cell):
        return item.id, "must be a whole number from 1 to 5", cell
    if kind not in rubric.takes(item):
        return item.id, f"takes evidence {_listed(rubric.takes(item))} only", kind.upper()
    return None


def _without_repetitions(answers: Sequence[Answer]) -> tuple[list[Answer], list[Aside]]:
    """Keep one of several equal answers, and none of several that contradict each other."""
    groups: dict[tuple[str, ...], list[Answer]] = {}
    for one in answers:
        day = str(one.when.date())
        key = (one.account_id, one.item, one.evidence, one.assessor.lower(), day)
        groups.setdefault(key, []).append(one)
    kept, aside = [], []
    for group in groups.values():
        alike = len({one.level for one in group}) == 1
        kept += group[:1] if alike else []
        rule = _TWICE if alike else _DIFFERENTLY
        aside += [
            Aside(one.line, one.account_id, one.item, rule, str(one.level))
            for one in (group[1:] if alike else group)
        ]
    return kept, aside


def _moment(text: str) -> datetime | None:
    """Return a date or time in UTC, None if it is neither or lies before 1970."""
    try:
        moment = datetime.fromisoformat(text)
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if utc.year >= 1970 else None


def _appended(tables: Tables, read: Questionnaire, settings: Settings) -> dict[str, pa.Table]:
    """Return the account events with the answers behind them; nothing where there are none."""
    if not read.answers:
        return {}
    spec = table_spec("account_events")
    rows = [_event(one, hash_personal=settings.hash_personal) for one in read.answers]
    added = pa.Table.from_pylist(rows, schema=canonical_schema(spec))
    there = tables["account_events"] if "account_events" in tables else empty_table(spec)
    return {"account_events": pa.concat_tables([there, added.cast(there.schema)])}


def _event(answer: Answer, *, hash_personal: bool) -> dict[str, object]:
    author = hashed(answer.assessor) if hash_personal else answer.assessor
    parts = (answer.account_id, answer.item, answer.evidence, answer.when.isoformat(), author)
    return {
        # Made of what it says, so that the order of rows never decides between two answers.
        "event_id": "/".join(("questionnaire", *map(str, parts))),
        "account_id": answer.account_id,
        "kind": "maturity_answer",
        "value_num": float(answer.level),
        "characteristic_id": answer.item,
        "evidence_type": answer.evidence,
        "author": author,
        "occurred_at": answer.when,
        "known_at": answer.when,
        "source": "questionnaire",
    }


def _findings(read: Questionnaire) -> Iterator[Finding]:
    counts = Counter((one.column, one.rule) for one in read.aside)
    for (column, rule), count in counts.items():
        concerned = [one for one in read.aside if (one.column, one.rule) == (column, rule)]
        examples = tuple(dict.fromkeys(_example(one) for one in concerned))[:3]
        yield Finding(read.name, column, rule, count, examples, quarantined=True)


def _example(one: Aside) -> str:
    got = f", got {one.value!r}" if one.value else ""
    return shortened(f"line {one.line}: {one.account_id or '-'}{got}")


def _quarantine(tables: Tables, read: Questionnaire) -> pa.Table | None:
    if not read.aside:
        return tables.quarantine
    rows = [
        {
            "table": read.name,
            "row": one.line - 2,
            "reason": f"column `{one.column}`: {one.rule}",
            "key": f"{one.account_id or '-'} / line {one.line}",
            "values": json.dumps({one.column: one.value}, ensure_ascii=False),
        }
        for one in read.aside
    ]
    added = pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA)
    parts = [added] if tables.quarantine is None else [tables.quarantine, added]
    return pa.concat_tables(parts)


def _listed(kinds: Iterable[str]) -> str:
    return ", ".join(kind.upper() for kind in kinds)
