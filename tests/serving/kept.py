"""Results of two accounts, and what of them is kept in a place."""

from pathlib import Path

import pandas as pd

from churngrid.serving.results.stores import open_store
from tests.build import day

NOVEMBER, DECEMBER = "2025-11-01", "2025-12-01"


def results(as_of, *, p=0.25, accounts=("a", "b"), plays=True):
    ids = list(accounts)
    scores = pd.DataFrame({"account_id": ids, "as_of": day(as_of), "p_churn": p})
    kept = ids if plays else []
    chosen = pd.DataFrame({"account_id": kept, "slot": ["cell"] * len(kept)})
    chosen["as_of"] = pd.Series([day(as_of)] * len(kept), dtype=object)
    chosen["p"] = p
    return {"scores": scores, "plays": chosen}


def run_sql(url, statement, *, autocommit=False):
    from adbc_driver_postgresql import dbapi

    with (
        dbapi.connect(url, autocommit=autocommit) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
        if not autocommit:
            connection.commit()


def stored(out, name="scores"):
    return open_store(out).read(name)


def column(out, name, *, table="scores"):
    return stored(out, table)[name].tolist()


def files_below(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }
