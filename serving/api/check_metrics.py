"""What every declared metric must do, whoever declared it: checks to run in tests of one's own."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from ...demo import build_company
from ...features.cohorts.as_of_dates import resolve_as_of
from ...features.engine.compute import Features, compute_features, known_accounts
from ...features.ingest.read import Data, read_tables
from ...features.metrics.absence import Absence
from ...features.metrics.bounded_measures import Capped
from ...features.metrics.catalogue import METRICS, catalogue
from ...features.metrics.group_measures import SilenceInGaps
from ...features.metrics.measures import DaysSince, Tenure
from ...features.metrics.metric import Metric
from ...features.metrics.silence import Silence
from ...features.metrics.views import view_named
from ...features.schema.tableset import Tables
from ...training.dataset.look_ahead_proof import as_it_stood
from ..results.schema import RESERVED

__all__ = ["CHECKS", "Case", "MetricCheck", "check_metrics"]


_SEED = 11
_SETTLED_DAYS = 30
_STRANGER = "stranger"
_UNKNOWN = (Absence.NOT_COLLECTED, Absence.STALE_OR_FAILED)
# On the newest date nothing has become known later.
_EARLIER = pd.Timedelta(days=120)
_TENURE = next(metric for metric in METRICS if isinstance(metric.measure, Tenure))


@dataclass(frozen=True, slots=True)
class Case:
    """A company, the metrics that are declared together, and the dates they are checked on.

    Parameters
    ----------
    tables : Tables
    metrics : tuple of Metric
    dates : tuple of Timestamp
    tried : tuple of Metric
        Those that are checked. What each is asked in the same way is computed for all at once.
    """

    tables: Tables
    metrics: tuple[Metric, ...]
    dates: tuple[pd.Timestamp, ...]
    tried: tuple[Metric, ...] = ()
    _found: dict[object, Features] = field(init=False, default_factory=dict, repr=False)
    _others: dict[object, Tables] = field(init=False, default_factory=dict, repr=False)

    @property
    def pairs(self) -> pd.DataFrame:
        """All accounts known on the dates."""
        return known_accounts(self.tables, self.dates)

    def other(self, which: object, make: Callable[[], Tables]) -> Tables:
        """Return the company changed in a way that many metrics are tried on, made once."""
        if which not in self._others:
            self._others[which] = make()
        return self._others[which]

    def numbers(
        self,
        metric: Metric,
        *,
        which: object = "",
        tables: Tables | None = None,
        pairs: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Return the columns of a metric and its state, of this company or of another one.

        Parameters
        ----------
        metric : Metric
        which : object
            Names the other company or the other pairs; what was computed of them is kept.
        tables : Tables or None
        pairs : DataFrame or None

        Returns
        -------
        DataFrame
            Index (account_id, as_of); the state of absence stands last.
        """
        asked = self.tried if metric in self.tried else (metric,)
        key = (which, None if metric in self.tried else metric.column)
        if key not in self._found:
            self._found[key] = compute_features(
                self.tables if tables is None else tables,
                self.pairs if pairs is None else pairs,
                metrics=asked,
            )
        found = self._found[key]
        named = (metric.column, metric.vs_own, metric.percentile)
        columns = [name for name in named if name in found.frame]
        return found.frame[columns].assign(state=found.absence[metric.column])


@dataclass(frozen=True, slots=True)
class MetricCheck:
    """One rule for every metric.

    Parameters
    ----------
    rule : str
        What must hold, in words.
    holds : callable
        Called with a metric and a case.
    """

    rule: str
    holds: Callable[[Metric, Case], bool]


