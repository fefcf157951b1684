"""The house keeps its plan: which room may import which, no circles, each tool in its place."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
EVERYWHERE = {
    *(
        "features.errors",
        "features.progress",
        "features.addresses",
        "features.whole_file",
        "features.system_errors",
    ),
    "features.short_view",
}
"""Modules that any other may import."""

_ARRAYS = {"features.arrays", "features.arrays.counting"}
_SCHEMA = _ARRAYS | {"features.schema"}
_KNOWN = {
    f"features.{room}"
    for room in (
        *("arrays", "arrays.counting", "schema", "ingest", "ingest.forms", "ingest.files"),
        *("ingest.reshape", "ingest.checks"),
        "metrics",
        *(
            "ingest.propose",
            "ingest.propose.presets",
            "ingest.propose.completions",
            "ingest.propose.refine",
            "subscriptions",
            "cohorts",
            "engine",
            "scores",
        ),
    )
}
_DATASET = _KNOWN | {"training.dataset"}
_MODELS = _DATASET | {"training.models", "training.treeshap"}
_LEARNED = _MODELS | {
    *("training", "training.evaluation", "training.registry", "training.scorecard"),
    *("training.flat", "training.forecast"),
}
_COMPANY = _LEARNED | {"serving.results", "serving.company", "demo"}
_PLAYS = _COMPANY | {"serving.wording", "serving.plays"}
_SCORING = _PLAYS | {"serving.scoring", "serving.change", "serving.forecast"}

MAY_IMPORT = {
    "features": set(),
    "features.arrays": set(),
    "features.arrays.counting": {"features.arrays"},
    "features.schema": _ARRAYS,
    "features.ingest": _SCHEMA
    | {"features.ingest.forms", "features.ingest.files", "features.ingest.reshape"}
    | {"features.ingest.checks"},
    "features.ingest.checks": _SCHEMA | {"features.ingest", "features.ingest.forms"},
    "features.ingest.reshape": _SCHEMA | {"features.ingest", "features.ingest.forms"},
    "features.ingest.files": _SCHEMA,
    "features.ingest.forms": _SCHEMA,
    "features.ingest.propose": _SCHEMA
    | {"features.ingest", "features.ingest.forms", "features.ingest.reshape"}
    | {"features.ingest.propose.presets", "features.ingest.propose.completions"}
    | {"features.ingest.propose.refine"},
    "features.ingest.propose.completions": _SCHEMA
    | {"features.ingest", "features.ingest.forms"}
    | {"features.ingest.reshape", "features.ingest.propose"},
    "features.ingest.propose.refine": _SCHEMA
    | {"features.ingest", "features.ingest.forms"}
    | {"features.ingest.reshape", "features.ingest.propose"},
    "features.ingest.propose.presets": set(),
    "features.metrics": _SCHEMA,
    "features.metrics.catalogue": _SCHEMA | {"features.metrics"},
    "features.subscriptions": _SCHEMA,
    "features.cohorts": _SCHEMA | {"features.subscriptions"},
    "features.engine": _SCHEMA | {"features.metrics", "features.subscriptions"},
    "features.scores": _SCHEMA | {"features.metrics", "features.engine"},
    "training.treeshap": _ARRAYS,
    "training.dataset": _KNOWN,
    "training.models": _DATASET | {"training.treeshap"},
    "training.evaluation": _MODELS,
    "training.forecast": _MODELS | {"training.evaluation"},
    "training.registry": _MODELS | {"training.evaluation", "training.forecast"},
    "training.scorecard": _MODELS | {"training.evaluation"},
    "training.flat": _MODELS | {"training.evaluation", "training.forecast", "training.registry"},
    "training": _LEARNED,
    "serving": set(),
    "serving.results": _LEARNED,
    "serving.company": _LEARNED | {"serving.results", "demo"},
    "serving.forecast": _COMPANY,
    "serving.wording": _KNOWN,
    "serving.plays": _COMPANY | {"serving.wording"},
    "serving.scoring": _PLAYS | {"serving.forecast"},
    "serving.change": _PLAYS | {"serving.scoring", "serving.forecast"},
    "serving.profile": _COMPANY,
    "serving.report": _SCORING | {"serving.report.panels", "serving.report.views"},
    "serving.report.panels": _SCORING | {"serving.report"},
    "serving.report.views": _SCORING | {"serving.report"},
    "serving.exports": _SCORING | {"serving.report"},
    "serving.flat": _SCORING | {"serving.report"},
    "serving.spark": _SCORING,
    "serving.effects": _SCORING,
    "serving.monitoring": _SCORING,
    "serving.api": _SCORING
    | {
        "serving.report",
        "serving.exports",
        "serving.profile",
        "serving.spark",
        "serving.flat",
        "serving.effects",
        "serving.monitoring",
        "serving.api.answers",
        "demo.truth",
    },
    "serving.api.answers": _SCORING | {"serving.report"},
    "serving.cli": _SCORING | {"serving.api", "serving.cli.summaries"},
    "serving.cli.summaries": _SCORING | {"serving.api", "serving.api.answers"},
    "demo": _KNOWN | {"demo.truth", "demo.traps", "demo.tables"},
    "demo.truth": _ARRAYS,
    "demo.traps": {"demo.truth"},
    "demo.tables": _KNOWN | {"demo.truth", "demo.traps"},
}
"""What each room may import beside itself and what every module may; lower rooms know no higher."""

ONE_PLACE = {
    "numba": {
        *("features.arrays", "features.arrays.counting", "training.treeshap"),
        *("serving.api.compile_kernels", "serving.cli.compile_notice"),  # compile ahead, tell of it
    },
    "mlflow": {f"training.registry.mlflow_{what}" for what in ("store", "run", "registry")},
    "pyspark": {"serving.spark.on_spark"},
    "typer": {"serving.cli"},
}
"""Where each large tool is used: a room, or one module."""


def modules():
    """Every module of the package by dotted name, without the package's own."""
    parts = ("features", "training", "serving", "demo")
    for path in sorted(p for part in parts for p in (ROOT / part).rglob("*.py")):
        names = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(names[:-1] if names[-1] == "__init__" else names), path


