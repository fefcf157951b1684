"""Write what follows from the code: metrics, the data contract, settings, the map of the house."""

import ast
import inspect
import json
import re
from pathlib import Path

from pydantic import BaseModel

from churngrid.features.ingest.forms.date_forms import DATE_FORMS, NUMERIC_FORMS
from churngrid.features.ingest.forms.number_forms import NUMBER_FORMS
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.markdown import metric_reference
from churngrid.features.schema.flat_settings import FlatPlay, FlatSettings, FlatWords
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.table_mapping import Lookup, TableMapping
from churngrid.features.schema.tables import TABLES
from churngrid.serving.results.effects_schema import PLAY_EFFECTS
from churngrid.serving.results.monitoring_schema import MONITORED
from churngrid.serving.results.schema import FLAT_RESULTS, RESULTS

HERE = Path(__file__).parent


def metrics_page() -> str:
    """Return the metric reference as Markdown."""
    lines = [
        "# Metrics",
        "",
        "Made by `make docs` from the declarations in `features/metrics/catalogue/`. A metric",
        "scores 0 at `poor` and 100 at `healthy`, linear in between; those without thresholds are",
        "inputs of the models or context only.",
    ]
    return "\n".join([*lines, "", metric_reference(METRICS)])


def _reading_section() -> list[str]:
    """Return how files, dates, amounts and words are read."""
    dates = {form.name: form.example for form in reversed((*DATE_FORMS, *NUMERIC_FORMS))}
    forms = {**dict(reversed(dates.items())), **{one.name: one.example for one in NUMBER_FORMS}}
    return [
        "",
        "## How values are read",
        "",
        "A folder may hold Parquet, CSV, TSV, JSON, JSON lines (all but Parquet also packed with",
        "gzip) and Excel workbooks (every sheet; extra `excel`). Files of months",
        "(`tickets_2024-05.csv`) and numbered files are one table, folders hold the part files of",
        "one table or the tables of one system (`crm/companies.csv`). Encoding and delimiter are",
        "found out; lines above the column names are left out and told.",
        "",
        "Dates and amounts are read in the form that the whole column keeps. Currency signs,",
        "percent signs (45 % is 0.45), blanks between thousands and parentheses for negatives say",
        "what they mean. Where the values do not tell which of two forms it is (day or month",
        "first, point or comma for decimals), none that would differ is read: `check` names them",
        "and the line to add, such as `formats: {due_at: day-first}`. A column of midnights of a",
        "zone is one of days, as they are written; a month counts from its first day, as an end to",
        "its last, and is known when it is over.",
        "",
        "| form | example |",
        "|---|---|",
        *(f"| `{name}` | {example} |" for name, example in forms.items()),
        "",
        "Words of other systems mean those of the contract (`P1`, `Urgent`, `Done`, `Phone call`,",
        "`Canceled`, ...: `features/ingest/forms/vocabulary.yaml`); `values:` adds your own.",
        "",
        "A faulty value of an optional column counts as missing, a faulty value of a required one",
        "puts its row aside. `check`, `train` and `score` say how many rows and how much money",
        "that concerns; rows in are rows used and rows put aside, and so is money.",
    ]


def contract_page() -> str:
    """Return the data contract as Markdown."""
    lines = [
        "# Data contract",
        "",
        "Made by `make docs` from `features/schema/tables.py`. Any one table that says something",
        "of accounts on a date is enough (contracts, subscriptions, invoices, usage, tickets,",
        "surveys); without `accounts` those that other tables name are taken. A missing table or",
        "optional column only makes its metrics `not_collected`. Columns marked * are required in",
        "a table that is there. Times without a zone are UTC.",
        *_reading_section(),
    ]
    for spec in TABLES:
        lines += ["", f"## {spec.name}", "", spec.meaning, ""]
        if spec.stale_after_days is not None:
            days = spec.stale_after_days
            said = f"Silent after {days} days without a new row, or later by its own rhythm."
            lines += [said, ""]
        lines += ["| column | kind | values |", "|---|---|---|"]
        for column in spec.columns:
            mark = "*" if column.required else ""
            values = ", ".join(column.choices)
            lines.append(f"| `{column.name}`{mark} | {column.kind} | {values} |")
    return "\n".join(lines) + "\n"


def _plain(default: object) -> object:
    """Return a default as YAML would have it."""
    return default.model_dump(mode="json") if isinstance(default, BaseModel) else default


def settings_page() -> str:
    """Return the settings as Markdown."""
    lines = [
        "# Settings",
        "",
        "Made by `make docs` from `features/schema/settings.py`. All of them stand in",
        "`churngrid.yaml`, beside the data or in the working folder; unknown keys are refused.",
        "",
        "| setting | default |",
        "|---|---|",
        *(
            f"| `{name}` | {json.dumps(_plain(field.get_default(call_default_factory=True)))} |"
            for name, field in Settings.model_fields.items()
        ),
    ]
    for model in (Settings, FlatSettings, FlatWords, FlatPlay, TableMapping, Lookup):
        explained = inspect.getdoc(model) or ""
        lines += ["", f"## {model.__name__}", "", "```", explained, "```"]
    return "\n".join(lines) + "\n"


