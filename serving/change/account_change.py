"""Why one account moved, for people as text, for notebooks as HTML, for programs as a table."""

import html
from dataclasses import dataclass

import pandas as pd

__all__ = ["Change"]


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
