"""Which forms the columns of a delivery keep, looked at as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pyarrow as pa

from ...schema.table_declaration import TableSpec
from .column_forms import ColumnForm, FormEvidence

__all__ = ["kept_forms"]


def kept_forms(
    pieces: Iterable[pa.Table],
    spec: TableSpec,
    columns: Iterable[str],
    wanted: Mapping[str, str],
) -> dict[str, ColumnForm]:
    """Decide which form each of some columns keeps.

    Parameters
    ----------
    pieces : iterable of pyarrow.Table
        All rows, columns under the names of the contract.
    spec : TableSpec
    columns : iterable of str
        Of times and numbers.
    wanted : mapping of str to str
        By column, the form that the settings name.

    Returns
    -------
    dict of str to ColumnForm
    """
    kinds = {name: spec.column(name).kind for name in columns}
    evidence = {
        name: FormEvidence("time" if kind == "time" else "number") for name, kind in kinds.items()
    }
    there: set[str] = set()
    for piece in pieces:
        there |= set(piece.column_names)
        for name, found in evidence.items():
            if name in piece.column_names:
                found.add(piece[name])
    forms = {name: found.decide(wanted.get(name)) for name, found in evidence.items()}
    if "currency" in there:
        # The signs only repeat what another column says.
        return {name: replace(form, currencies=frozenset()) for name, form in forms.items()}
    return forms