def results_page() -> str:
    """Return every column of every result as Markdown."""
    lines = [
        "# Results",
        "",
        "Made by `make docs` from `serving/results/schema.py`. `score` writes these tables into a",
        "folder, DuckDB file or database, and checks each column against what stands here. `*`",
        "stands for the components of the scorecard and the categories of the rubric.",
    ]
    meanings = {
        "scores": "One row an account and as-of date.",
        "drivers": "The reasons: several rows an account and target.",
        "plays": "What to do.",
        "forecast": "What is due, stays and is paid: one row a period and group. Prices, currency "
        "and settlements of what was used are left out; ranges hold 80 % of the draws.",
        "feeds": "How each table delivers, and what is wrong with it.",
        "play_effects": "What `effects` says: one row a play ([What plays do](play-effects.md)).",
        "changes": "Why accounts moved since the last scoring, part by part; parts add up.",
        "drift": "How far each input of the models lay from training.",
        "runs": "What `monitor` says of each stored scoring.",
        "forecasts": "What `monitor` says of stored forecasts.",
        "improvements": "What would help: by the model's estimate, and no promise.",
        "facts": "What is known of an account beside its scores: several rows an account.",
        "departures": "Who left or gave notice in the last twelve weeks, and what the scorecard "
        "says of them as of the beginning of these weeks.",
        "criteria": "What the scorecard achieved against what the accounts did, by the last "
        "training of the model that scores.",
        "inputs": "What the scoring was worked out from, for the next one and for monitoring.",
    }
    flat = {f"{name} of one table": columns for name, columns in FLAT_RESULTS.items()}
    meanings |= {f"{name} of one table": meaning for name, meaning in meanings.items()}
    for name, columns in (RESULTS | flat | {"play_effects": PLAY_EFFECTS} | MONITORED).items():
        lines += ["", f"## {name}", "", meanings[name], ""]
        lines += ["| column | kind | unit | range or values | empty when | meaning | since |"]
        lines += ["|---|---|---|---|---|---|---|"]
        for column in columns:
            cells = (column.kind, column.unit, column.range, column.null or "never")
            row = " | ".join((*cells, column.meaning, column.since))
            lines.append(f"| `{column.name}` | {row} |")
    return "\n".join(lines) + "\n"


PARTS = {
    "features": "what is known",
    "training": "what is learned",
    "serving": "what is done",
}
MAP = re.compile(r"(<!-- map: made by `make docs` -->\n).*(<!-- end of map -->)", re.DOTALL)


def _first_line(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]


def _rooms() -> dict[str, Path]:
    """Return every room by dotted name, in the order of the parts."""
    return {
        ".".join(path.parent.relative_to(HERE.parent).parts): path.parent
        for part in PARTS
        for path in sorted((HERE.parent / part).rglob("__init__.py"))
    }


def _room_imports(room: str, rooms: dict[str, Path]) -> set[str]:
    """Return the other rooms that the modules of a room import."""
    found = set()
    for path in rooms[room].glob("*.py"):
        home = path.relative_to(HERE.parent).parent.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = [*home[: len(home) - node.level + 1], *(node.module or "").split(".")]
                names = [".".join(base[:n]) for n in range(len(base), 0, -1)]
                found.add(next((name for name in names if name in rooms), room))
    return found - {room, *PARTS}


def _picture(rooms: dict[str, Path]) -> list[str]:
    """Return the rooms and who imports whom as a Mermaid graph, foundations at the bottom."""
    lines = ["```mermaid", "flowchart TD"]
    for part, meaning in PARTS.items():
        inside = [room for room in rooms if room.startswith(f"{part}.")]
        lines += [f'  subgraph {part}["{part}: {meaning}"]']
        lines += [f"    {room}[{room.split('.', 1)[1]}]" for room in inside] + ["  end"]
    for room in rooms:
        part = room.split(".")[0]
        near = {used for used in _room_imports(room, rooms) if used.split(".")[0] == part}
        lines += [f"  {room} --> {used}" for used in sorted(near)] if room != part else []
    return [*lines, "  training --> features", "  serving --> training", "```"]


def house_map() -> str:
    """Return the picture of the rooms, a sentence for each, and every module's first line."""
    rooms = _rooms()
    lines = ["", *_picture(rooms), ""]
    for room, folder in rooms.items():
        level = "###" if room in PARTS else "####"
        lines += [f"{level} {room.replace('.', '/')}", "", _first_line(folder / "__init__.py"), ""]
        modules = [path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
        lines += [f"- `{path.stem}`: {_first_line(path)}" for path in modules]
        lines += [""] if modules else []
    return "\n".join([*lines, ""])


def architecture_page() -> str:
    """Return the architecture page with the map as the code has it now."""
    page = (HERE / "architecture.md").read_text(encoding="utf-8")
    return MAP.sub(lambda found: f"{found[1]}{house_map()}{found[2]}", page)


def decisions_page() -> str:
    """Return the list of decisions, each with its question."""
    lines = ["# Decisions", "", "One page where an alternative was seriously considered.", ""]
    for path in sorted((HERE / "decisions").glob("0*.md")):
        title = path.read_text(encoding="utf-8").split("\n")[0].removeprefix("# ")
        lines.append(f"- [{title}]({path.name})")
    return "\n".join(lines) + "\n"


PAGES = {
    "architecture.md": architecture_page,
    "metrics.md": metrics_page,
    "data-contract.md": contract_page,
    "decisions/index.md": decisions_page,
    "results.md": results_page,
    "settings.md": settings_page,
}


def main() -> None:
    """Write every page beside this file."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
