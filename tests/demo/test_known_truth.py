"""The models find the causes that were planted, and nothing where there is none."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from churngrid.demo import build_company
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS, by_column
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tableset import Tables
from churngrid.serving.company.config import read_config
from churngrid.training.dataset import dataset as datasets
from churngrid.training.dataset.dataset import Dataset, build_dataset
from churngrid.training.dataset.look_ahead_proof import as_it_stood
from churngrid.training.dataset.temporal_splits import out_of_time
from churngrid.training.evaluation import backtest as backtests
from churngrid.training.evaluation.backtest import Backtest, backtest_dataset
from churngrid.training.evaluation.candidates import fit_candidate, lesson_of
from churngrid.training.evaluation.choice import competing
from churngrid.training.models.catalogue import model_named

pytestmark = pytest.mark.long

NO_BETTER = ("base_rate", "logistic", "boosted", "scorecard", "recency", "one_metric")


@dataclass(frozen=True)
class Learned:
    """What was learned from one invented company."""

    tables: Tables
    truth: pd.DataFrame
    dataset: Dataset
    backtest: Backtest

    def auc(self, model: str) -> pd.Series:
        scorers = self.backtest.scorers.set_index(["model", "fold", "scorer"])
        return scorers.loc[(model, "all", "roc_auc")]

    def placed(self, model: str) -> pd.Series:
        """The share of those who stayed, of the same fold and decision ahead, below each leaver.

        How far the decision is away and of which kind it is tells something in every world: who
        has not given notice a month before the deadline mostly stays.
        """
        ahead = self.dataset.features.frame[["days_to_decision", "silence_renews"]]
        rows = self.backtest.predictions.query("model == @model")
        rows = rows.join(ahead, on=["account_id", "as_of"])
        band = pd.cut(rows["days_to_decision"], [-np.inf, 30, 60, 90, 180, np.inf]).astype(str)
        likes = rows.groupby([rows["fold"], band, rows["silence_renews"].astype(str)])
        return pd.concat([below(part) for _, part in likes])


def below(rows: pd.DataFrame) -> pd.Series:
    stayed = rows.loc[rows["label"] == 0, "p"].to_numpy()
    left = rows.loc[rows["label"] == 1, "p"]
    if not len(stayed):
        return left[:0]
    other = left.to_numpy()[:, None] - stayed
    return pd.Series(((other > 0) + 0.5 * (other == 0)).mean(axis=1), left.index)


def learned(*, causes: bool, seed: int = 11) -> Learned:
    company = build_company(450, months=42, seed=seed, causes=causes)
    tables = read_tables(company.tables)
    config = read_config(Settings(as_of_step="quarter"))
    with pytest.MonkeyPatch.context() as patch:
        # Its proof cuts the tables at three dates; a test below does so at every other one.
        patch.setattr(datasets, "prove", lambda *_: None)
        dataset = build_dataset(
            tables, config.settings, scorecard=config.scorecard, rubric=config.rubric
        )
        if not causes:
            patch.setattr(backtests, "competing", asked_alone)
        backtest = backtest_dataset(dataset, "churn")
    return Learned(tables, company.truth.set_index("account_id"), dataset, backtest)


def asked_alone(*competitors):
    """Those of the competitors whose figures a test looks at in a world without causes."""
    return tuple(model for model in competing(*competitors) if model.name in NO_BETTER)


@pytest.fixture(scope="module")
def world() -> Learned:
    return learned(causes=True)


@pytest.fixture(scope="module")
def blind() -> Learned:
    return learned(causes=False)


@pytest.mark.parametrize(("model", "least"), [("boosted", 0.62), ("scorecard", 0.6)])
def test_planted_causes_are_found_out_of_time(world, model, least):
    """The lower end of the 95 % interval, accounts resampled, must lie clear of 0.5.

    Decisions are drawn with the probability the causes give, and many are only beginning on the
    as-of date, so that nobody can come near 1. Of 450 accounts the interval is 0.1 wide; what a
    boosted model reaches here is about 0.75.
    """
    assert world.auc(model)["low"] > least


def test_the_model_that_ships_is_better_than_chance(world):
    assert world.auc(world.backtest.kind)["low"] > 0.55


@pytest.fixture(scope="module")
def blind_worlds(blind) -> list[Learned]:
    return [blind, *(learned(causes=False, seed=seed) for seed in (12, 13))]


@pytest.mark.parametrize("model", NO_BETTER[1:])
def test_worlds_without_a_cause_give_no_model_anything(blind_worlds, model):
    """All traps are planted there too: whoever falls into one is better than chance in each.

    Accounts are compared with those whose decision is as near. One world of 450 accounts is better
    or worse than chance by accident now and then; of three the mean has to lie within 2.6 standard
    errors of 0.5, as 99 of 100 do.
    """
    found = pd.concat([world.placed(model) for world in blind_worlds])
    assert len(found) > 100
    assert abs(found.mean() - 0.5) <= 2.6 * found.std() / np.sqrt(len(found))


@pytest.mark.parametrize("name", ["world", "blind"])
def test_no_planted_trap_moves_any_input_of_a_backtest(name, request):
    """From tables physically cut at each date no trap can be read: the inputs are the same.

    Equal inputs give equal predictions, so that the out-of-time AUC is that without traps. Every
    other date is cut, the last among them, as what is planted on one of them is on all.
    """
    found = request.getfixturevalue(name)
    frame = found.dataset.features.frame
    dates = frame.index.get_level_values("as_of")
    for date in dates.unique().sort_values()[::-2]:
        cut = as_it_stood(found.tables, date)
        again = compute_features(cut, known_accounts(cut, [date]), metrics=METRICS).frame
        rows = frame[dates == date]
        pd.testing.assert_frame_equal(again.loc[rows.index], rows, rtol=1e-9)


def test_the_traps_are_there_for_whoever_ignores_the_clocks(blind):
    """Tickets about leaving, counted without clock and category, tell the outcome of any date."""
    tickets = blind.tables["tickets"].to_pandas()
    leaving = tickets[tickets["category"].str.lower().isin(blind.tables.denied_ticket_categories)]
    kept = blind.dataset.labelled("churn")
    accounts = blind.dataset.X.index[kept].get_level_values("account_id")
    naive = accounts.isin(leaving["account_id"]).astype(float)
    y = blind.dataset.labels["churned"][kept].to_numpy(dtype=int)
    assert roc_auc_score(y, naive) > 0.6


@pytest.fixture(scope="module")
def shares(world) -> pd.DataFrame:
    """SHAP per component of everybody who churned, by models that never saw that time."""
    dataset = world.dataset
    kept = dataset.labelled("churn")
    rows, X = dataset.labels[kept].reset_index(), dataset.X[kept]
    y = dataset.labels["churned"][kept].to_numpy(dtype=np.int64)
    parts = []
    for fold in out_of_time(rows, dataset.parent[kept].to_numpy(dtype=object), n_folds=3):
        train, test = fold.train, fold.test[y[fold.test] == 1]
        boosted = model_named("boosted")
        fitted = fit_candidate(boosted, lesson_of(dataset, "churn", train))
        names = list(fitted.encoding.names)
        values = fitted.contributions(X.iloc[test][names])[:, :-1]
        declared = by_column(METRICS)
        components = [declared[n].component if n in declared else "maturity" for n in names]
        frame = pd.DataFrame(values, index=X.index[test], columns=names)
        parts.append(frame.T.groupby(components).sum().T)
    found = pd.concat(parts)
    cause = world.truth["cause"].reindex(found.index.get_level_values("account_id"))
    return found.assign(cause=cause.to_numpy())


@pytest.mark.parametrize(
    ("cause", "component"),
    [("sponsor_left", "relationship"), ("adoption", "usage"), ("incidents", "support")],
)
def test_shap_names_the_cause_an_account_left_for(shares, cause, component):
    """The cause's component weighs more than in accounts that left for something else.

    Compared by how often it does, over all pairs: 0.5 is chance, and two standard errors of that
    share (Mann and Whitney) are what these numbers of accounts could reach by luck.
    """
    own = (shares["cause"] == cause).to_numpy(dtype=int)
    n, m = own.sum(), (1 - own).sum()
    luck = 2 * np.sqrt((n + m + 1) / (12 * n * m))
    assert roc_auc_score(own, shares[component].to_numpy()) > 0.5 + luck


def test_a_lost_sponsor_is_the_strongest_reason_where_a_sponsor_left(shares):
    """Relationship is the top component far more often than among the others."""
    components = shares.drop(columns=["cause", "context"])
    top = components.idxmax(axis=1) == "relationship"
    left = shares["cause"] == "sponsor_left"
    assert top[left].mean() > 0.5
    assert top[left].mean() > 1.5 * top[~left].mean()
