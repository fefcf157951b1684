"""What the head of customer success reads: who moved, whose book, what is late, who surprised."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ...wording.account_sentences import say_chance_by
from ...wording.number_words import say_score
from ..beside import Beside
from ..page_words import day, in_words, percent, plain, sentence, short_money
from .blocks import Block, Cell, cells_of, columns_of, link_to
from .criteria_block import criteria_block

__all__ = ["head_blocks"]

_MOST = 15
_QUARTER = pd.Timedelta(days=92)
_STAYED_WELL = ("high", "medium")
_SURPRISES = "Surprise churn of the last quarter"
_NO_SURPRISE = "Nobody left or gave notice out of the blue."


def head_blocks(
    accounts: pd.DataFrame,
    tasks: Mapping[str, list[object]],
    beside: Beside,
    *,
    pages: Mapping[str, str],
    currency: str,
) -> tuple[Block, ...]:
    """Return the tables of this view.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list.
    tasks : mapping of str to list
        As ``task_columns`` gives them.
    beside : Beside
    pages : mapping of str to str
        Where the page of each CSM lies.
    currency : str

    Returns
    -------
    tuple of Block
    """
    if accounts.empty:
        return ()
    as_of = accounts["as_of"].iloc[0]
    before = beside.reading_before(as_of)
    late = [account for account, said in zip(tasks["account"], tasks["late"], strict=True) if said]
    return (
        *_since_last(accounts, before, beside.of_date("changes", as_of), currency),
        _by_csm(accounts, late, pages, currency),
        _overdue(accounts, tasks),
        _surprises(accounts, beside, currency),
        criteria_block(beside.of_date("criteria", as_of)),
    )


def _since_last(
    accounts: pd.DataFrame, before: pd.DataFrame, changes: pd.DataFrame, currency: str
) -> Iterator[Block]:
    """Yield who moved most and who is newly red since the last stored scoring."""
    if before.empty:
        yield Block(
            "Movers and new reds",
            "",
            (),
            (),
            "No earlier scoring is stored here: from the second one on, this says who moved.",
        )
        return
    since = day(pd.Timestamp(before["as_of"].iloc[0]))
    known = accounts[accounts["account_id"].isin(before.index)]
    then = before.loc[known["account_id"]]
    moved = known.assign(
        p_then=then["p_churn"].to_numpy(dtype=float), band_then=then["health_band"].to_numpy()
    )
    weight = moved["arr"].fillna(0.0) if moved["arr"].notna().any() else 1.0
    size = ((moved["p_churn"] - moved["p_then"]) * weight).abs()
    first = moved[size > 0].loc[size[size > 0].sort_values(ascending=False).index[:_MOST]]
    why = _why(changes)
    yield Block(
        f"Movers since {since}",
        f"The largest moves of money at risk: {len(first):,} of all {int((size > 0).sum()):,} "
        "accounts whose estimate moved.",
        columns_of(
            "Account", "CSM", "# ARR", "Chance of leaving", "Health", "Strongest part of it"
        ),
        cells_of(
            (
                link_to(row["account_id"], _named(row)),
                plain(row["csm_id"]),
                short_money(row["arr"], currency),
                f"{percent(row['p_then'])} → {percent(row['p_churn'])}",
                f"{row['band_then']} → {row['health_band']}",
                why.get(row["account_id"], ""),
            )
            for row in first.to_dict("records")
        ),
        "No estimate moved.",
    )
    red = moved[(moved["health_band"] == "low") & (moved["band_then"] != "low")]
    yield Block(
        f"New reds since {since}",
        f"{len(red):,} of all {int(accounts['health_band'].eq('low').sum()):,} accounts with low "
        "health were not low then; the first in the order of the list.",
        columns_of("Account", "CSM", "# ARR", "Was", "What limits it, or moved it"),
        cells_of(
            (
                link_to(row["account_id"], _named(row)),
                plain(row["csm_id"]),
                short_money(row["arr"], currency),
                str(row["band_then"]),
                sentence(row["cap_reason"]) or why.get(row["account_id"], ""),
            )
            for row in red.head(_MOST).to_dict("records")
        ),
        "Nobody is newly red.",
    )


def _named(row: Mapping[Any, Any]) -> str:
    return plain(row["account_name"] or row["account_id"], longest=60)


def _why(changes: pd.DataFrame) -> dict[str, str]:
    """Return the strongest part of each account's move.

    Where the estimate moved because the health score did, it is what moved the score.
    """
    if changes.empty:
        return {}
    parts = changes[(changes["rank"] == 1) & changes["measure"].isin(["p_churn", "chs"])]
    parts = parts[parts["metric"].ne("chs")]
    order = parts["measure"].map({"p_churn": 0, "chs": 1})
    best = parts.assign(order=order).sort_values("order").drop_duplicates("account_id")
    return {
        account: sentence(text)
        for account, text in zip(best["account_id"], best["text"], strict=True)
    }


def _by_csm(
    accounts: pd.DataFrame, late: list[object], pages: Mapping[str, str], currency: str
) -> Block:
    frame = accounts.assign(
        overdue=pd.Series(late, dtype=object)
        .value_counts()
        .reindex(range(len(accounts)))
        .fillna(0)
        .to_numpy(),
        low=accounts["health_band"].eq("low"),
        low_arr=accounts["arr"].where(accounts["health_band"].eq("low"), 0.0),
    )
    rows = []
    for csm, mine in frame.groupby("csm_id", sort=True):
        money = mine["arr"].sum()
        share = percent(mine["low_arr"].sum() / money) if money > 0 else "unknown"
        rows.append(
            (
                Cell(plain(csm) or "nobody", pages.get(str(csm), "")),
                f"{len(mine):,}",
                short_money(money if mine["arr"].notna().any() else float("nan"), currency),
                percent(mine["low"].mean()),
                share,
                f"{int(mine['overdue'].sum()):,}",
            )
        )
    return Block(
        "By CSM",
        "Red is low health; each name leads to the page of that CSM.",
        columns_of("CSM", "# Accounts", "# ARR", "# Red", "# ARR that is red", "# Overdue plays"),
        cells_of(rows),
    )


def _overdue(accounts: pd.DataFrame, tasks: Mapping[str, list[object]]) -> Block:
    places = [place for place, said in enumerate(tasks["late"]) if said]
    ids, names = accounts["account_id"], accounts["account_name"]
    rows: list[tuple[str | Cell, ...]] = []
    for place in places[:_MOST]:
        account = int(str(tasks["account"][place]))
        name = plain(names.iloc[account] or ids.iloc[account], longest=60)
        told = [str(tasks[key][place]) for key in ("action", "owner", "due", "late")]
        rows.append((link_to(str(ids.iloc[account]), name), *told))
    return Block(
        "Overdue plays",
        f"{len(rows):,} of all {len(places):,}, the longest overdue first; My tasks has all.",
        columns_of("Account", "What was to do", "Who", "Due", "How late"),
        cells_of(rows),
        "No play is overdue.",
    )


def _surprises(accounts: pd.DataFrame, beside: Beside, currency: str) -> Block:
    """Tell who left, or gave notice, in a quarter although health was not low before."""
    as_of = accounts["as_of"].iloc[0]
    if beside.reading_before(as_of).empty:
        return _by_scorecard(beside.of_date("departures", as_of), currency)
    history = beside.history
    dates = pd.to_datetime(history["as_of"], utc=True)
    then = history[(dates < as_of) & (dates >= as_of - _QUARTER)]
    last = then[then["status"] != "notice_given"].sort_values("as_of")
    last = last.drop_duplicates("account_id", keep="last").set_index("account_id")
    now = accounts.set_index("account_id")["status"].reindex(last.index)
    gone = last[now.isna() | now.eq("notice_given")]
    odd = gone[gone["health_band"].isin(_STAYED_WELL)]
    return Block(
        _SURPRISES,
        f"{len(odd):,} of all {len(gone):,} who left or gave notice since "
        f"{day(pd.Timestamp(then['as_of'].min()))} had high or medium health when last scored.",
        columns_of(
            "Account", "CSM", "# ARR", "Health before", "Chance of leaving before", "Scored on"
        ),
        cells_of(
            (
                plain(row["account_name"], longest=60) or plain(account),
                plain(row["csm_id"]),
                short_money(float(row["arr"]), currency),
                in_words(row["health_band"]),
                say_chance_by(row) or "unknown",
                day(pd.Timestamp(row["as_of"])),
            )
            for account, row in odd.head(_MOST).to_dict("index").items()
        ),
        _NO_SURPRISE,
    )


def _by_scorecard(gone: pd.DataFrame, currency: str) -> Block:
    """Tell the same by the scorecard, read as of some weeks ago: nothing has to be stored."""
    if gone.empty:
        return Block(_SURPRISES, "", (), (), "Nobody left or gave notice in the last twelve weeks.")
    odd = gone[gone["health_band"].isin(_STAYED_WELL)]
    return Block(
        _SURPRISES,
        f"{len(odd):,} of all {len(gone):,} who left or gave notice since "
        f"{day(pd.Timestamp(gone['read_at'].iloc[0]))} had high or medium health on that day, by "
        "the scorecard as it is now.",
        columns_of("Account", "CSM", "# ARR", "Health before", "# Score", "What it did"),
        cells_of(
            (
                _named(row),
                plain(row["csm_id"]),
                short_money(float(row["arr"]), currency),
                in_words(row["health_band"]),
                say_score(float(row["chs"])),
                in_words(row["how"]),
            )
            for row in odd.head(_MOST).to_dict("records")
        ),
        _NO_SURPRISE,
    )
