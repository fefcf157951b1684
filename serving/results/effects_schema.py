"""Every column of what `effects` says of plays, declared once."""

from .result_column import number, text, time, whole

__all__ = ["PLAY_EFFECTS", "UNJUDGED"]


UNJUDGED = ("too few", "not yet", "no controls")
"""What is said of a play of which nothing can be said."""

_NO_GROUPS = "one of the groups has no certain outcome"
_NO_ARR = "no ARR is known, or of fewer than 20 accounts in a group"
PLAY_EFFECTS = (
    text("play", meaning="Name of the play."),
    text("experiments", meaning="Names of the comparisons, joined by commas; empty without."),
    whole("days", meaning="Days after the draw in which the outcome lies.", low=1),
    time("first_draw", meaning="When the first account was drawn."),
    time("last_draw", meaning="When the last one was."),
    whole("offered", meaning="Accounts that were to get it, with a certain outcome.", low=0),
    whole("withheld", meaning="Accounts that were not to, with a certain outcome.", low=0),
    whole("waiting_for_outcome", meaning="Accounts whose outcome is not certain yet.", low=0),
    time("first_outcome", meaning="From when the first outcome is certain."),
    *(
        number(
            f"begun_{group}",
            meaning=f"Part of the {group} accounts for which the play was begun in these days.",
            unit="share",
            low=0,
            high=1,
            null=_NO_GROUPS,
        )
        for group in ("offered", "withheld")
    ),
    *(
        number(
            f"left_{group}",
            meaning=f"Part of the {group} accounts that left in these days.",
            unit="share",
            low=0,
            high=1,
            null=_NO_GROUPS,
        )
        for group in ("offered", "withheld")
    ),
    number(
        "effect_on_leaving",
        meaning="What the play adds to the share that leaves: below zero it keeps customers.",
        unit="share",
        low=-1,
        high=1,
        null=_NO_GROUPS,
    ),
    *(
        number(
            f"effect_on_leaving_{end}",
            meaning=f"The {word} end of its 95 % interval.",
            unit="share",
            low=-1,
            high=1,
            null=_NO_GROUPS,
        )
        for end, word in (("low", "lower"), ("high", "upper"))
    ),
    number(
        "smallest_visible",
        meaning="The smallest effect that so many accounts would show four times of five.",
        unit="share",
        low=0,
        high=1,
        null=_NO_GROUPS,
    ),
    *(
        number(
            f"arr_kept_{group}",
            meaning=f"ARR of the {group} accounts after these days, over that before.",
            unit="share",
            low=0,
            null=_NO_ARR,
        )
        for group in ("offered", "withheld")
    ),
    number(
        "effect_on_arr",
        meaning="What the play adds to the part of ARR that is there after these days.",
        unit="share",
        null=_NO_ARR,
    ),
    *(
        number(
            f"effect_on_arr_{end}",
            meaning=f"The {word} end of its 95 % interval.",
            unit="share",
            null=_NO_ARR,
        )
        for end, word in (("low", "lower"), ("high", "upper"))
    ),
    number(
        "arr_gained",
        meaning="That effect times the ARR of all accounts that were to get it.",
        unit="money a year",
        null=_NO_ARR,
    ),
    text(
        "on_leaving",
        meaning="What the interval says of leaving.",
        choices=("fewer leave", "more leave", "no difference seen", *UNJUDGED),
    ),
    text(
        "on_arr",
        meaning="What the interval says of ARR.",
        choices=("more is kept", "less is kept", "no difference seen", "unknown"),
    ),
    text("sentence", meaning="All of it in words."),
)
"""What plays do: one row a play that was drawn for."""
