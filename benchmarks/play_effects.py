"""What plays do, found again where it is planted: bias, coverage and false alarms over worlds.

    python benchmarks/play_effects.py [--worlds 20] [--accounts 1150] [--write]

The truth is the difference in one large world of the same kind; every small world must hold it in
its 95 % interval about 19 times of 20, and must see nothing where nothing is planted.

Needs no extra.
"""

import argparse

import numpy as np
import pandas as pd
from results import markdown, write_section

import churngrid
from churngrid.demo.tables.contracts import contract_events, contracts, subscription_items
from churngrid.demo.tables.directory import accounts as account_rows
from churngrid.demo.tables.people import draw_people
from churngrid.demo.tables.statements import account_events
from churngrid.demo.tables.support import tickets
from churngrid.demo.truth.programme import PLANTED
from churngrid.demo.truth.world import draw_world

NULL = {play.play for play in PLANTED if not play.relief and not play.more_need}
LARGE, LARGE_SEED = 30_000, 999
EFFECTS, DAYS = ("on_leaving", "on_arr"), 210


def effects(accounts: int, seed: int) -> pd.DataFrame:
    """Return what is found in one world, from the tables that are needed for it."""
    world = draw_world(np.arange(1, accounts + 1), months=36, seed=seed, interventions=True)
    cast = draw_people(world)
    tables = {
        "accounts": account_rows(world),
        "contracts": contracts(world),
        "subscription_items": subscription_items(world),
        "contract_events": contract_events(world),
        "tickets": tickets(world, cast),
        "account_events": account_events(world, cast),
    }
    return churngrid.play_effects(tables, days=DAYS).effects.set_index("play")


def summary(found: list[pd.DataFrame], truth: pd.DataFrame, play: str, effect: str) -> list[str]:
    """Return a row of the table: truth, mean estimate, width, coverage, how often it is seen."""
    own = pd.DataFrame([one.loc[play] for one in found])
    low, high = own[f"effect_{effect}_low"], own[f"effect_{effect}_high"]
    true = truth.loc[play, f"effect_{effect}"]
    seen = (low > 0) | (high < 0)
    right = seen & (np.sign(own[f"effect_{effect}"]) == np.sign(true))
    cells = [
        f"{100 * true:+.1f}",
        f"{100 * own[f'effect_{effect}'].mean():+.1f}",
        f"{100 * (high - low).mean() / 2:.1f}",
        f"{((low <= true) & (true <= high)).sum()} of {len(own)}",
        f"{right.sum()} of {len(own)}" if play not in NULL else "",
        f"{seen.sum()} of {len(own)}" if play in NULL else f"{(seen & ~right).sum()} of {len(own)}",
    ]
    return [play, effect.removeprefix("on_"), *cells]


def main() -> None:
    """Print, and with ``--write`` keep, the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--accounts", type=int, default=1150)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    truth = effects(LARGE, LARGE_SEED)
    found = [effects(args.accounts, seed) for seed in range(1, args.worlds + 1)]
    columns = ["play", "on", "truth, points", "mean estimate", "half width", "truth inside"]
    columns += ["seen, right sign", "false alarm"]
    rows = [summary(found, truth, play.play, effect) for play in PLANTED for effect in EFFECTS]
    lines = markdown(columns, rows)
    print("\n".join(lines))
    if args.write:
        about = (
            f"{args.worlds} worlds of {args.accounts:,} accounts and 36 months each "
            f"(`benchmarks/play_effects.py`), {DAYS} days; the truth is the difference in a world "
            f"of {LARGE:,}. "
            f"Without effect: {', '.join(sorted(NULL))}."
        )
        write_section(["# Play effects, found again where they are planted", "", about, "", *lines])


if __name__ == "__main__":
    main()
