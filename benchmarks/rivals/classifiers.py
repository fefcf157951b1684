"""General classifiers that `quality.py` holds beside churngrid's, all on one thread.

Each learns from numbers, categories and gaps as they are, with the same rows, weights and groups.
CatBoost, EBM and Optuna come with the extra `benchmarks`.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import lightgbm as lgb
import numpy as np
import pandas as pd
from compared.rows import SEED, Rows
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import churngrid
from churngrid.training.dataset.temporal_splits import Pair, grouped_folds

if TYPE_CHECKING:
    import optuna

TRIALS, INNER_FOLDS = 50, 3
"""Of the search: tried settings, and folds of whole groups that each is tried on."""
ROUNDS, PATIENCE = 400, 25
"""Most trees of a tried setting, and rounds without gain on the fold left out before it stops."""
EBM_BAGS, EBM_FOLDS = 4, 7
"""EBM averages so many bags, each stopped on another seventh of the groups."""
FIXED = {"verbose": -1, "n_jobs": 1, "random_state": SEED, "subsample_freq": 1}

Fit = Callable[[Rows], object]


def churn_classifier(rows: Rows) -> object:
    """Fit the frozen default."""
    model = churngrid.ChurnClassifier(n_jobs=1)
    return model.fit(rows.X, rows.y, groups=rows.groups, sample_weight=rows.weight)


def logistic(X: pd.DataFrame) -> object:
    """Return a logistic regression for a table with numbers and categories."""
    numbers = X.select_dtypes("number").columns.tolist()
    others = [column for column in X if column not in numbers]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), others),
    )
    return make_pipeline(columns, LogisticRegression(max_iter=2000))


def weighted_logistic(rows: Rows) -> object:
    """Fit a logistic regression on means in place of gaps."""
    counted = {"logisticregression__sample_weight": rows.weight}
    return logistic(rows.X).fit(rows.X, rows.y, **counted)


def hist_gradient(rows: Rows) -> object:
    """Fit scikit-learn's boosted trees as they come."""
    model = HistGradientBoostingClassifier(random_state=SEED)
    return model.fit(rows.X, rows.y, sample_weight=rows.weight)


def cat_boost(rows: Rows) -> object:
    """Fit CatBoost as it comes."""
    from catboost import CatBoostClassifier

    texts = rows.X.select_dtypes("category").columns.tolist()
    model = CatBoostClassifier(
        verbose=0, thread_count=1, random_seed=SEED, allow_writing_files=False, cat_features=texts
    )
    return model.fit(rows.X, rows.y, sample_weight=rows.weight)


def explainable_boosting(rows: Rows) -> object:
    """Fit InterpretML's additive curves and interactions, each bag stopped on groups left out.

    Rows drawn one by one, as it does itself, leave dates of the same account on both sides: on such
    tables it then never stops.
    """
    from interpret.glassbox import ExplainableBoostingClassifier

    folds = grouped_folds(rows.groups, rows.y, n_splits=EBM_FOLDS, seed=SEED)[:EBM_BAGS]
    bags = np.ones((len(rows.y), len(folds)), dtype=np.int8)
    for bag, (_, left_out) in enumerate(folds):
        bags[left_out, bag] = -1
    model = ExplainableBoostingClassifier(outer_bags=EBM_BAGS, n_jobs=1, random_state=SEED)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Missing values detected")
        return model.fit(rows.X, rows.y, sample_weight=rows.weight, bags=bags)


def tuned_lightgbm(rows: Rows) -> object:
    """Fit LightGBM with the best of the settings that Optuna tries."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folds = grouped_folds(rows.groups, rows.y, n_splits=INNER_FOLDS, seed=SEED)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=SEED),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=10),
    )
    study.optimize(lambda trial: _tried(trial, rows, folds), n_trials=TRIALS)
    best = study.best_trial
    model = lgb.LGBMClassifier(**FIXED, **best.params, n_estimators=best.user_attrs["rounds"])
    return model.fit(rows.X, rows.y, sample_weight=rows.weight)


def _tried(trial: "optuna.Trial", rows: Rows, folds: Sequence[Pair]) -> float:
    """Return the mean log-loss of one setting on the folds left out; give up where it lags."""
    import optuna

    settings = _settings(trial)
    losses, rounds = [], []
    for number, (train, test) in enumerate(folds):
        asked = rows.at(test)
        model = _stopped(settings, rows.at(train), asked)
        p = model.predict_proba(asked.X)[:, 1]
        losses.append(log_loss(asked.y, p, sample_weight=asked.weight))
        rounds.append(model.best_iteration_)
        trial.report(float(np.mean(losses)), number)
        if trial.should_prune():
            raise optuna.TrialPruned
    trial.set_user_attr("rounds", int(np.median(rounds)))
    return float(np.mean(losses))


def _settings(trial: "optuna.Trial") -> dict[str, object]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 3, 63, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 100, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 30.0, log=True),
    }


def _stopped(settings: dict[str, object], rows: Rows, asked: Rows) -> lgb.LGBMClassifier:
    model = lgb.LGBMClassifier(**FIXED, **settings, n_estimators=ROUNDS)
    return model.fit(
        rows.X,
        rows.y,
        sample_weight=rows.weight,
        eval_X=asked.X,
        eval_y=asked.y,
        eval_sample_weight=[asked.weight],
        eval_metric="binary_logloss",
        callbacks=[lgb.early_stopping(PATIENCE, verbose=False)],
    )


def base_rate(rows: Rows) -> object:
    """Say the mean outcome of the rows learned from, whoever is asked."""
    return DummyClassifier().fit(rows.X, rows.y, sample_weight=rows.weight)


MODELS: dict[str, Fit] = {
    "ChurnClassifier": churn_classifier,
    "base rate": base_rate,
    "logistic": weighted_logistic,
    "HistGradientBoosting": hist_gradient,
    "LightGBM, Optuna": tuned_lightgbm,
    "CatBoost": cat_boost,
    "EBM": explainable_boosting,
}
