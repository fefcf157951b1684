"""A champion of the demo company, for the tools that explain models."""

import pandas as pd

import churngrid
from churngrid.demo import build_company
from churngrid.training.registry.artifact import FittedModel

STORE = "sqlite:///mlflow.db"
BASE = "(base)"


def champion() -> tuple[FittedModel, pd.DataFrame, pd.Series]:
    """Train, load by name, and return the model with its labelled rows."""
    tables = build_company(80, months=24).tables
    trained = churngrid.train(tables, targets=("churn",), tracking=STORE, model_kind="boosted")
    model = churngrid.load_model("churn", trained[0].alias, tracking=STORE)
    rows = churngrid.build_dataset(tables)
    kept = rows.labelled("churn")
    X = rows.X.loc[kept, list(model.columns)].reset_index(drop=True)
    left = rows.labels.loc[kept, "churned"].astype(int).reset_index(drop=True)
    return model, X.iloc[:200], left.iloc[:200].rename("left")
