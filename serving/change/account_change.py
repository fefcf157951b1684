"""Why one account moved, for people as text, for notebooks as HTML, for programs as a table."""

import html
from dataclasses import dataclass

import pandas as pd

__all__ = ["NO_PROMISE", "Change", "Improvements"]

NO_PROMISE = "What would help, as the model and the scorecard estimate it, without a promise"


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """Why one account moved since an earlier scoring.

    Parameters
    ----------
    account_id : str
    since : Timestamp or None
        Date of the earlier scoring; None where none is stored that lists the account.
    rows : DataFrame
        Its rows of the result ``changes``, all parts of them.
    """

    account_id: str
    since: pd.Timestamp | None
    rows: pd.DataFrame

    def lines(self) -> list[str]:
        """Return a line a move, and under each its parts, which are set off by two blanks.

        Returns
        -------
        list of str
            Empty where nothing moved or nothing earlier is known.
        """
        ranks = self.rows["rank"].tolist()
        texts = self.rows["text"].tolist()
        return [f"  {text}" if rank else text for rank, text in zip(ranks, texts, strict=True)]

    def text(self) -> str:
        """Return all of it as plain text.

        Returns
        -------
        str
        """
        if self.since is None:
            return f"{self.account_id}: no earlier scoring is stored to hold this one against."
        lines = self.lines() or ["nothing moved"]
        return "\n".join([f"{self.account_id}, since {self.since:%Y-%m-%d}:", *lines])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        shown = self.rows[["measure", "kind", "text"]]
        title = html.escape(self.text().partition("\n")[0])
        return f"<h4>{title}</h4>{shown.to_html(index=False, escape=True)}"


@dataclass(frozen=True, slots=True, repr=False)
class Improvements:
    """What would bring one account over the next band of health.

    Parameters
    ----------
    account_id : str
    rows : DataFrame
        Its rows of the result ``improvements``.
    """

    account_id: str
    rows: pd.DataFrame

    def lines(self) -> list[str]:
        """Return a line an improvement, those that ask least first.

        Returns
        -------
        list of str
            Empty where health is high or unknown, or nothing within reach would do.
        """
        return [str(text) for text in self.rows["text"]]

    def text(self) -> str:
        """Return all of it as plain text.

        Returns
        -------
        str
        """
        lines = self.lines() or ["nothing that is within reach would change the band"]
        return "\n".join([f"{self.account_id}. {NO_PROMISE}:", *(f"  {line}" for line in lines)])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in self.lines())
        return f"<h4>{html.escape(self.account_id)}. {NO_PROMISE}</h4><ol>{items}</ol>"