def check_metrics(metrics: Sequence[Metric], data: Data | None = None) -> None:
    """Hold metrics of one's own against what every metric of churngrid has to do.

    Parameters
    ----------
    metrics : sequence of Metric
        One's own, without those that ship; may be empty.
    data : path, URL or dict of DataFrame, optional
        Tables to try them on; an invented company that has every table by default.

    Raises
    ------
    ValueError
        If a rule is broken; the message names every metric and rule, one a line.
    SchemaError
        If a column is there already, or the tables cannot be used.

    Examples
    --------
    >>> check_metrics(())
    """
    if not metrics:
        return
    source = build_company(6, months=14, seed=_SEED).tables if data is None else data
    tables = read_tables(source)
    latest = resolve_as_of(tables, "latest")
    dates = (latest - _EARLIER, latest)
    case = Case(tables, catalogue(metrics, RESERVED), dates, tuple(metrics))
    faults = [
        f"- {metric.column}: {check.rule}"
        for metric in metrics
        for check in CHECKS
        if not check.holds(metric, case)
    ]
    if faults:
        told = "\n".join(faults)
        raise ValueError(f"These metrics break a rule; mend their declarations:\n{told}")


def _columns_are_its_own(metric: Metric, case: Case) -> bool:
    every = Counter(c for m in case.metrics for c in (m.column, m.vs_own, m.percentile))
    return every[metric.column] == every[metric.vs_own] == every[metric.percentile] == 1


def _thresholds_agree(metric: Metric, case: Case) -> bool:
    if metric.poor is None or metric.healthy is None:
        return True
    # Where both ends are bad, only the high one can be scored.
    rises = {"+": True, "-": False, "u": False}.get(metric.direction)
    return metric.healthy != metric.poor and rises == (metric.healthy > metric.poor)


def _context_is_neutral(metric: Metric, case: Case) -> bool:
    return (metric.axis == "context") == (metric.direction == "c")


def _label_stands_in_a_sentence(metric: Metric, case: Case) -> bool:
    label = metric.label.strip()
    return bool(label) and not label.endswith(".") and (label[0].islower() or label[:2].isupper())


def _meaning_is_a_sentence(metric: Metric, case: Case) -> bool:
    meaning = metric.meaning
    return meaning.endswith(".") and not meaning[0].islower()


def _says_unit_and_source(metric: Metric, case: Case) -> bool:
    return bool(metric.unit.strip() and metric.source.strip())


def _finite_or_with_a_reason(metric: Metric, case: Case) -> bool:
    found = case.numbers(metric)
    present = found["state"] == Absence.PRESENT
    finite = ~np.isinf(found.drop(columns="state")).any(axis=None)
    return bool(finite and (found[metric.column].notna() | ~present).all())


def _order_of_rows_does_not_matter(metric: Metric, case: Case) -> bool:
    mixed = case.other("mixed", partial(_mixed, case.tables))
    return case.numbers(metric, which="mixed", tables=mixed).equals(case.numbers(metric))


def _mixed(tables: Tables) -> Tables:
    rng = np.random.default_rng(_SEED)
    taken = {name: one.take(rng.permutation(len(one))) for name, one in tables.by_name.items()}
    return _replaced(tables, taken)


def _order_of_pairs_does_not_matter(metric: Metric, case: Case) -> bool:
    pairs = case.pairs.sample(frac=1.0, random_state=_SEED)
    return case.numbers(metric, which="pairs", pairs=pairs).equals(case.numbers(metric))


def _later_facts_do_not_count(metric: Metric, case: Case) -> bool:
    whole = case.numbers(metric).drop(columns="state")
    for date in case.dates:
        pairs = known_accounts(case.tables, [date])
        stood = case.other(date, partial(as_it_stood, case.tables, date))
        then = case.numbers(metric, which=date, tables=stood, pairs=pairs).drop(columns="state")
        asked = whole.loc[then.index]
        if not np.allclose(asked, then, rtol=1e-9, atol=1e-9, equal_nan=True):
            return False
    return True


