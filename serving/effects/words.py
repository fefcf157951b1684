"""What a comparison says, in one or two sentences."""

from collections.abc import Mapping
from typing import Any

__all__ = ["effect_sentence"]


def effect_sentence(row: Mapping[str, Any]) -> str:
    """Say what is known of the effect of a play.

    Parameters
    ----------
    row : mapping
        Of ``PLAY_EFFECTS``, without the sentence.

    Returns
    -------
    str
        With what is missing where nothing is known.
    """
    words = _SENTENCES.get(row["on_leaving"], _compared)
    return words(row)


def _without_controls(row: Mapping[str, Any]) -> str:
    return (
        "It was withheld from nobody, or from everybody, so there is nothing to compare with: give "
        "it a control_share and an experiment in the playbook."
    )


def _not_yet(row: Mapping[str, Any]) -> str:
    return f"No outcome is certain before {row['first_outcome']:%Y-%m-%d}."


def _too_few(row: Mapping[str, Any]) -> str:
    return (
        f"{_rates(row)} That is too few to say anything; keep the experiment's name and its share, "
        "and look again when more outcomes are certain."
    )


def _compared(row: Mapping[str, Any]) -> str:
    low, high = row["effect_on_leaving_low"], row["effect_on_leaving_high"]
    said = (
        f"{_rates(row)} The difference is {_points(row['effect_on_leaving'])} points "
        f"(95 %: {_points(low)} to {_points(high)})."
    )
    if row["on_leaving"] == "no difference seen":
        visible = 100 * row["smallest_visible"]
        said += f" Less than about {visible:.0f} points cannot be seen in so many accounts."
    return said + _money(row) + _begun(row)


def _rates(row: Mapping[str, Any]) -> str:
    return (
        f"Of {row['offered']:,} accounts that were to get it {_share(row['left_offered'])} left "
        f"within {row['days']} days, of {row['withheld']:,} from which it was withheld "
        f"{_share(row['left_withheld'])}."
    )


def _money(row: Mapping[str, Any]) -> str:
    if row["on_arr"] == "unknown":
        return ""
    low, high = row["effect_on_arr_low"], row["effect_on_arr_high"]
    return (
        f" Of their ARR {_share(row['arr_kept_offered'])} was there at the end, against "
        f"{_share(row['arr_kept_withheld'])}: {_points(row['effect_on_arr'])} points "
        f"(95 %: {_points(low)} to {_points(high)})."
    )


def _begun(row: Mapping[str, Any]) -> str:
    said = f" It was begun for {_share(row['begun_offered'])} of those who were to get it"
    if row["begun_withheld"] > 0:
        said += f" and for {_share(row['begun_withheld'])} of the others"
    return f"{said}."


def _share(part: float) -> str:
    return "none" if part != part else f"{100 * part:.1f} %"


def _points(part: float) -> str:
    return f"{100 * part:+.1f}"


_SENTENCES = {"no controls": _without_controls, "not yet": _not_yet, "too few": _too_few}
