"""What a rubric must obey beyond the form of its fields, held against metrics and tables."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..metrics.metric import Metric
from ..schema.suggestions import closest, taken_columns
from ..schema.tables import table_spec
from ..schema.yaml_file import Loc, refuse

if TYPE_CHECKING:
    from .rubric import Characteristic, Proxy, Rubric

__all__ = ["TELEMETRY", "check_rubric"]


Fault = tuple[Loc, str]

TELEMETRY = "t"
"""The kind of evidence that proxies give; it never stands against a person's judgement."""


_TAKEN = ("low", "high", "hard_low", "hard_high", "status", "coverage", "age_days")
"""Columns of the index that a category of that name would overwrite."""

_RELATION = (
    *("tickets", "survey_responses", "invoices", "subscription_items", "contracts"),
    *("contract_events", "activities", "touches", "account_events", "maturity_answers"),
)
"""Views that tell how the relation with us is going; what they say belongs to health."""


def check_rubric(rubric: "Rubric", metrics: Sequence[Metric], source: Path) -> None:
    """Hold a rubric against the declared metrics and the tables.

    Parameters
    ----------
    rubric : Rubric
        As read from the file.
    metrics : sequence of Metric
    source : Path
        The file it was read from, for the lines in messages.

    Raises
    ------
    SchemaError
        If a rule is broken; the message names file, line and rule, one line per fault, at most
        five.
    """
    declared = {metric.column: metric for metric in metrics}
    faults = [
        *_category_faults(rubric),
        *_evidence_faults(rubric),
        *_event_faults(rubric),
        *_proxy_faults(rubric, declared),
    ]
    refuse(source, faults)


def _places(rubric: "Rubric") -> Iterator[tuple[Loc, "Characteristic"]]:
    """Yield every characteristic with its place in the file."""
    for name, category in rubric.categories.items():
        for number, item in enumerate(category.characteristics):
            yield ("categories", name, "characteristics", number), item


def _category_faults(rubric: "Rubric") -> Iterator[Fault]:
    names = rubric.categories
    for name, text in taken_columns("category", names, prefix="cmi", columns=_TAKEN):
        yield ("categories", name), text
    seen: set[str] = set()
    for place, item in _places(rubric):
        if item.id.lower() in seen:
            yield (*place, "id"), f"characteristic {item.id!r} stands twice; keep one."
        seen.add(item.id.lower())


def _evidence_faults(rubric: "Rubric") -> Iterator[Fault]:
    admitted = table_spec("account_events").column("evidence_type").choices
    for kind in rubric.evidence:
        if kind not in admitted:
            yield ("evidence", kind), _unknown("kind of evidence", kind, admitted)
    for place, item in _places(rubric):
        for kind in item.evidence:
            if kind not in rubric.evidence:
                yield (*place, "evidence"), _unknown("kind of evidence", kind, rubric.evidence)


def _event_faults(rubric: "Rubric") -> Iterator[Fault]:
    admitted = table_spec("account_events").column("kind").choices
    for kind in rubric.reassess_on:
        if kind not in admitted or kind == "maturity_answer":
            others = [name for name in admitted if name != "maturity_answer"]
            yield ("reassess_on",), _unknown("kind of event", kind, others)


def _proxy_faults(rubric: "Rubric", declared: dict[str, Metric]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, item in _places(rubric):
        if item.proxy is None:
            continue
        where: Loc = (*place, "proxy")
        fault = _proxy_fault(item.proxy, declared)
        if fault:
            yield (*where, "metric"), fault
        if item.proxy.metric in seen:
            yield (*where, "metric"), f"metric {item.proxy.metric!r} is a proxy twice; keep one."
        seen.add(item.proxy.metric)
        if TELEMETRY not in rubric.takes(item):
            yield (
                where,
                f"characteristic {item.id!r} has a proxy but does not take evidence "
                f"{TELEMETRY!r}; add it, or take the proxy out.",
            )


def _proxy_fault(proxy: "Proxy", declared: dict[str, Metric]) -> str | None:
    metric = declared.get(proxy.metric)
    if metric is None:
        mature = [name for name, found in declared.items() if found.axis == "maturity"]
        return _unknown("metric", proxy.metric, mature)
    if metric.axis != "maturity":
        return (
            f"metric {proxy.metric!r} belongs to the {metric.axis} axis; one metric belongs to one "
            "axis, so a proxy takes those of the maturity axis only."
        )
    read = sorted({select.view for select, _ in metric.measure.selects()} & {*_RELATION})
    if read:
        return (
            f"metric {proxy.metric!r} reads {read}: a proxy may only say how the account works, "
            "never how it is doing with us."
        )
    return _against_direction(proxy, metric)


def _against_direction(proxy: "Proxy", metric: Metric) -> str | None:
    """Say which order the thresholds must have, if they have the other one."""
    first, last = proxy.bounds[0], proxy.bounds[-1]
    if metric.direction not in {"+", "-"}:
        return f"metric {proxy.metric!r} has no better end; a proxy needs direction + or -."
    order = "rise" if metric.direction == "+" else "fall"
    if (last >= first) if order == "rise" else (last <= first):
        return None
    better = "higher" if order == "rise" else "lower"
    return f"metric {proxy.metric!r} is better when {better}, so its levels must {order}."


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    hint = closest(name, names) or f" Known are {names}."
    return f"unknown {what} {name!r}.{hint}"
