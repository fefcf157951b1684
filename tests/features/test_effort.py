"""How much of the machine a computation takes."""

import os

import pytest

from churngrid.features.effort import DEFAULT_EFFORT, Effort

MEGABYTE = 1 << 20


def test_all_cores_are_used_unless_told_otherwise(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert DEFAULT_EFFORT.workers == Effort().workers == 6
    assert Effort(threads=2).workers == 2


def test_where_cores_cannot_be_counted_there_is_one(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert Effort().workers == 1


def test_little_work_is_one_part_a_thread():
    assert Effort(threads=3, memory_mb=1).parts(0) == 3
    assert Effort(threads=1, memory_mb=1).parts(1) == 1


@pytest.mark.parametrize(
    ("needed", "parts"),
    [(1 * MEGABYTE, 2), (2 * MEGABYTE, 2), (2 * MEGABYTE + 1, 3), (10 * MEGABYTE, 10)],
)
def test_parts_at_work_fit_into_the_memory_together(needed, parts):
    """Two threads and 2 MB: each part may keep 1 MB."""
    effort = Effort(threads=2, memory_mb=2)
    assert effort.parts(needed) == parts
    assert needed / parts * effort.workers <= 2 * MEGABYTE
