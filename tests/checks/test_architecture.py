"""The architecture page names every module there is, and none that is gone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("part", ["features", "training", "serving"])
def test_every_module_has_its_place_on_the_page(part):
    (listed,) = re.findall(rf"(?m)^### {part}\n\n((?:\|.*\n)+)", PAGE)
    found = [path.stem for path in (ROOT / part).glob("[!_]*") if path.suffix == ".py"]
    packages = [path.parent.name for path in (ROOT / part).glob("*/__init__.py")]
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted([*found, *packages])
