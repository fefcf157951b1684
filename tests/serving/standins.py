"""What stands in for the verbs, so that the command line is tested without them."""

import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
from typer.testing import CliRunner

from churngrid.features.ingest.propose.proposal import Part, Proposal, Take, Unread
from churngrid.features.schema.tableset import Finding, Tables
from churngrid.serving.api.answers.data import InitResult
from churngrid.serving.api.answers.scoring import ForecastResult
from churngrid.serving.api.compile_kernels import Compiled
from churngrid.serving.api.effects import PlayEffects
from churngrid.serving.api.tune import TuneResult
from churngrid.serving.cli.app import app
from churngrid.serving.company.coverage import Coverage, Gap
from churngrid.serving.results.effects_schema import PLAY_EFFECTS
from churngrid.training.evaluation.scorers import Difference
from tests.build import day

COMMANDS = {
    "demo": ["demo"],
    "compile_kernels": ["compile"],
    "init": ["init"],
    "check": ["check", "data"],
    "train": ["train", "data"],
    "tune": ["tune", "data", "--out", "tuned.json"],
    "backtest": ["backtest", "data", "--out", "bt"],
    "score": ["score", "data", "--out", "results"],
    "explain": ["explain", "data", "--account", "a"],
    "forecast": ["forecast", "data"],
    "report": ["report", "results"],
    "play_effects": ["effects", "data"],
    "check_file": ["playbook", "check", "plays.yaml"],
}
LONG_REASON = "share of assigned users who are active 75 % -> 20 % over 8 weeks (segment 75 %)"
URL = "postgresql://ann:s3cret@db.example:5432/crm"


def scored(**changes):
    scores = pd.DataFrame(
        {
            "account_id": ["a", "b", "c", "d"],
            "account_name": ["[bold]Alder[/bold]", "Birch", None, "Dorn"],
            "csm_id": ["csm_1", "csm_2", None, None],
            "as_of": day("2025-12-01"),
            "status": "scored",
            "arr": [120_000.0, 24_000.0, np.nan, 5.0],
            "decision_at": pd.to_datetime(["2026-03-24", None, "2026-02-01", None], utc=True),
            "decision_kind": ["term_end", None, "notice_deadline", None],
            "past_deadline": False,
            "p_by_date": pd.to_datetime(["2026-03-24", "2026-05-30", None, "2026-05-30"], utc=True),
            "p_churn": [0.26, 0.8, np.nan, 0.01],
            "base_rate": 0.2,
            "health_source": ["model", "model", "scorecard", "model"],
            "health_band": "low",
            "chs": [40.0, 30.0, 49.0, 90.0],
            "cap_reason": ["The sponsor left.", "", None, None],
            "cell": "save",
            "explained_by": ["model", "model", "scorecard", "model"],
            "block": ["at_risk", "at_risk", "at_risk", "quiet"],
            "attention": [4.0, 3.0, 2.0, 0.0],
        }
    ).assign(**changes)
    drivers = pd.DataFrame(
        [
            ("a", "churn", 2, "raises", True, "third reason"),
            ("a", "churn", 1, "raises", True, LONG_REASON),
            ("b", "churn", 1, "raises", False, "tenure 3 months"),
            ("b", "churn", 2, "lowers", True, "many tickets solved"),
            ("c", "chs", 1, "lowers", True, "usage 20 %: costs 50 points"),
        ],
        columns=["account_id", "target", "rank", "direction", "actionable", "text"],
    )
    plays = pd.DataFrame(
        {
            "account_id": ["a", "a", "b"],
            "slot": ["urgent", "cell", "cell"],
            "play": ["find_successor", "rescue", "rebuild_adoption"],
            "owner": "CSM",
            "due_at": day("2025-12-04"),
            "why": "The sponsor left.",
        }
    )
    notes = ("Contracts with money.",)
    told = {"notes": notes, "maturity": SimpleNamespace(summary=dict), "drift": {}}
    feeds = pd.DataFrame({"as_of": [], "table": [], "metrics": []})
    told |= {"findings": (), "feeds": feeds, "forecast": forecast_result().table}
    return SimpleNamespace(scores=scores, drivers=drivers, plays=plays, **told)


def score_result(**changes):
    return SimpleNamespace(
        scored=scored(**changes),
        out="results",
        report_path=Path("results/report.html"),
        unwritten=(),
    )


SHOWN_BAND = {
    "criteria": [
        {"criterion": "red_lead_days", "value": 84.0, "low": 60.5, "high": 107.6},
        {"criterion": "surprise_arr_share", "value": 0.12, "low": None, "high": None},
    ],
    "surprises": 7,
    "surprise_arr": 123_456.0,
}
"""What the bands would have shown of past dates, as far as the terminal tells it."""


def train_result(target):
    scorers = pd.DataFrame(
        {
            "model": ["base_rate", "boosted"],
            "scorer": "auc",
            "value": [0.5, 0.812],
            "low": [np.nan, 0.75],
            "high": [np.nan, 0.86],
        }
    )
    return SimpleNamespace(
        target=target,
        alias="champion",
        reason="better than the base rate",
        kind="boosted",
        scorers=scorers,
        rows=1234,
        accounts=300,
        churned=100,
        base_rate=0.081,
        version="3",
        axes=SimpleNamespace(spearman=0.21) if target == "churn" else None,
        shown_band=SHOWN_BAND if target == "churn" else {},
        warnings=("only 100 decisions",),
        findings=(),
    )


