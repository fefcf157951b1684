"""The first job: settings for data that nobody has described, written, checked, and explained."""

import os
import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from ...features.addresses import is_address, public_address
from ...features.errors import SchemaError
from ...features.ingest.files.table_names import file_stem
from ...features.ingest.propose.proposal import Proposal
from ...features.ingest.propose.propose import propose
from ...features.ingest.propose.settings_text import mapping_of
from ...features.ingest.read import Data
from ...features.whole_file import made_folder, write_all
from ..company.find_input import SETTINGS_NAME
from ..company.load_company import accounts_to_ask
from ..company.starter_files import starter_files
from ..results.stores import check_apart
from .answers.data import CheckResult, InitResult
from .check import check

__all__ = ["init"]

_BELOW = "churngrid"
"""Where the files go if the folder itself holds the data."""


def init(
    folder: str | Path, *, data: Data | None = None, presets: Sequence[str] | None = None
) -> InitResult:
    """Write settings, scorecard, rubric and playbook to edit, and a questionnaire to fill in.

    Parameters
    ----------
    folder : str or Path
        Made if missing; nothing in it is replaced. If it holds tables and no settings, and no data
        is named, its tables are the data, and the files go into ``churngrid`` below it.
    data : path, URL or dict of DataFrame, optional
        Propose how these tables are read, record where they are, hold them against the contract
        at once, and ask about their accounts.
    presets : sequence of str, optional
        Systems whose exports the data holds, such as ``stripe``; without them every known layout
        is looked for.

    Returns
    -------
    InitResult

    Raises
    ------
    SchemaError
        If one of the files is already there, the data cannot be opened, or a preset does not find
        its tables in it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     sorted(path.name for path in init(f"{folder}/mine").written)[:3]
    ['churngrid.yaml', 'maturity.yaml', 'playbook.yaml']
    """
    home = Path(folder)
    notes: tuple[str, ...] = ()
    if data is None and _holds_tables(home):
        data, home = home, home / _BELOW
        notes = (f"The tables of {str(data)!r} were read; the settings are in {str(home)!r}.",)
    if presets and data is None:
        raise SchemaError("Presets say how your data is read; name it with `--from DATA`.")
    proposal = propose(data, presets) if data is not None else None
    if proposal is not None:
        proposal = replace(proposal, notes=(*notes, *proposal.notes))
    mapping = mapping_of(proposal) if proposal else {}
    files = starter_files(proposal, _recorded(data, home), accounts_to_ask(data, mapping))
    for name in files:
        if (home / name).exists():
            raise SchemaError(
                f"{home / name} is already there; init replaces nothing. Name another folder, or "
                "move it away."
            )
    written = tuple(home / name for name in files)
    with made_folder(home), ExitStack() as undone:
        write_all(home, {name: text.encode() for name, text in files.items()})
        # Stopped before it is done, the next one finds nothing in its way.
        for path in written:
            undone.callback(path.unlink, missing_ok=True)
        result = _told(written, home, data, proposal)
        undone.pop_all()
    return result


def _told(
    written: tuple[Path, ...], home: Path, data: Data | None, proposal: Proposal | None
) -> InitResult:
    """Say what was written and, of data, what it gives when it is read that way."""
    if data is None or proposal is None:
        return InitResult(written, next=_command(home, "check DATA"))
    checked, problem = _checked(data, home, proposal)
    return InitResult(written, proposal, checked, problem, _next(home, data, proposal, checked))


def _holds_tables(folder: Path) -> bool:
    """Say whether a folder has files of tables, and was not made by this very command."""
    if not folder.is_dir() or (folder / SETTINGS_NAME).exists():
        return False
    return any(file_stem(path) and path.is_file() for path in folder.iterdir())


def _recorded(data: Data | None, folder: Path) -> str | None:
    """Return the data as the settings name it; None where it has no name, or a secret in it."""
    if data is None or isinstance(data, Mapping):
        return None
    if is_address(str(data)):
        return str(data) if public_address(str(data)) == str(data) else None
    path = Path(data)
    return str(path) if path.is_absolute() else os.path.relpath(path, folder)


def _checked(data: Data, folder: Path, proposal: Proposal) -> tuple[CheckResult | None, str]:
    if proposal.flat is not None:
        return None, ""
    if not proposal.parts:
        return None, "No table was recognised."
    try:
        return check(data, folder / SETTINGS_NAME, out=_apart(folder, data)), ""
    except SchemaError as error:
        return None, str(error)


def _apart(folder: Path, data: Data) -> Path | None:
    """Return where pages about the data go; nowhere if that is the folder of the data itself."""
    try:
        check_apart(folder, data)
    except SchemaError:
        return None
    return folder


def _next(folder: Path, data: Data, proposal: Proposal, checked: CheckResult | None) -> str:
    if proposal.flat is not None:
        table, key, flag = proposal.flat
        named = f" --id {shlex.quote(key)}" if key else ""
        file = shlex.quote(str(_file_of(data, table)))
        return f"churngrid train {file} --target {shlex.quote(flag)}{named}"
    return _command(folder, "score" if checked is not None else "check")


def _file_of(data: Data, table: str) -> Path | str:
    """Return the file of a table, where the data is a folder of files."""
    folder = Path() if isinstance(data, Mapping) else Path(data)
    if isinstance(data, Mapping) or not folder.is_dir():
        return public_address(str(data)) if not isinstance(data, Mapping) else table
    named = (path for path in sorted(folder.rglob("*")) if path.name.startswith(Path(table).name))
    return next(named, folder)


def _command(folder: Path, verb: str) -> str:
    """Return a command with the way into the folder of the settings."""
    return (
        f"churngrid {verb}"
        if folder == Path()
        else f"cd {shlex.quote(str(folder))} && churngrid {verb}"
    )
