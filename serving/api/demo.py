"""The whole job on an invented company."""

import time
from pathlib import Path

from ...demo import write_company
from ...demo.truth.programme import CONTROL_SHARE, PLANTED
from ...features.progress import Progress, counted
from ...training.registry.mlflow_registry import local_uri
from ..company.load_company import company_of
from ..company.starter_files import DEMO_SETTINGS, demo_experiment
from ..results.stores import open_store
from .answers.scoring import DemoResult
from .score import History, scored_of, written_to
from .train import dataset_of, targets_of, trained_all, trained_of

__all__ = ["demo"]


def demo(
    out: Path,
    *,
    accounts: int = 1150,
    seed: int = 7,
    interventions: bool = False,
    progress: Progress | None = None,
) -> DemoResult:
    """Do the whole job on an invented company.

    Parameters
    ----------
    out : Path
        Folder for data, models and results.
    accounts : int
    seed : int
    interventions : bool
        Whether the company has tried plays by lot, so that ``play_effects`` finds what they do.
    progress : callable, optional

    Returns
    -------
    DemoResult
    """
    began = time.perf_counter()
    uri = local_uri(out / "models")
    settings_path = _invented(
        out / "data", accounts, seed, interventions=interventions, progress=progress
    )
    company = company_of(out / "data", settings_path, progress)
    rows = dataset_of(company, progress)
    models = trained_all(
        targets_of(rows, None), lambda name: trained_of(rows, company, name, uri, None, progress)
    )
    scored = scored_of(company, "latest", uri, None, History(), progress)
    store = open_store(out / "results")
    result = written_to(store, out / "results", company, scored)
    return DemoResult(out, models, result, time.perf_counter() - began)


def _invented(
    folder: Path, accounts: int, seed: int, *, interventions: bool, progress: Progress | None
) -> Path:
    """Write an invented company into a folder, and return its settings file."""
    step = counted(progress, "invent a company", 1)
    write_company(folder, accounts=accounts, seed=seed, interventions=interventions)
    step("written")
    files = {"churngrid.yaml": DEMO_SETTINGS}
    if interventions:
        files = demo_experiment({play.play: CONTROL_SHARE for play in PLANTED})
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "churngrid.yaml"
