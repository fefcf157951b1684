"""Write the reference pages that follow from declarations: metrics and the data contract."""

import inspect
import json
from pathlib import Path

from churngrid.features.metrics import METRICS
from churngrid.features.reference import metric_reference
from churngrid.features.settings import Lookup, Settings, TableMapping
from churngrid.features.tables import TABLES

HERE = Path(__file__).parent


def metrics_page() -> str:
    """Return the metric reference as Markdown."""
    lines = [
        "# Metrics",
        "",
        "Made by `make docs` from the declarations in `features/metrics/`. A metric scores 0 at",
        "`poor` and 100 at `healthy`, linear in between; those without thresholds are inputs of",
        "the models or context only.",
    ]
    return "\n".join([*lines, "", metric_reference(METRICS)])


def contract_page() -> str:
    """Return the data contract as Markdown."""
    lines = [
        "# Data contract",
        "",
        "Made by `make docs` from `features/tables.py`. `accounts` and one of `usage_daily`,",
        "`usage_events` or `tickets` are required; a missing table or optional column only makes",
        "its metrics `not_collected`. Columns marked * are required. Times without a zone are UTC.",
    ]
    for spec in TABLES:
        lines += ["", f"## {spec.name}", "", spec.meaning, ""]
        lines += ["| column | kind | values |", "|---|---|---|"]
        for column in spec.columns:
            mark = "*" if column.required else ""
            values = ", ".join(column.choices)
            lines.append(f"| `{column.name}`{mark} | {column.kind} | {values} |")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the settings as Markdown."""
    lines = [
        "# Settings",
        "",
        "Made by `make docs` from `features/settings.py`. All of them stand in `churngrid.yaml`,",
        "beside the data or in the working folder; unknown keys are refused.",
        "",
        "| setting | default |",
        "|---|---|",
        *(
            f"| `{name}` | {json.dumps(field.get_default(call_default_factory=True))} |"
            for name, field in Settings.model_fields.items()
        ),
    ]
    for model in (Settings, TableMapping, Lookup):
        explained = inspect.getdoc(model) or ""
        lines += ["", f"## {model.__name__}", "", "```", explained, "```"]
    return "\n".join(lines) + "\n"


PAGES = {
    "metrics.md": metrics_page,
    "data-contract.md": contract_page,
    "settings.md": settings_page,
}


def main() -> None:
    """Write every page beside this file."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
