"""Why a play is proposed: the facts it rests on, and the account's own words."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, TextArray
from ...features.metrics.metric import Metric
from ...features.schema.conditions import Condition
from ..company.playbook import Play, Playbook
from ..wording.number_words import behind, in_words, label_of, never_in, say_never, say_values

__all__ = ["reasons_of"]


_FIELD_NAMES = {"cmi_status": "evidence on maturity", "cmi": "CMI", "chs": "CHS", "arr": "ARR"}
"""Fields whose name as it is would be no word in a sentence."""

_SPOKEN_FIELDS = frozenset({"maturity_due", "weakest_category"})
"""Fields whose own text says more than the condition on them."""

_STRONGEST = "reasons_told"
"""The field whose fact is the strongest reason itself."""

_MOST = 3
"""Reasons that a play says."""

_SHARE_OF_OWN, _SHARE_OF_PEERS = "{} at {:.0f} % of their own past", "{} above {:.0f} % of peers"


def reasons_of(
    rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook, metrics: Mapping[str, Metric]
) -> TextArray:
    """Say why each play is proposed.

    Parameters
    ----------
    rows : DataFrame
        ``position`` (of the account in ``accounts``) and ``play``.
    accounts : DataFrame
        With every field the conditions look at, and ``spoken``: per cap, driver, component or slot
        what to say of it for this account.
    playbook : Playbook
    metrics : mapping of str to Metric
        By column, levels and variants: fields that are numbers of the account.

    Returns
    -------
    ndarray of str
        The facts that hold, each with its numbers; then what to say of the caps, drivers, cell or
        category that the play answers to; then the numbers that the condition looks at. The
        condition in words where there is nothing of all that. A number is said only where the rule
        on it holds, so that no sentence stands beside a number that speaks against it.
    """
    why = np.full(len(rows), "", dtype=object)
    position, which = rows["position"].to_numpy(dtype=int), playbook.places(rows["play"])
    labels = {name: metric.label for name, metric in metrics.items()}
    for number, play in enumerate(playbook.plays):
        here = np.flatnonzero(which == number)
        if not len(here):
            continue
        own = accounts.iloc[position[here]]
        otherwise = play.when.words({**_FIELD_NAMES, **labels})
        parts = zip(
            _facts(play, own, playbook, metrics),
            _spoken(play, own),
            _numbers(play.when, own, metrics),
            strict=True,
        )
        why[here] = [_joined(facts, told, said) or otherwise for facts, told, said in parts]
    return why


def _joined(facts: list[str], told: list[str], numbers: list[tuple[str, str]]) -> str:
    said = [*facts, *told]
    for label, number in numbers:
        if not any(text.startswith(label) or f"({label}" in text for text in said):
            said.append(number)
    return "; ".join(dict.fromkeys(said[:_MOST]))


def _facts(
    play: Play, own: pd.DataFrame, playbook: Playbook, metrics: Mapping[str, Metric]
) -> list[list[str]]:
    """Return what each account's facts say, in its own words or with the numbers they rest on."""
    told: list[list[str]] = [[] for _ in range(len(own))]
    for fact in (playbook.facts[name] for name in play.facts):
        named, numbers = fact.when.field, _numbers(fact.when, own, metrics)
        for said, spoken, pairs in zip(told, own["spoken"], numbers, strict=True):
            beside = "; ".join(number for _, number in pairs)
            says = spoken.get(_STRONGEST, fact.says) if named == _STRONGEST else fact.says
            said.append(f"{says} ({beside})" if beside else says)
    return told


def _spoken(play: Play, own: pd.DataFrame) -> Iterator[list[str]]:
    """Yield what to say of everything the play answers to, the strongest first."""
    named = [play.when.admitted(field) for field in ("caps", "drivers")]
    topics = frozenset({play.slot}).union(play.when.fields() & _SPOKEN_FIELDS, *named)
    caps = play.when.admitted("caps")
    for spoken in own["spoken"]:
        # Of several caps the lowest says it: they may be two degrees of one thing.
        first = next((topic for topic in spoken if topic in caps), None)
        told = [
            text
            for topic, text in spoken.items()
            if topic in topics and (topic not in caps or topic == first)
        ]
        yield list(dict.fromkeys(told))


def _numbers(
    when: Condition, own: pd.DataFrame, metrics: Mapping[str, Metric]
) -> list[list[tuple[str, str]]]:
    """Return, per account, the numbers on which a rule holds, each after its name."""
    told: list[list[tuple[str, str]]] = [[] for _ in range(len(own))]
    everyone = np.ones(len(own), dtype=bool)
    for field, holds in _evidence(when, own, everyone, metrics):
        label, words = _said(field, own, metrics[field])
        for place in np.flatnonzero(holds).tolist():
            pair = (label, words[place])
            if pair not in told[place]:
                told[place].append(pair)
    return told


def _evidence(
    when: Condition, own: pd.DataFrame, within: BoolArray, known: Collection[str]
) -> Iterator[tuple[str, BoolArray]]:
    """Yield the numbers that the condition looks at, and for whom its rule on them holds."""
    if when.field in known:
        yield str(when.field), within & when.holds(own)
    for part in (*(when.all_ or ()), *(when.any_ or ())):
        yield from _evidence(part, own, within & part.holds(own), known)


def _said(field: str, own: pd.DataFrame, metric: Metric) -> tuple[str, list[str]]:
    """Return what a number is called, and the numbers of some accounts behind that name."""
    label, values = label_of(metric), own[field].to_numpy(dtype=float)
    if field == metric.column:
        words, which = say_values(values, metric)
        never = never_in(metric, values, _tenure(own))
        told = zip(which.tolist(), never.tolist(), strict=True)
        return label, [f"{label}{say_never(days) or behind(words[place])}" for place, days in told]
    form = _SHARE_OF_OWN if field == metric.vs_own else _SHARE_OF_PEERS
    words, which = in_words(np.rint(100.0 * values), lambda share: form.format(label, share))
    return label, [words[place] for place in which.tolist()]


def _tenure(own: pd.DataFrame) -> FloatArray:
    known = own["tenure_days"] if "tenure_days" in own else pd.Series(np.nan, own.index)
    return np.asarray(known, dtype=np.float64)