NAMES = {name for name, _ in modules()}


def imported(path, *, at_start=False):
    """Dotted names that a module imports; relative ones seen from the root."""
    home = path.relative_to(ROOT).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if at_start else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else ()
            base = [*above, *((node.module or "").split(".") if node.module else [])]
            names = [".".join([*base, alias.name]) for alias in node.names]
            yield from (name if name in NAMES else ".".join(base) for name in names)


def room_of(name):
    """The room a module stands in: the longest listed folder that holds it."""
    parts = name.split(".")
    return next(
        ".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in MAY_IMPORT
    )


def test_every_folder_is_a_room_of_the_plan():
    folders = {".".join(p.relative_to(ROOT).parent.parts) for _, p in modules()}
    assert folders == set(MAY_IMPORT)


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_room_imports_only_what_it_may(room):
    allowed = MAY_IMPORT[room] | {room}
    broken = [
        f"{name} imports {used}"
        for name, path in modules()
        if room_of(name) == room
        for used in imported(path)
        if used in NAMES
        and used not in EVERYWHERE
        and room_of(used) not in allowed
        # A catalogue is part of what it catalogues.
        and not (used.startswith("features.metrics.catalogue") and "features.metrics" in allowed)
    ]
    assert broken == []


def test_no_modules_import_each_other_in_a_circle():
    arrows = defaultdict(set)
    for name, path in modules():
        arrows[name] |= {used for used in imported(path, at_start=True) if used in NAMES}
    done = set()

    def visit(name, way):
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for used in sorted(arrows[name] - {name}):
                visit(used, [*way, name])
            done.add(name)

    for name in sorted(arrows):
        visit(name, [])


@pytest.mark.parametrize("tool", sorted(ONE_PLACE))
def test_tool_is_used_in_its_place_only(tool):
    users = {
        name
        for name, path in modules()
        if any(used.split(".")[0] == tool for used in imported(path))
    }
    places = ONE_PLACE[tool]
    assert users
    assert {name for name in users if not {name, room_of(name)} & places} == set()


def test_no_folder_holds_more_than_twenty_modules():
    held = defaultdict(list)
    for name, path in [*modules(), *(("", p) for p in (ROOT / "benchmarks").rglob("*.py"))]:
        held[path.parent].append(name)
    assert {folder: len(names) for folder, names in held.items() if len(names) > 20} == {}


def test_every_module_is_named_on_the_architecture_page():
    missing = [
        name
        for name, path in modules()
        if path.name != "__init__.py"
        and not name.startswith("demo")
        and f"`{name.split('.')[-1]}`" not in PAGE
    ]
    assert missing == [], "run `make docs`"
