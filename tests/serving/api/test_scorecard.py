"""The commands of the scorecard, from tables to what people and programs read."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import churngrid
from churngrid.demo import build_company, write_company
from churngrid.features.errors import SchemaError
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.portfolio_review import Independence, MaturityReview
from churngrid.features.scores.scorecard import Success
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.serving.api import scorecard as scorecardverbs
from churngrid.serving.api.scorecard import ScorecardValidation
from churngrid.serving.cli.app import app
from churngrid.serving.cli.show_results import show_fit, show_validation
from churngrid.serving.cli.summaries.scorecard import fit_summary, validation_summary
from churngrid.training.scorecard import weight_trial as scorecardtrial
from churngrid.training.scorecard.success_criteria import CRITERIA, judge

pytestmark = pytest.mark.usefixtures("unproven")

UNKNOWN = MaturityReview(pd.DataFrame({"far": []}, dtype=bool), Independence(np.nan, 0), np.nan, 0)
NAMES = [criterion.name for criterion in CRITERIA]


@pytest.fixture(scope="module")
def company():
    return build_company(120, months=24, seed=5).tables


@pytest.fixture(scope="module")
def few():
    """Accounts enough where it matters only what is said, whatever the figures."""
    return build_company(30, months=20, seed=5).tables


@pytest.fixture(scope="module")
def validation(company):
    return churngrid.validate_scorecard(company)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write_company(folder / "data", accounts=120, months=24, seed=5)
    return folder / "data"


@pytest.fixture(scope="module")
def fitted(company, tmp_path_factory):
    """Learned on far too few accounts, which the gate of size would refuse."""
    out = tmp_path_factory.mktemp("learned") / "learned.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scorecardtrial, "gate", lambda *_: SimpleNamespace(kind="boosted"))
        return churngrid.fit_scorecard(company, out=out)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_every_criterion_is_judged_with_and_without_the_caps_of_a_person(validation):
    assert set(validation.judged) == {"as_it_is", "without_person"}
    for judged in validation.judged.values():
        assert [one.criterion for one in judged] == NAMES
    green = {name: judged[3].value for name, judged in validation.judged.items()}
    assert green["without_person"] >= green["as_it_is"]


def test_only_closed_dates_count(validation, company):
    newest = company["usage_daily"]["known_at"].max()
    # No decision is certain before its term has ended, a week and the grace later.
    assert validation.last + pd.Timedelta(days=7 + 30) <= pd.Timestamp(newest, tz="UTC")
    assert validation.first < validation.last
    assert 0 < validation.churned < validation.accounts <= 120


def test_surprises_are_green_churned_accounts_and_the_largest_come_first(validation):
    found = validation.surprises
    high = read_scorecard(None, METRICS).bands.high
    assert (found["chs"] >= high).all()
    assert found["arr"].is_monotonic_decreasing
    assert ((found["decided_at"] - found["as_of"]).dt.days >= 90).all()


def test_quarters_are_read_as_months(company, validation, tmp_path):
    settings = tmp_path / "churngrid.yaml"
    settings.write_text("as_of_step: quarter\n")
    found = churngrid.validate_scorecard(company, settings)
    assert found.judged == validation.judged
    assert found.notes[0] == "As-of dates are months here, not quarters."


def test_a_card_without_caps_of_a_person_is_judged_once(few, tmp_path):
    text = "components:\n  use: {label: Use, weight: 1, metrics: [{metric: open_goals}]}\n"
    (tmp_path / "ours.yaml").write_text(text + "success: {fewest_churned: 9999}\n")
    settings = tmp_path / "churngrid.yaml"
    settings.write_text("scorecard: ours.yaml\nlead_days: 70\n")
    found = churngrid.validate_scorecard(few, settings)
    assert set(found.judged) == {"as_it_is"}
    assert found.failed == ()
    assert any("Decisions up to 70 days ahead (`lead_days`)" in note for note in found.notes)
    assert all("at least 9,999 are needed" in one.why for one in found.judged["as_it_is"])


def test_where_decisions_have_no_date_nothing_is_said_of_warnings(few):
    frames = {name: few[name] for name in ("accounts", "usage_daily")}
    found = churngrid.validate_scorecard(frames)
    warned = found.judged["as_it_is"][1]
    assert warned.verdict == "not enough evidence"
    assert any("No decision has a date here" in note for note in found.notes)


def test_overrides_are_said_to_be_left_out(few, tmp_path):
    (tmp_path / "overrides.csv").write_text(
        "account_id,limit,reason,author,set_at,expires_at\n"
        "acc_00001,40,Budget cut,Kim,2025-05-01,2025-08-01\n"
    )
    settings = tmp_path / "churngrid.yaml"
    settings.write_text("overrides: overrides.csv\n")
    found = churngrid.validate_scorecard(few, settings)
    assert "Overrides of CSMs are left out: they are no part of the score." in found.notes


def test_validate_prints_each_criterion(files, validation, monkeypatch):
    told = json.loads(run("scorecard", "validate", files, "--json").stdout)
    assert told == json.loads(json.dumps(validation_summary(validation)))
    assert [one["criterion"] for one in told["criteria"]] == NAMES * 2
    assert len(told["surprises"]) <= 10
    monkeypatch.setattr(scorecardverbs, "validate_scorecard", lambda *_, **__: validation)
    done = run("scorecard", "validate", files)
    assert done.exit_code == (1 if told["failed"] else 0)
    for text in ("The scorecard as it is:", "Without the caps that a person sets", "at least 3"):
        assert text in done.stdout


def test_maturity_is_reviewed_as_in_a_scoring_of_the_newest_day(validation, company):
    scored = churngrid.score(company, model="none").scored
    assert validation.maturity.notes() == scored.maturity.notes()
    assert validation.maturity.notes()[0].startswith("Maturity and health score: rank correl")
    conflicts = scored.scores["review_flags"].str.contains("maturity_evidence_conflicts")
    assert validation.maturity.conflicts == conflicts.sum() > 0


def test_what_is_known_of_maturity_is_printed(validation, capsys):
    show_validation(validation_summary(validation))
    told = " ".join(capsys.readouterr().out.split())
    assert "The other axis of the grid" in told
    assert all(note in told for note in validation.maturity.notes())
    show_validation(validation_summary(result(90.0)))
    assert "The other axis" not in capsys.readouterr().out


def test_the_questionnaire_is_read_here_as_everywhere(company, tmp_path):
    (tmp_path / "churngrid.yaml").write_text("questionnaire: answers.csv\n")
    for verb in (churngrid.validate_scorecard, churngrid.fit_scorecard):
        with pytest.raises(SchemaError, match=r"answers\.csv' cannot be read"):
            verb(company, tmp_path / "churngrid.yaml")


def result(chs, **changes):
    """A validation of accounts that all left, with this score."""
    rows = [
        {"account_id": f"a{n}", "parent": f"a{n}", "chs": chs, "churned": 1.0, "arr": 10.0}
        for n in range(30)
    ]
    decided = pd.Timestamp("2025-06-01", tz="UTC")
    book = pd.DataFrame(rows).assign(
        as_of=decided - pd.Timedelta(days=90), decided_at=decided, **changes
    )
    card = read_scorecard(None, METRICS)
    surprises = book.loc[book["chs"] >= 70, ["account_id", "as_of", "chs", "arr", "decided_at"]]
    judged = {"as_it_is": judge(book, bands=card.bands, success=Success())}
    return ScorecardValidation(
        judged, surprises, decided, decided, 30, 30, 30, UNKNOWN, ("Something to know.",)
    )


@pytest.mark.parametrize(("chs", "code"), [(90.0, 1), (20.0, 1)])
def test_a_failed_criterion_is_a_finding(monkeypatch, chs, code):
    monkeypatch.setattr(scorecardverbs, "validate_scorecard", lambda *_, **__: result(chs))
    assert run("scorecard", "validate", "data").exit_code == code


def test_no_evidence_is_no_finding(monkeypatch):
    few = result(20.0)
    judged = {"as_it_is": tuple(one for one in few.judged["as_it_is"] if one.verdict != "fail")}
    calm = ScorecardValidation(judged, few.surprises, few.first, few.last, 1, 1, 1, UNKNOWN, ())
    monkeypatch.setattr(scorecardverbs, "validate_scorecard", lambda *_, **__: calm)
    assert run("scorecard", "validate", "data").exit_code == 0


def test_a_criterion_without_a_figure_says_why(capsys):
    show_validation(validation_summary(result(90.0)))
    told = capsys.readouterr().out
    assert "red_band_lift: no account was ever in the red band." in told
    assert "Surprise churn: 30 accounts with an ARR of 300 were green" in told
    assert "Something to know." in told


def test_surprises_of_unknown_arr_are_counted_all_the_same(capsys):
    summary = validation_summary(result(90.0, arr=float("nan")))
    assert summary["surprise_churn_arr"] is None
    show_validation(summary)
    assert "Surprise churn: 30 accounts of unknown ARR" in capsys.readouterr().out


def test_too_few_to_learn_from_end_with_the_reason(files, tmp_path):
    done = run("scorecard", "fit", files, "--out", tmp_path / "new.yaml", "--quiet")
    assert done.exit_code == 2
    assert "The weights cannot be learned" in done.stderr
    assert "at least 50 and 50 are needed" in " ".join(done.stderr.split())
    assert not (tmp_path / "new.yaml").exists()


def test_fit_replaces_no_file_and_makes_no_folder(files, tmp_path):
    there = tmp_path / "there.yaml"
    there.write_text("mine")
    with pytest.raises(
        SchemaError, match=r"there\.yaml is already there; `--out` replaces nothing"
    ):
        churngrid.fit_scorecard(files, out=there)
    assert there.read_text() == "mine"
    with pytest.raises(SchemaError, match=r"There is no folder .*nowhere for `--out`; make it"):
        churngrid.fit_scorecard(files, out=tmp_path / "nowhere" / "new.yaml")


def test_the_written_scorecard_is_the_one_that_was_measured(fitted):
    written = read_scorecard(fitted.path, METRICS)
    assert written == fitted.trial.learned
    assert written.caps == fitted.trial.hand_set.caps
    assert fitted.path.read_text().startswith("# The customer health score")


def test_learned_weights_can_be_used_at_once(fitted, company):
    settings = fitted.path.with_name("churngrid.yaml")
    settings.write_text(f"scorecard: {fitted.path.name}\n")
    scored = churngrid.score(company, settings, as_of="2025-11-01", model="none").scored
    assert scored.scores["chs"].notna().any()


def test_fit_tells_both_weights_side_by_side(fitted, capsys):
    told = json.loads(json.dumps(fit_summary(fitted), allow_nan=False))
    assert {one["scorecard"] for one in told["criteria"]} == {"hand_set", "learned"}
    for which in ("hand_set", "learned"):
        assert sum(one[which] for one in told["weights"]) == pytest.approx(1)
    assert [one["scorer"] for one in told["differences"]] == ["log_loss", "roc_auc"]
    assert told["written"] == str(fitted.path)
    show_fit(told)
    shown = capsys.readouterr().out
    for text in ("Hand-set weights:", "Learned weights:", told["recommendation"]):
        assert text in shown
    assert "The weights of variants stay as they are: first_90_days." in shown


def test_fit_prints_and_writes_on_the_command_line(fitted, monkeypatch, tmp_path):
    calls = []

    def fit(*args, **options):
        calls.append((args, options))
        return fitted

    monkeypatch.setattr(scorecardverbs, "fit_scorecard", fit)
    monkeypatch.chdir(tmp_path)
    done = run("scorecard", "fit", "data", "--out", "new.yaml", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["recommendation"]
    (args, options), *_ = calls
    assert args == ("data", None)
    assert str(options["out"]) == "new.yaml"


@pytest.mark.parametrize("command", ["validate", "fit"])
def test_commands_are_explained(command):
    text = run("scorecard", command, "--help").stdout
    assert f"Example: churngrid scorecard {command} exports/" in " ".join(text.split())
    for option in ("--settings", "--json", "--quiet", "--debug"):
        assert option in text
    assert command in run("scorecard", "--help").stdout
