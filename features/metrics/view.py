"""What a measure reads: where its rows come from, and when they count."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..schema.tables import table_spec
from ..schema.tableset import Tables
from .view_data import ViewData

__all__ = ["View"]


@dataclass(frozen=True, slots=True)
class View:
    """Something a measure can read.

    Parameters
    ----------
    name : str
    sources : tuple of str
        Canonical tables, any of which is enough.
    happened_at : str
        Column that says when a row took place.
    entity, version : tuple of str
        As in ``TableSpec``.
    stale_after_days : int or None
    build : callable
        Turns the tables into the rows; called only when a source was delivered.
    daily : bool
        Whether ``happened_at`` is a day, without an hour.
    feed : str
        View whose rows tell when the sources last delivered; the view itself when empty.
    steady : bool
        Whether rows come with every use of the product: the feed is never silent for long, and
        what an account did before its first row is not known.
    """

    name: str
    sources: tuple[str, ...]
    happened_at: str
    entity: tuple[str, ...]
    version: tuple[str, ...]
    stale_after_days: int | None
    build: Callable[[Tables], ViewData]
    daily: bool = False
    feed: str = ""
    steady: bool = False

    def delivered(self, tables: Tables) -> bool:
        """Say whether the view can be built.

        Parameters
        ----------
        tables : Tables

        Returns
        -------
        bool
        """
        return any(source in tables for source in self.sources)

    def may_lack(self, columns: Iterable[str]) -> list[str]:
        """Return the columns that a row may be without: no contract of its sources demands them.

        Parameters
        ----------
        columns : iterable of str

        Returns
        -------
        list of str
            In the given order.

        Examples
        --------
        >>> from .views import view_named
        >>> view_named("usage").may_lack(["date", "module"])
        ['module']
        """
        tables = [table_spec(source) for source in self.sources]
        demanded = {column.name for spec in tables for column in spec.columns if column.demanded}
        return [name for name in columns if name not in demanded]
