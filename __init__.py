"""Customer health, maturity, churn and expansion per account, with the reason and the next step."""
