"""What is known of accounts on dates, in few numbers: what an effect may depend on."""

import numpy as np
import pandas as pd

from ...features.engine.compute import compute_features
from ...features.schema.tableset import Tables
from ...features.scores.health_score import score_health
from ...features.scores.maturity_index import score_maturity
from ..company.config import Config

__all__ = ["known_of"]


def known_of(tables: Tables, config: Config, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of health and maturity, tenure and ARR of accounts on dates.

    Parameters
    ----------
    tables : Tables
    config : Config
    rows : DataFrame
        ``account_id`` and ``as_of``.

    Returns
    -------
    DataFrame
        Index of ``rows``; numbers, NaN where unknown. Hundreds of metrics would drown what an
        effect depends on: a difference of differences needs far more accounts than a probability.
    """
    pairs = rows[["account_id", "as_of"]].drop_duplicates()
    settings = config.settings
    features = compute_features(tables, pairs, metrics=config.metrics, effort=settings.effort)
    health = score_health(features, config.scorecard).scores
    index = features.frame.index
    maturity = score_maturity(
        tables, index.to_frame(index=False), config.rubric, features=features
    ).set_axis(index)
    columns = {
        **{f"chs_{name}": health[f"chs_{name}"] for name in config.scorecard.components},
        **{f"cmi_{name}": maturity[f"cmi_{name}"] for name in config.rubric.categories},
        "chs": health["chs_before_caps"],
        "cmi": maturity["cmi"],
        "tenure_days": features.frame["tenure_days"],
        "log_arr": np.log1p(features.frame["arr"].clip(lower=0)),
    }
    known = pd.DataFrame(columns).astype(float)
    asked = pd.MultiIndex.from_frame(rows[["account_id", "as_of"]])
    return known.reindex(asked).set_axis(rows.index)
