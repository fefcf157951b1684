"""Rows of the tables as people write them by hand."""

import pandas as pd


def contract(start, end, *, name="c", **more):
    row = {"contract_id": name, "account_id": "a", "term_start": start, "term_end": end}
    return row | {"term_months": 12, "acv": 1200.0} | more


def item(start, end=None, *, name="i", mrr=100.0, **more):
    row = {"item_id": name, "account_id": "a", "effective_from": start, "effective_to": end}
    return row | {"mrr": mrr} | more


def event(kind, at, **more):
    row = {"event_id": f"{kind} {at}", "account_id": "a", "event_type": kind, "effective_at": at}
    return row | more


def used(at, *, user="u", **more):
    return {"account_id": "a", "product_user_id": user, "occurred_at": at} | more


def utc(text):
    return pd.Timestamp(text, tz="UTC")


ANNUAL = contract("2024-01-01", "2025-01-01")
