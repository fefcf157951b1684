"""The files a company starts from: its settings, and the shipped defaults to edit."""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files

from ...features.ingest.propose.proposal import Proposal
from ...features.ingest.propose.settings_text import settings_text
from ...features.scores.blank_questionnaire import questionnaire_guide, questionnaire_sheet
from ...features.scores.rubric_file import read_rubric
from .own_metrics import taken_names

__all__ = ["DEMO_SETTINGS", "demo_experiment", "starter_files"]


DEMO_SETTINGS = """\
# Neighbouring months of an account are near copies, so quarters teach nearly as much in a third of
# the time.
as_of_step: quarter
"""
"""Settings of the invented company."""

_EXPERIMENT = "2025"
"""Name of the comparison that runs when the invented company's data ends."""

_SHIPPED = {
    "scorecard.yaml": "churngrid.features.scores",
    "maturity.yaml": "churngrid.features.scores",
    "playbook.yaml": "churngrid.serving.company",
}

_SETTINGS = """\
# Settings of churngrid. Everything has a default; docs/settings.md lists all of them.
{data}
scorecard: scorecard.yaml
maturity: maturity.yaml
questionnaire: questionnaire.csv
playbook: playbook.yaml
# What CSMs override: account_id, limit or band, reason, author, set_at, expires_at.
# overrides: overrides.csv
{currency}
"""

_NO_DATA = (
    "# Where your tables are; then `check`, `score` and `train` need no DATA.\n# data: exports/"
)

_NO_CURRENCY = "# What all amounts are in, where the data do not say it.\n# currency: EUR"

_MAPPING = """
# How your tables are read: a proposal from their names and values, to be looked at where it says
# "guess". The column of the contract stands on the left, yours on the right; docs/own-data.md
# and docs/settings.md say what else can be written here.
"""


def starter_files(
    proposal: Proposal | None = None,
    data: str | None = None,
    accounts: Iterable[tuple[str, str]] = (),
) -> dict[str, str]:
    """Return the starter files by name.

    Parameters
    ----------
    proposal : Proposal or None
        How tables are read.
    data : str or None
        Where they are.
    accounts : iterable of (str, str)
        Id and name of the accounts that the questionnaire asks about.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> [name for name in starter_files() if name.startswith("q")]
    ['questionnaire.csv', 'questionnaire.md']
    """
    known = proposal.currency if proposal is not None else None
    settings = _SETTINGS.format(
        data=f"data: {json.dumps(data)}" if data else _NO_DATA,
        currency=f"currency: {known}" if known else _NO_CURRENCY,
    )
    if proposal is not None:
        settings += _MAPPING + settings_text(proposal, taken_names())
    shipped = {
        name: files(package).joinpath(name).read_text(encoding="utf-8")
        for name, package in _SHIPPED.items()
    }
    rubric = read_rubric(None)
    asked = {
        "questionnaire.csv": questionnaire_sheet(rubric, accounts),
        "questionnaire.md": questionnaire_guide(rubric),
    }
    return {"churngrid.yaml": settings, **shipped, **asked}


def demo_experiment(shares: Mapping[str, float]) -> dict[str, str]:
    """Return settings and playbook of an invented company that tries plays by lot.

    Parameters
    ----------
    shares : mapping of str to float
        From which share of the accounts each play is withheld.

    Returns
    -------
    dict of str to str
        By file name.

    Examples
    --------
    >>> "control_share: 0.4" in demo_experiment({"save": 0.4})["playbook.yaml"]
    True
    """
    playbook = (files(_SHIPPED["playbook.yaml"]) / "playbook.yaml").read_text(encoding="utf-8")
    for play, share in shares.items():
        line = f"  - name: {play}\n"
        own = f'{line}    control_share: {share}\n    experiment: "{_EXPERIMENT}"\n'
        playbook = playbook.replace(line, own)
    return {
        "churngrid.yaml": f"{DEMO_SETTINGS}playbook: playbook.yaml\n",
        "playbook.yaml": playbook,
    }
