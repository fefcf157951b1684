import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.api.check_files import FILE_KINDS, check_file
from churngrid.serving.api.init import init
from churngrid.serving.company.find_input import data_of
from churngrid.serving.company.starter_files import starter_files

KINDS = [kind.name for kind in FILE_KINDS]


@pytest.mark.parametrize("kind", FILE_KINDS, ids=KINDS)
def test_what_is_shipped_has_no_findings(kind, tmp_path):
    path = tmp_path / kind.example
    for name, text in starter_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert check_file(kind.name, path) == []


@pytest.mark.parametrize("kind", FILE_KINDS, ids=KINDS)
def test_a_mistake_is_told_with_file_and_line(kind, tmp_path):
    path = tmp_path / kind.example
    text = starter_files()[kind.example] + "\nno_such_key: 1\n"
    path.write_text(text, encoding="utf-8")
    (said,) = check_file(kind.name, path)
    line = text.count("\n")
    assert f"{kind.example}:{line}: no_such_key: unknown key" in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_there_is_refused(kind, tmp_path):
    with pytest.raises(SchemaError, match=f"There is no file .*; name the {kind} to check"):
        check_file(kind, tmp_path / "nowhere.yaml")


def test_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`kind` must be one of .*, got 'card'"):
        check_file("card", tmp_path / "card.yaml")


def test_presets_need_data(tmp_path):
    with pytest.raises(
        SchemaError, match="Presets say how your data is read; name it with `--from"
    ):
        init(tmp_path, presets=["stripe"])


def test_settings_that_name_no_data_say_so(tmp_path):
    path = tmp_path / "churngrid.yaml"
    path.write_text("lead_days: 30\n")
    with pytest.raises(SchemaError, match="has no setting `data`; add it, or name the data"):
        data_of(path)
