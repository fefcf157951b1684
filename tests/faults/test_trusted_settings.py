"""Settings that come with the data run no code; what the user names or keeps at hand does."""

import sys

import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.api.check_files import check_file
from churngrid.serving.company.find_input import settings_for
from tests.serving.standins import run

PLAYBOOK = "plays: []\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder, data beside it, and a module that says when it was run."""
    (tmp_path / "here").mkdir()
    (tmp_path / "exports").mkdir()
    (tmp_path / "code").mkdir()
    (tmp_path / "exports" / "accounts.csv").write_text("account_id\na\n")
    ran = f"open({str(tmp_path / 'ran')!r}, 'w').close()\nMETRICS = ()\n"
    (tmp_path / "code" / "evil_metrics.py").write_text(ran)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path
    sys.modules.pop("evil_metrics", None)


@pytest.mark.parametrize("beside", ["exports", "."])
def test_settings_beside_the_data_run_nothing(place, beside):
    (place / beside / "churngrid.yaml").write_text("metrics: evil_metrics\n")
    data = str(place / "exports")
    done = run("check", data)
    assert done.exit_code == 2
    assert "names Python code to run (setting `metrics`: 'evil_metrics'); it was not run" in (
        " ".join(done.stderr.split())
    )
    with pytest.raises(SchemaError, match="was found beside the data and names Python code"):
        settings_for(data)
    for kind in ("scorecard", "maturity", "playbook"):
        path = place / beside / f"{kind}.yaml"
        path.write_text(PLAYBOOK)
        assert "was found beside the data" in " ".join(check_file(kind, path))
    assert not (place / "ran").exists()


def test_settings_that_are_named_may_run_their_module_and_it_is_said(place):
    settings = place / "exports" / "churngrid.yaml"
    settings.write_text("metrics: evil_metrics\n")
    done = run("check", str(place / "exports"), "--settings", str(settings))
    assert "Runs Python code: module 'evil_metrics', which the settings name." in done.stderr
    assert (place / "ran").exists()


def test_settings_of_the_working_folder_may_run_their_module_and_it_is_said(place):
    (place / "here" / "churngrid.yaml").write_text("metrics: evil_metrics\n")
    done = run("check", str(place / "exports"))
    assert "Settings: churngrid.yaml" in done.stderr
    assert "Runs Python code: module 'evil_metrics'" in done.stderr
    assert (place / "ran").exists()
