"""What a playbook must obey beyond the form of its fields: names, words, order, and reach."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from ...features.metrics.metric import Metric
from ...features.schema.conditions import Condition
from ...features.schema.suggestions import closest

if TYPE_CHECKING:
    from .playbook import Play, Playbook

__all__ = ["Words", "faults_of", "warnings_of"]


_SEVERAL = ("caps", "drivers")
"""Fields that hold several texts at a time."""

Way = tuple[str | int, ...]
Fault = tuple[Way, str]
Numbered = list[tuple[int, "Play"]]


@dataclass(frozen=True, slots=True)
class Words:
    """What the conditions of a playbook may say.

    Parameters
    ----------
    fields : frozenset of str
        What a condition may look at.
    texts : mapping of str to collection of str
        The texts that a field can hold; a field that is not in it may hold any.
    metrics : mapping of str to Metric
        By column: fields that are numbers. Those of a company's own are among them.
    """

    fields: frozenset[str]
    texts: Mapping[str, Collection[str]]
    metrics: Mapping[str, Metric]


def faults_of(playbook: "Playbook", words: Words) -> Iterator[Fault]:
    """Yield everything that is wrong with a playbook.

    Parameters
    ----------
    playbook : Playbook
    words : Words

    Yields
    ------
    tuple of (tuple, str)
        The way to the place in the file, and the rule in words.
    """
    numbered = list(enumerate(playbook.plays))
    yield from _name_faults(numbered)
    for name, fact in playbook.facts.items():
        place: Way = ("facts", name, "when")
        yield from _word_faults(place, f"fact {name!r}", fact.when, words)
    for number, play in numbered:
        yield from _word_faults(("plays", number, "when"), f"play {play.name!r}", play.when, words)
        yield from _named_faults(number, play, playbook)
    named = {name for play in playbook.plays for name in (*play.facts, *play.unless)}
    if not named <= playbook.facts.keys():
        return
    for number, play in numbered:
        yield from _context_faults(number, play, playbook, words)
    for slot in dict.fromkeys(play.slot for play in playbook.plays):
        own = [(n, _with_facts(play, playbook)) for n, play in numbered if play.slot == slot]
        yield from _reach_faults(own, slot)
    yield from _catch_all_faults(numbered)
    yield from _owner_faults(playbook)


def _name_faults(numbered: Numbered) -> Iterator[Fault]:
    counts = Counter(play.name for _, play in numbered)
    first: set[str] = set()
    for number, play in numbered:
        if play.name in first:
            text = f"{counts[play.name]} plays are named {play.name!r}; names are unique."
            yield ("plays", number, "name"), text
        first.add(play.name)


def _with_facts(play: "Play", playbook: "Playbook") -> "Play":
    return play.model_copy(update={"when": playbook.condition(play)})


def _named_faults(number: int, play: "Play", playbook: "Playbook") -> Iterator[Fault]:
    """Find facts and contradictions that name nothing."""
    others = {other.name for other in playbook.plays} | {other.slot for other in playbook.plays}
    for key, named, known in (
        ("facts", play.facts, playbook.facts.keys()),
        ("unless", play.unless, playbook.facts.keys()),
        ("not_with", play.not_with, others),
    ):
        for name in named:
            if name not in known:
                text = f"play {play.name!r}: {key} names unknown {name!r}.{closest(name, known)}"
                yield ("plays", number, key), text


def warnings_of(playbook: "Playbook") -> Iterator[Fault]:
    """Yield what a playbook may have and had better not.

    Parameters
    ----------
    playbook : Playbook

    Yields
    ------
    tuple of (tuple, str)
        As ``faults_of``: a play that a driver suggests and that states no fact would say things
        that are not true of every account whose estimate that driver moves.
    """
    for number, play in enumerate(playbook.plays):
        driven = play.slot == "driver" and "drivers" in play.when.fields()
        if driven and not play.facts and not _always_a_fact(play.when):
            yield (
                ("plays", number, "when"),
                f"play {play.name!r} answers to a driver and states no fact; name in `facts` what "
                "its words take for granted, such as that a number fell.",
            )


def _always_a_fact(when: Condition) -> bool:
    """Say whether every way to meet a condition goes through something that is measured."""
    if when.any_ is not None:
        return all(_always_a_fact(part) for part in when.any_)
    if when.all_ is not None:
        return any(_always_a_fact(part) for part in when.all_)
    return when.field not in (None, "drivers") and when.is_ is None


def _word_faults(start: Way, who: str, when: Condition, words: Words) -> Iterator[Fault]:
    """Find fields, and texts of fields, that no account can have."""
    for way, rule in when.parts():
        place = (*start, *way)
        if rule.field is None:
            continue
        if rule.field not in words.fields:
            hint = closest(rule.field, words.fields)
            yield (*place, "field"), f"{who} looks at unknown field {rule.field!r}.{hint}"
        elif rule.is_ is not None and rule.field in words.metrics:
            text = f"{who}: {rule.field!r} is a number; use at_least, at_most, ..."
            yield (*place, "is"), text
        elif rule.field in words.texts:
            yield from _text_faults(who, rule, words, place)


def _text_faults(who: str, rule: Condition, words: Words, place: Way) -> Iterator[Fault]:
    if rule.is_ is None:
        yield (*place, "field"), f"{who}: {rule.field!r} is a text; use is."
    for word in rule.is_ or ():
        if word not in words.texts[str(rule.field)]:
            yield (*place, "is"), f"{who}: {_unknown(rule, word, words)}"


def _unknown(rule: Condition, word: str, words: Words) -> str:
    if rule.field == "drivers" and word in words.metrics:
        return (
            f"{word!r} is context, which no driver ever is; look at the metric as a field of its "
            "own."
        )
    return f"{rule.field!r} is never {word!r}.{closest(word, words.texts[str(rule.field)])}"


def _context_faults(
    number: int, play: "Play", playbook: "Playbook", words: Words
) -> Iterator[Fault]:
    """Refuse a driver play that answers to nothing but context: nobody can act on a tenure."""
    looked_at = playbook.condition(play).fields()
    if play.slot == "driver" and looked_at and all(_is_context(name, words) for name in looked_at):
        yield (
            ("plays", number, "when"),
            f"play {play.name!r} looks only at context ({', '.join(sorted(looked_at))}), which "
            "triggers no play; add a rule on something that can be acted on.",
        )


def _is_context(field: str, words: Words) -> bool:
    if field in words.metrics:
        return words.metrics[field].component == "context"
    return field in ("segment", "arr_at_risk")


def _reach_faults(plays: Numbered, slot: str) -> Iterator[Fault]:
    """Find plays that are never taken, because others of the slot before them always are."""
    for place, (number, play) in enumerate(plays):
        way = ("plays", number, "when")
        if play.when.impossible():
            text = f"play {play.name!r} can never be reached: no number meets its condition."
            yield way, text
            continue
        if _contradicts_itself(play.when):
            text = f"play {play.name!r} can never be reached: its conditions exclude each other."
            yield way, text
            continue
        earlier = [former for _, former in plays[:place]]
        if taker := _taker(play, earlier):
            yield way, f"play {play.name!r} can never be reached in slot {slot!r}: {taker}."


def _contradicts_itself(rule: Condition) -> bool:
    """Say whether a condition surely never holds, for what its parts say of texts."""
    if rule.not_ is not None:
        return rule.not_.otherwise
    if rule.any_ is not None:
        return all(_contradicts_itself(part) or part.impossible() for part in rule.any_)
    parts = list(_joined(rule))
    if rule.all_ is None:
        return False
    return (
        any(_contradicts_itself(part) for part in parts)
        or Condition(all=tuple(parts)).impossible()
        or any(_exclude(one, other) for one, other in permutations(parts, 2))
    )


def _joined(rule: Condition) -> Iterator[Condition]:
    """Yield everything that has to hold at the same time."""
    if rule.all_ is None:
        yield rule
    for part in rule.all_ or ():
        yield from _joined(part)


def _exclude(one: Condition, other: Condition) -> bool:
    if other.not_ is not None:
        return one.implies(other.not_)
    if one.field != other.field or one.field in _SEVERAL or not one.is_ or not other.is_:
        return False
    return set(one.is_).isdisjoint(other.is_)


def _taker(play: "Play", earlier: "list[Play]") -> str:
    """Say which plays take every account of this one; empty if none surely do."""
    for former in earlier:
        if former.when.otherwise:
            return f"{former.name!r} before it takes everything; move the catch-all to the end"
        if play.when.implies(former.when):
            return (
                f"{former.name!r} before it takes all of its accounts; put the narrower one first, "
                "or change a condition"
            )
    everything = _any_of(earlier)
    if everything is not None and play.when.implies(everything):
        return "those before it together take all of its accounts; drop it or change a condition"
    return ""


def _any_of(plays: "list[Play]") -> Condition | None:
    return Condition(any=tuple(play.when for play in plays)) if plays else None


def _catch_all_faults(numbered: Numbered) -> Iterator[Fault]:
    cell = [(number, play) for number, play in numbered if play.slot == "cell"]
    if not any(play.when.otherwise for _, play in cell):
        way: Way = ("plays", cell[-1][0]) if cell else ("plays",)
        yield way, "slot 'cell' needs a last play with `when: {otherwise: true}`."


def _owner_faults(playbook: "Playbook") -> Iterator[Fault]:
    owners = {play.owner for play in playbook.plays}
    for owner in playbook.capacity:
        if owner not in owners:
            yield ("capacity", owner), f"no play belongs to {owner!r}.{closest(owner, owners)}"
