"""A company as every verb needs it: its tables with the answers that people wrote down beside."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

import pandas as pd

from ...features.arrays.plain_text import displayed
from ...features.cohorts.quiet_spell import with_quiet_days
from ...features.errors import SchemaError
from ...features.ingest.read import Data, deliveries_of, open_source, read_tables
from ...features.progress import Progress
from ...features.schema.settings import GivenSettings, Settings, settings_of
from ...features.schema.tableset import Tables
from ...features.scores.questionnaire import with_questionnaire
from .config import Config, read_config
from .find_input import settings_for

__all__ = ["Company", "accounts_to_ask", "company_of"]


@dataclass(frozen=True, slots=True)
class Company:
    """What every verb needs first.

    Parameters
    ----------
    tables : Tables
    config : Config
        With the times that follow from all of the data, where none is set.
    given : Settings
        As they were set.
    """

    tables: Tables
    config: Config
    given: Settings

    @property
    def settings(self) -> Settings:
        """The settings, which the config holds."""
        return self.config.settings

    def config_on(self, as_of: pd.Timestamp) -> Config:
        """Return everything declared, with the times that follow from what was known on a date."""
        settings = with_quiet_days(self.given, self.tables, known_before=as_of)
        return replace(self.config, settings=settings)


def company_of(
    data: Data, settings_path: GivenSettings | None, progress: Progress | None = None
) -> Company:
    """Return the tables, the questionnaire's answers among them, and everything declared.

    Parameters
    ----------
    data : path, URL or dict of DataFrame
    settings_path : str, Path, Settings or None
        A settings file, and the files it names lie beside it, or the object. Without one the
        ``churngrid.yaml`` in or beside the data or in the working folder holds, as on the command
        line.
    progress : callable, optional
        Told stage, steps done and steps in all, None when not known.

    Returns
    -------
    Company

    Raises
    ------
    SchemaError
        If tables, settings or one of the files are unusable.
    """
    settings = settings_of(settings_for(data) if settings_path is None else settings_path)
    # Files that people edit are wrong more often than tables, and read in no time.
    config = read_config(settings)
    tables = read_tables(data, settings, progress=_read(progress))
    timed = replace(config, settings=with_quiet_days(settings, tables))
    return Company(with_questionnaire(tables, settings, config.rubric), timed, settings)


def accounts_to_ask(data: Data | None, mapping: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the accounts that a questionnaire should ask about.

    Parameters
    ----------
    data : path, URL or dict of DataFrame, or None
    mapping : mapping of str to object
        Proposed ``tables`` section of the settings.

    Returns
    -------
    list of (str, str)
        Id and name of each, sorted by id; of several names the last. Empty without data, and while
        the proposal is too incomplete to find the accounts by.
    """
    if data is None:
        return []
    settings = Settings.model_validate({"tables": dict(mapping)})
    with closing(open_source(data)) as source:
        try:
            parts = [delivery.table for delivery in deliveries_of(source, settings)["accounts"]()]
        except SchemaError:
            # `init` is there to get over this: `check` will say what is missing.
            return []
    newest: dict[str, str] = {}
    for rows in parts:
        ids = displayed(rows["account_id"])
        there = "name" in rows.column_names
        names = displayed(rows["name"]) if there else [None] * len(ids)
        newest |= {key: name or "" for key, name in zip(ids, names, strict=True) if key}
    return sorted(newest.items())


def _read(progress: Progress | None) -> Callable[[str, int], None] | None:
    """Return a callback that tells how many rows of a table have been read."""
    if progress is None:
        return None
    return lambda table, rows: progress(f"read {table}", rows, None)