def check_result(*findings):
    aside = pa.table({"table": ["accounts"] * len(findings)})
    tables = Tables({}, findings=findings, quarantine=aside, rows_in={"accounts": 10})
    path = Path("quarantine.parquet") if findings else None
    return SimpleNamespace(
        tables=tables,
        business="Contracts with money.",
        quarantine_path=path,
        coverage=Coverage({"accounts": 10}, (6, 94), 0.05, (GAP,)),
    )


GAP = Gap("tickets", (), ("open tickets",), 0.1)


def init_result(**changes):
    """What `init` answers after it has looked at data."""
    parts = (
        Part("accounts", "Customers", (Take("account_id", "id"),)),
        Part("tickets", "cases", (Take("ticket_id", "id", sure=False, why="a guess"),)),
    )
    unread = (Unread("weather", (), "nothing says what its rows are"),)
    proposal = Proposal(parts, unread, notes=("Look here.",), rows={"Customers": 10, "cases": 3})
    answer = InitResult(
        (Path("churngrid.yaml"), Path("playbook.yaml")),
        proposal,
        check_result(FINDING),
        next="churngrid score",
    )
    return replace(answer, **changes)


FINDING = Finding("accounts", "account_id", "is empty", 1, ("[red]x",), quarantined=True)


def backtest_result():
    return SimpleNamespace(
        scorers=pd.concat(
            [
                train_result("churn").scorers.assign(target="churn", fold=fold)
                for fold in ("2025-01-01", "all")
            ]
        ),
        predictions=pd.DataFrame({"p": [0.5] * 7}),
        folds=pd.DataFrame({"fold": ["2025-01-01"], "test_from": [day("2025-01-01")]}),
        notes=(),
    )


def forecast_result(**changes):
    """A quarter of the whole book and of one segment, with a call of a person."""
    money = ("renewed", "leaving", "contracted", "expanded", "arr_end", "arr_kept")
    table = pd.DataFrame(
        {
            "as_of": day("2025-12-01"),
            "unit": "quarter",
            "period": "2026-Q1",
            "starts_at": day("2026-01-01"),
            "ends_at": day("2026-04-01"),
            "grouping": ["all", "segment"],
            "group": ["", "SMB"],
            "accounts": 3,
            "accounts_without_arr": 1,
            "arr": 149_000.0,
            "arr_without_estimate": 29_800.0,
            "accounts_due": 2,
            "arr_due": 120_000.0,
            "arr_due_without_estimate": 0.0,
            "arr_notice": 5_000.0,
            "leaving_called": [44_000.0, np.nan],
            **{f"{name}{bound}": 30_000.0 for name in money for bound in ("", "_low", "_high")},
            **{
                f"{name}{bound}": 0.912
                for name in ("grr", "nrr")
                for bound in ("", "_low", "_high")
            },
        }
    ).assign(**changes)
    return ForecastResult(table, day("2025-12-01"), "quarter", "EUR", True, ())


def story():
    return SimpleNamespace(
        text=lambda: "Alder: health is low.\nDo: find a successor.",
        as_dict=lambda: {"account_id": "a", "p_churn": np.float64(0.26), "cmi": float("nan")},
    )


def effects_result():
    row = {column.name: np.nan for column in PLAY_EFFECTS}
    row |= {"play": "save", "offered": 300, "withheld": 200, "on_leaving": "fewer leave"}
    row |= {"effect_on_leaving": -0.1, "effect_on_leaving_low": -0.15}
    row |= {"effect_on_leaving_high": -0.05, "sentence": "Fewer left.", "on_arr": "unknown"}
    return PlayEffects(pd.DataFrame([row]), pd.DataFrame(index=range(520)), 210, ("A note.",))


def tune_result():
    trials = pd.DataFrame({"trial": [0, 1], "log_loss": [0.5, 0.45], "seconds": [1.0, 2.0]})
    return TuneResult("churn", {"max_depth": 3}, trials, Difference(0.02, 0.005, 0.035, 40))


class Verbs(ModuleType):
    """Stands in for the verbs: notes what they are called with and answers at once."""

    def __init__(self):
        super().__init__("churngrid.serving.api")
        self.calls = {}
        self.answers = {
            "demo": SimpleNamespace(
                out=Path("demo"), score=score_result(), train=[train_result("churn")], seconds=9.8
            ),
            "compile_kernels": Compiled(41, 40, 15.4, ("features", "training"), ""),
            "init": init_result(),
            "check": check_result(),
            "train": [train_result("churn"), train_result("expansion")],
            "backtest": backtest_result(),
            "tune": tune_result(),
            "score": score_result(),
            "explain": story(),
            "forecast": forecast_result(),
            "report": Path("results/report.html"),
            "play_effects": effects_result(),
            "check_file": [],
        }
        for name in self.answers:
            setattr(self, name, self._verb(name))

    def _verb(self, name):
        def verb(*args, **options):
            self.calls[name] = (args, options)
            if options.get("progress"):
                options["progress"]("reading", 1, 2)
            answer = self.answers[name]
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return verb


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def squeezed(text):
    return " ".join(text.split())


def no_constant(name):
    raise AssertionError(f"{name} is not JSON")


def document(done):
    return json.loads(done.stdout, parse_constant=no_constant)
