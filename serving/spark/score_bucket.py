"""What one bucket of accounts gives to be scored: what a model reads, and who is eligible."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from ...features.cohorts.at_risk import standing
from ...features.engine.compute import known_accounts
from ...features.engine.feature_table import with_peers
from ...features.metrics.metric import Metric
from ...features.scores.rubric import Rubric
from ...features.subscriptions.business_kind import business_of
from ...training.dataset.dataset import MATURITY_INPUTS, maturity_inputs
from ..scoring.known_facts import ended_before, prospects_among
from .bucket import Company, as_table, feature_schema
from .parcels import unpacked

__all__ = ["ENDED", "STANDING", "STATUS", "score_rows", "score_schema"]


STATUS, ENDED = "status", "_ended"
STANDING = ((STATUS, pa.string()), (ENDED, pa.bool_()))


def score_rows(
    parcels: pa.Table, company: Company, as_of: pd.Timestamp, rubric: Rubric | None
) -> pa.Table:
    """Compute what a model reads for the accounts of one bucket, and where they stand.

    Parameters
    ----------
    parcels : pyarrow.Table
    company : Company
    as_of : Timestamp
    rubric : Rubric or None
        None leaves the maturity out.

    Returns
    -------
    pyarrow.Table
        Of ``score_schema``.
    """
    tables = company.tables(unpacked(parcels))
    pairs = known_accounts(tables, [as_of])
    own = company.own(tables, pairs)
    status = standing(tables, pairs, business_of(tables), company.settings)
    status = status.set_index(["account_id", "as_of"])
    ended = ended_before(tables, own.live, status)
    extra = {STATUS: status[STATUS], ENDED: ended | prospects_among(tables, status)}
    if rubric is not None:
        # What stands in for answers is read off the accounts themselves: no peers are needed.
        maturity = maturity_inputs(tables, with_peers(own), rubric)
        extra |= {name: maturity[name] for name in MATURITY_INPUTS}
    return as_table(own, score_schema(company.metrics, with_maturity=rubric is not None), extra)


def score_schema(metrics: Sequence[Metric], *, with_maturity: bool) -> pa.Schema:
    """Return the columns of ``score_rows``.

    Parameters
    ----------
    metrics : sequence of Metric
    with_maturity : bool

    Returns
    -------
    pyarrow.Schema
    """
    maturity = MATURITY_INPUTS if with_maturity else ()
    beside = [*STANDING, *((name, pa.float64()) for name in maturity)]
    return pa.schema([*feature_schema(metrics), *(pa.field(*column) for column in beside)])
