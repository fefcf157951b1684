"""How a result shows itself: one line in a console, a table in a notebook."""

import html

import pandas as pd

__all__ = ["ShortView"]

_ROWS = 10


class ShortView:
    """A result that says in a line what it is, whatever it holds.

    A class names the line and, where it has one, the table; both stay small for any number of
    accounts.

    Examples
    --------
    >>> class Counted(ShortView):
    ...     def _line(self) -> str:
    ...         return "3 accounts"
    >>> Counted()
    <Counted: 3 accounts>
    >>> Counted()._repr_html_()
    '<p>&lt;Counted: 3 accounts&gt;</p>'
    """

    __slots__ = ()

    def _line(self) -> str:
        raise NotImplementedError

    def _table(self) -> pd.DataFrame | None:
        """Return the rows to show; None where a line says it all."""
        return None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._line()}>"

    def _repr_html_(self) -> str:
        line, table = f"<p>{html.escape(repr(self))}</p>", self._table()
        if table is None or table.empty:
            return line
        rows = table.head(_ROWS).to_html(index=False, escape=True, border=0, na_rep="")
        rest = len(table) - _ROWS
        return line + rows + (f"<p>and {rest:,} more</p>" if rest > 0 else "")
