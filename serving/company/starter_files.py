"""The files a company starts from: its settings, and the shipped defaults to edit."""

from collections.abc import Iterable, Mapping
from importlib.resources import files

import yaml

from ...features.scores.blank_questionnaire import questionnaire_guide, questionnaire_sheet
from ...features.scores.rubric_file import read_rubric

__all__ = ["DEMO_SETTINGS", "starter_files"]


DEMO_SETTINGS = """\
# Neighbouring months of an account are near copies, so quarters teach nearly as much in a third of
# the time.
as_of_step: quarter
"""
"""Settings of the invented company."""

_SHIPPED = {
    "scorecard.yaml": "churngrid.features.scores",
    "maturity.yaml": "churngrid.features.scores",
    "playbook.yaml": "churngrid.serving.company",
}

_SETTINGS = """\
# Settings of churngrid. Everything has a default; docs/settings.md lists all of them.
scorecard: scorecard.yaml
maturity: maturity.yaml
questionnaire: questionnaire.csv
playbook: playbook.yaml
# What CSMs override: account_id, limit or band, reason, author, set_at, expires_at.
# overrides: overrides.csv
currency: USD
"""

_MAPPING = """
# A proposal from your tables, to be checked: canonical column on the left, yours on the right.
"""


def starter_files(
    mapping: Mapping[str, object], accounts: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """Return the starter files by name.

    Parameters
    ----------
    mapping : mapping of str to object
        Proposed ``tables`` section; may be empty.
    accounts : iterable of (str, str)
        Id and name of the accounts that the questionnaire asks about.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> [name for name in starter_files({}) if name.startswith("q")]
    ['questionnaire.csv', 'questionnaire.md']
    """
    settings = _SETTINGS
    if mapping:
        settings += _MAPPING + yaml.safe_dump({"tables": dict(mapping)}, sort_keys=False)
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
