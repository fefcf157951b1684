"""Tables of the views for readers of the whole: plain records that one template draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

__all__ = ["Block", "Cell", "Column", "cells_of", "columns_of", "link_to", "without_columns"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and where it leads."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column; numbers stand to the right."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One table with its title.

    Parameters
    ----------
    title, note : str
        What it shows, and what a reader has to know of it; ``note`` may be empty.
    columns : tuple of Column
    rows : tuple of tuple of Cell
    empty : str
        What stands there instead of a table without rows.
    """

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""


def columns_of(*titles: str) -> tuple[Column, ...]:
    """Return the heads of columns; a title that begins with ``#`` is one of numbers.

    Examples
    --------
    >>> columns_of("Who", "# ARR")
    (Column(title='Who', number=False), Column(title='ARR', number=True))
    """
    return tuple(Column(title.removeprefix("# "), title.startswith("# ")) for title in titles)


def cells_of(rows: Iterable[Sequence[str | Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Return rows of texts as rows of cells.

    Examples
    --------
    >>> cells_of([("a", Cell("b", "#x"))])
    ((Cell(text='a', href=''), Cell(text='b', href='#x')),)
    """
    return tuple(
        tuple(value if isinstance(value, Cell) else Cell(value) for value in row) for row in rows
    )


def link_to(account_id: str, text: str) -> Cell:
    """Return the name of an account that leads to its part of the page.

    Examples
    --------
    >>> link_to("a 1", "Alder")
    Cell(text='Alder', href='#account=a+1')
    """
    return Cell(text, f"#account={quote_plus(account_id)}")


def without_columns(block: Block, word: str) -> Block:
    """Return a table without the columns whose title has a word.

    Examples
    --------
    >>> block = Block("t", "", columns_of("Who", "# ARR"), cells_of([("a", "1")]))
    >>> without_columns(block, "ARR").rows
    ((Cell(text='a', href=''),),)
    """
    kept = [place for place, column in enumerate(block.columns) if word not in column.title]
    rows = tuple(tuple(row[place] for place in kept) for row in block.rows)
    return replace(block, columns=tuple(block.columns[place] for place in kept), rows=rows)