def _silence_means_what_is_declared(metric: Metric, case: Case) -> bool:
    if isinstance(metric.measure, Tenure):
        return True
    sources = frozenset(name for view in _views(metric) for name in view_named(view).sources)
    which = ("of nobody", sources)
    silent = case.other(which, partial(_silenced, case.tables, sources))
    found = case.numbers(metric, which=which, tables=silent)
    tenure = case.numbers(_TENURE, which=which, tables=silent)[_TENURE.column]
    values, states = found[metric.column], found["state"]
    # Of newcomers nothing is known yet, nor where a feed is silent or had not begun.
    told = (tenure >= _SETTLED_DAYS) & ~states.isin(_UNKNOWN)
    as_declared = _silence_holds(metric, tenure, values, states)
    return bool((as_declared | ~told).all())


def _silenced(tables: Tables, names: Iterable[str]) -> Tables:
    return _replaced(tables, {n: _of_nobody(tables[n]) for n in names if n in tables})


def _of_nobody(table: pa.Table) -> pa.Table:
    """Return the facts of a table as those of a stranger, so that its feed lives on."""
    if "account_id" not in table.column_names or "customer_since" in table.column_names:
        return table[:0]
    place = table.column_names.index("account_id")
    field = table.schema.field(place)
    stranger = pa.array([_STRANGER] * table.num_rows, pa.string()).cast(field.type)
    return table.set_column(place, field, stranger)


def _silence_holds(
    metric: Metric, tenure: pd.Series, values: pd.Series, states: pd.Series
) -> pd.Series:
    """Return where value and state are those that stand for no facts at all."""
    capped = (
        metric.measure if isinstance(metric.measure, Capped) else Capped(metric.measure, np.inf)
    )
    present = states == Absence.PRESENT
    measure = capped.measure
    ages = isinstance(measure, DaysSince) and measure.or_tenure
    if ages or isinstance(measure, Silence | SilenceInGaps):
        # Silence is as old as the account, or what is known of it; over a usual gap it is less.
        return present & (values <= tenure.clip(upper=capped.at_most))
    silent = present & (values == metric.when_silent)
    if isinstance(metric.when_absent, Absence):
        return silent | (values.isna() & (states == metric.when_absent))
    return silent | (present & (values == metric.when_absent))


def _missing_table_is_not_collected(metric: Metric, case: Case) -> bool:
    for view in _views(metric):
        gone = frozenset(view_named(view).sources)
        if "accounts" in gone:
            continue
        which = ("without", gone)
        left = case.other(which, partial(_without, case.tables, gone))
        found = case.numbers(metric, which=which, tables=left)
        unknown = found["state"] == Absence.NOT_COLLECTED
        if not (unknown.all() and found[metric.column].isna().all()):
            return False
    return True


def _without(tables: Tables, gone: Collection[str]) -> Tables:
    left = {name: table for name, table in tables.by_name.items() if name not in gone}
    return replace(tables, by_name=left)


def _views(metric: Metric) -> set[str]:
    return {select.view for select, _ in metric.measure.selects()}


def _replaced(tables: Tables, changed: dict[str, object]) -> Tables:
    return replace(tables, by_name={**tables.by_name, **changed})


CHECKS = (
    MetricCheck("its columns belong to no other metric", _columns_are_its_own),
    MetricCheck("`poor` and `healthy` agree with `direction`", _thresholds_agree),
    MetricCheck("axis context goes with direction 'c', and with no other", _context_is_neutral),
    MetricCheck("`label` begins small and has no full stop", _label_stands_in_a_sentence),
    MetricCheck("`meaning` is one sentence with a full stop", _meaning_is_a_sentence),
    MetricCheck("`unit` and `source` say something", _says_unit_and_source),
    MetricCheck("every value is finite, or has a state of absence", _finite_or_with_a_reason),
    MetricCheck("the order of the tables' rows does not matter", _order_of_rows_does_not_matter),
    MetricCheck("the order of the asked pairs does not matter", _order_of_pairs_does_not_matter),
    MetricCheck("facts known later do not count", _later_facts_do_not_count),
    MetricCheck("no facts mean what `when_absent` says", _silence_means_what_is_declared),
    MetricCheck("without its table it is not collected", _missing_table_is_not_collected),
)
"""Every rule, in the order in which they are told."""
