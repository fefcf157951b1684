"""Where the settings of some data are, and where the data is that settings name."""

from pathlib import Path

from ...features.addresses import is_address
from ...features.errors import SchemaError
from ...features.ingest.read import Data
from ...features.schema.settings import load_settings

__all__ = ["SETTINGS_NAME", "data_of", "refuse_found_code", "settings_for"]


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

    Raises
    ------
    SchemaError
        If a file that came with the data names Python code; see ``refuse_found_code``.
    """
    here = Path(SETTINGS_NAME)
    folders = [Path()]
    if isinstance(data, str | Path) and not is_address(str(data)):
        folders = [Path(data), Path(data).parent, *folders]
    places = [folder / SETTINGS_NAME for folder in folders]
    if here.is_file() and _names(here, data):
        places.insert(0, here)
    found = next((place for place in places if place.is_file()), None)
    if found is not None:
        refuse_found_code(found)
    return found


def refuse_found_code(settings: Path) -> None:
    """Refuse a settings file that was found, not named, if it wants Python code to be run.

    Settings may come with the data, from whoever made it. What lies in the working folder is the
    user's own, as is what the user names.

    Parameters
    ----------
    settings : Path

    Raises
    ------
    SchemaError
        If it names a module of metrics and does not lie in the working folder.
    """
    if settings.parent.resolve() == Path().resolve():
        return
    module = load_settings(settings).metrics
    if module is not None:
        raise SchemaError(
            f"{str(settings)!r} was found beside the data and names Python code to run (setting "
            f"`metrics`: {module!r}); it was not run. If you trust this file, name it: "
            f"`--settings {settings}`, or as the settings in Python."
        )


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
    return named if is_address(named) else str(path.parent / named)


def _names(settings: Path, data: Data) -> bool:
    """Say whether a settings file names this very data."""
    if not isinstance(data, str | Path) or is_address(str(data)):
        return False
    try:
        named = load_settings(settings).data
    except SchemaError:
        # It is read, and refused with the reason, when it is the one that holds.
        return False
    return named is not None and (settings.parent / named).resolve() == Path(data).resolve()
