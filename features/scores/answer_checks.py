"""What is odd about maturity answers that came with the tables, held against the rubric."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import to_mask
from ..schema.tableset import Finding, Tables
from .rubric import Rubric

__all__ = ["answer_findings"]


_TABLE = "account_events"

Mask = npt.NDArray[np.bool_]


def answer_findings(tables: Tables, rubric: Rubric) -> Iterator[Finding]:
    """Report answers that the index leaves out, or does not take as they are.

    Parameters
    ----------
    tables : Tables
    rubric : Rubric

    Yields
    ------
    Finding
        Answers without a level, beyond the scale (they count as its end), about a characteristic
        that the rubric does not have, or with evidence that it does not take. Nothing without
        answers.
    """
    if _TABLE not in tables:
        return
    events = tables[_TABLE]
    answers = events.filter(pc.equal(events["kind"], "maturity_answer"))
    level = answers["value_num"]
    off = pc.or_(pc.less(level, 1.0), pc.greater(level, 5.0))
    item = pc.utf8_lower(answers["characteristic_id"])
    known = [one.id.lower() for one in rubric.characteristics()]
    foreign = ~to_mask(pc.is_in(item, value_set=pa.array(known, pa.string())))
    for column, rule, mask in (
        ("value_num", "an answer without a level is left out", to_mask(pc.is_null(level))),
        ("value_num", "an answer beyond 1 to 5 counts as the end of the scale", to_mask(off)),
        ("characteristic_id", "not in the rubric: the answer is left out", foreign),
        (
            "evidence_type",
            "not taken by the characteristic: the answer is left out",
            ~foreign & ~_taken(item, answers["evidence_type"], rubric),
        ),
    ):
        if mask.any():
            ids = answers["event_id"].take(pa.array(np.flatnonzero(mask)[:3])).to_pylist()
            yield Finding(_TABLE, column, rule, int(mask.sum()), tuple(map(str, ids)))


def _taken(item: pa.ChunkedArray, kind: pa.ChunkedArray, rubric: Rubric) -> Mask:
    """Say which answers have evidence that their characteristic takes."""
    admitted = [
        f"{one.id.lower()} {name}" for one in rubric.characteristics() for name in rubric.takes(one)
    ]
    pair = pc.binary_join_element_wise(item, pc.utf8_lower(kind), " ")
    return to_mask(pc.is_in(pair, value_set=pa.array(admitted, pa.string())))
