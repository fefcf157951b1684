"""Tests of one file share what is made once a file, on however many workers the suite runs."""

import os

import pytest


@pytest.mark.parametrize("turn", range(6))
def test_a_file_stays_with_one_worker(tmp_path_factory, turn):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    base = tmp_path_factory.getbasetemp()
    seen = (base.parent if worker else base) / "workers_of_one_file"
    seen.mkdir(exist_ok=True)
    (seen / f"worker {worker}").touch()
    assert [path.name for path in seen.iterdir()] == [f"worker {worker}"], turn
