"""Options and arguments that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "AsOf",
    "Data",
    "DateColumn",
    "Debug",
    "IdColumn",
    "KeptColumns",
    "ModelKind",
    "ModelName",
    "Period",
    "PositiveValue",
    "Quiet",
    "RequireChampion",
    "SettingsBeside",
    "SettingsFile",
    "Stability",
    "Target",
    "TargetOrColumn",
    "Targets",
    "Tracking",
]


class Target(StrEnum):
    """What a model predicts."""

    churn = "churn"
    expansion = "expansion"
    contraction = "contraction"


class Period(StrEnum):
    """Calendar periods of a forecast."""

    quarter = "quarter"
    month = "month"


Data = Annotated[
    str | None,
    typer.Argument(
        metavar="[DATA]",
        help=(
            "Folder of tables, DuckDB file, or postgresql:// URL. Default: what the setting "
            "`data` of the working folder's churngrid.yaml names."
        ),
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="Settings (YAML). Default: churngrid.yaml in or beside DATA or in the working folder.",
    ),
]
SettingsBeside = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="Settings (YAML). Default: churngrid.yaml beside the file.",
    ),
]
Tracking = Annotated[
    str | None,
    typer.Option(
        metavar="URI",
        help="MLflow tracking address. Default: MLFLOW_TRACKING_URI, else an SQLite file in the "
        "folder churngrid-models.",
    ),
]
AsOf = Annotated[
    str,
    typer.Option(
        metavar="DATE", help="Only what was known before this day counts; 'latest' or 2025-12-01."
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="VERSION",
        help="A version or alias, such as 3, challenger or churn=3,expansion=2; 'none' uses the "
        "scorecard alone. Default: the champion for each target.",
    ),
]
Targets = Annotated[
    list[Target] | None,
    typer.Option(
        "--target",
        help="What to predict; may be repeated. Default: churn and expansion, and contraction "
        "where 100 accounts or more cut back.",
    ),
]
TargetOrColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="What to predict: churn, expansion or contraction; may be repeated. Default: the "
        "first two, and contraction where 100 accounts or more cut back. For one table: the column "
        "that says who left.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]
ModelKind = Annotated[
    str | None,
    typer.Option(
        metavar="KIND", help="Ship this kind of model whatever the amount of data suggests."
    ),
]
IdColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="For one table: who the customer is.")
]
DateColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="For one table: the date of the row.")
]
PositiveValue = Annotated[
    str | None, typer.Option(metavar="VALUE", help="For one table: the value that means: left.")
]
KeptColumns = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="For one table: learn from this column although it looks as if it knew who left.",
    ),
]
Stability = Annotated[
    bool,
    typer.Option(
        "--stability", help="Train twice more, to say how many of the reasons stay the same."
    ),
]
RequireChampion = Annotated[
    bool,
    typer.Option("--require-champion", help="End with code 4 if a new model is a challenger only."),
]
