"""Where the settings of some data are, and where the data is that settings name."""

from collections.abc import Mapping
from pathlib import Path

from ...features.errors import SchemaError
from ...features.ingest.read import Data
from ...features.schema.settings import load_settings

__all__ = ["SETTINGS_NAME", "data_of", "settings_for"]


SETTINGS_NAME = "churngrid.yaml"
"""Name of the settings file that is found by itself."""


def settings_for(data: Data) -> Path | None:
    """Return the settings file that holds for some data.

    Parameters
    ----------
    data : path, URL or dict of DataFrame

    Returns
    -------
    Path or None
        The first ``churngrid.yaml`` of: the working folder if that file names this very data, the
        data's own folder, the one around it, the working folder. None where there is none.
    """
    here = Path(SETTINGS_NAME)
    folders = [Path()]
    if not isinstance(data, Mapping) and "://" not in str(data):
        folders = [Path(data), Path(data).parent, *folders]
    places = [folder / SETTINGS_NAME for folder in folders]
    if here.is_file() and _names(here, data):
        places.insert(0, here)
    return next((place for place in places if place.is_file()), None)


def data_of(settings: Path | None) -> str:
    """Return where the data is when a command is given none.

    Parameters
    ----------
    settings : Path or None
        ``churngrid.yaml`` of the working folder when None.

    Returns
    -------
    str
        A relative path in the file starts in the folder of the file.

    Raises
    ------
    SchemaError
        If there is no such file, or it names no data.
    """
    path = settings or Path(SETTINGS_NAME)
    if settings is None and not path.is_file():
        raise SchemaError(
            f"Which data? Name it, or work in a folder whose {SETTINGS_NAME} has the setting "
            "`data`; `churngrid init --from DATA` makes one."
        )
    named = load_settings(path).data
    if named is None:
        raise SchemaError(
            f"Which data? {str(path)!r} has no setting `data`; add it, or name the data."
        )
    return named if "://" in named else str(path.parent / named)


def _names(settings: Path, data: Data) -> bool:
    """Say whether a settings file names this very data."""
    if isinstance(data, Mapping) or "://" in str(data):
        return False
    try:
        named = load_settings(settings).data
    except SchemaError:
        # It is read, and refused with the reason, when it is the one that holds.
        return False
    return named is not None and (settings.parent / named).resolve() == Path(data).resolve()
