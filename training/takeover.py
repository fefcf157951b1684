"""Whether a new model takes over from the champion: the rule and its words."""

from dataclasses import dataclass
from typing import Literal

from .scorers import Difference

__all__ = ["Decision", "decide"]


@dataclass(frozen=True)
class Decision:
    """Whether a new model takes over.

    Parameters
    ----------
    alias : {"champion", "challenger"}
    reason : str
        One sentence.
    """

    alias: Literal["champion", "challenger"]
    reason: str


def decide(over_base: Difference, over_old: Difference | None) -> Decision:
    """Return whether a new model becomes the champion.

    It does unless it is not better than the base rate, or worse than the present champion beyond
    noise. A tie goes to the new one: it knows the newer rows.

    Parameters
    ----------
    over_base : Difference
        New model against the base rate, out of time.
    over_old : Difference or None
        New model against the champion, on rows later than the training rows of both; None if
        there is no champion or no such row.

    Returns
    -------
    Decision

    Examples
    --------
    >>> decide(Difference(0.1, 0.05, 0.2, 80), None).alias
    'champion'
    >>> decide(Difference(0.1, 0.05, 0.2, 80), Difference(-0.2, -0.3, -0.1, 80)).alias
    'challenger'
    """
    if over_base.value <= 0:
        return Decision("challenger", f"Not better than the base rate: {_words(over_base)}.")
    if over_old is None:
        return Decision(
            "champion",
            f"Better than the base rate: {_words(over_base)}; no champion to compare with.",
        )
    if over_old.high < 0:
        return Decision("challenger", f"Worse than the champion beyond noise: {_words(over_old)}.")
    return Decision("champion", f"Not worse than the champion beyond noise: {_words(over_old)}.")


def _words(difference: Difference) -> str:
    way = "lower" if difference.value > 0 else "higher" if difference.value < 0 else "different"
    return (
        f"log-loss {way} by {abs(difference.value):.4f} "
        f"(improvement between {difference.low:.4f} and {difference.high:.4f}, "
        f"{difference.n_accounts} accounts)"
    )
