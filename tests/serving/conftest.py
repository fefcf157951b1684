"""Places and stand-ins that several tests share."""

import sys

import pytest

from tests.serving.kept import run_sql
from tests.serving.standins import Verbs


@pytest.fixture
def verbs(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    stub = Verbs()
    for job in (
        "check",
        "check_files",
        "compile_kernels",
        "demo",
        "score",
        "explain",
        "train",
        "tune",
        "init",
        "effects",
        "forecast",
    ):
        monkeypatch.setitem(sys.modules, f"churngrid.serving.api.{job}", stub)
    return stub


@pytest.fixture
def database(postgres_url):
    run_sql(postgres_url, "DROP SCHEMA IF EXISTS churngrid CASCADE")
    return postgres_url
