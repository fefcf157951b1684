"""What further sources would unlock, and that the guide tells the same figures."""

import re
from pathlib import Path

import pytest

from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tables import table_spec
from churngrid.features.schema.tableset import Tables, empty_table
from churngrid.serving.company.config import read_config
from churngrid.serving.company.coverage import coverage_of, coverage_page

GUIDE = Path(__file__).parents[3] / "docs" / "own-data.md"


@pytest.fixture(scope="module")
def config():
    return read_config(Settings())


def delivered(*names, **columns):
    empty = {name: empty_table(table_spec(name)) for name in names}
    return Tables(empty, {name: frozenset(held) for name, held in columns.items()})


def test_the_steps_of_the_guide_are_as_it_says(config):
    steps = re.findall(
        r"^\| \d\. .*\((`.*`)\) \| (\d+) of (\d+) \| (\d+)% \|$", GUIDE.read_text(), re.M
    )
    assert len(steps) == 5
    had = []
    for tables, metrics, declared, share in steps:
        had += re.findall(r"`(\w+)`", tables)
        found = coverage_of(delivered(*had), config)
        assert (*found.metrics, f"{found.share:.0%}") == (int(metrics), int(declared), f"{share}%")
    assert not found.gaps


def test_a_missing_column_of_a_table_that_is_there_is_named(config):
    lean = {"account_id", "ticket_id", "created_at", "priority"}
    gaps = coverage_of(delivered("accounts", "tickets", tickets=lean), config).gaps
    (tickets,) = (gap for gap in gaps if gap.table == "tickets")
    assert {"resolved_at", "csat_at"} <= set(tickets.columns)
    assert "`tickets`: " in coverage_page(coverage_of(delivered("tickets", tickets=lean), config))


def test_either_table_of_usage_is_enough(config):
    named = {gap.table for gap in coverage_of(delivered("accounts", "usage_events"), config).gaps}
    assert "usage_daily" not in named
