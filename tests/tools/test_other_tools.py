"""Other tools take a stored model as it is, and explain it by our exact values.

Each runs in an environment of its own under ``build/tools``, for these tools hold back versions of
packages that we share. They need the package registry, and run only when asked: ``make tools``.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent
TOOLS = ("shapash", "explainerdashboard", "skore")

pytestmark = [pytest.mark.long, pytest.mark.own_environment]


def _python_with(tool: str) -> Path:
    """Return the Python of an environment that holds the tool and this checkout."""
    place = ROOT / "build" / "tools" / tool
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "-e", str(ROOT), tool]
    subprocess.run(install, check=True)
    return python


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tool_takes_the_champion_as_it_is(tool: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(_python_with(tool)), str(SCRIPTS / f"in_{tool}.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().endswith("as it is")
