"""An invented flat table whose causes of leaving are known."""

import numpy as np
import pandas as pd


def flat_customers(n: int = 400, *, seed: int = 5) -> pd.DataFrame:
    """Customers who leave for a monthly contract and few months, and for nothing else."""
    rng = np.random.default_rng(seed)
    months = rng.integers(1, 60, n)
    contract = rng.choice(["monthly", "yearly"], n)
    log_odds = 1.5 * (contract == "monthly") - 0.06 * months
    left = rng.random(n) < 1 / (1 + np.exp(-log_odds))
    return pd.DataFrame(
        {
            "customer": [f"K-{number:05d}" for number in range(n)],
            "months": months,
            "contract": contract,
            "noise": rng.normal(size=n).round(2),
            "paid": [" " if m < 2 else f"{m * 10.5:.1f}" for m in months],
            "country": "DE",
            "reason_for_leaving": np.where(left, "price", None),
            "left": np.where(left, "Yes", "No"),
        }
    )
