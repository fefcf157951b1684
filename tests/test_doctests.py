"""Every example in a docstring runs and shows what it says."""

import doctest
import importlib
import pkgutil

import pytest

import churngrid

pytestmark = pytest.mark.usefixtures("brief_boosting", "unproven")

MODULES = sorted(
    module.name
    for part in ("features", "training", "serving", "demo")
    for module in pkgutil.walk_packages(
        importlib.import_module(f"churngrid.{part}").__path__, f"churngrid.{part}."
    )
)


def test_every_part_of_the_package_is_looked_at():
    assert churngrid.__name__ == "churngrid"
    assert "churngrid.features.arrays.row_ranges" in MODULES


@pytest.mark.parametrize("name", [name for name in churngrid.__all__ if name[0] != "_"])
def test_everything_public_has_an_example(name):
    assert ">>> " in getattr(churngrid, name).__doc__


@pytest.mark.parametrize("name", MODULES)
def test_examples_show_what_they_say(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
