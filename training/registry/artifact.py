"""Fitted models on disk: JSON and LightGBM text with checksums, and never a pickle."""

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from lightgbm.basic import LightGBMError
from pydantic import ValidationError

from ...features.arrays.array_types import FloatArray
from ...features.arrays.table_forms import as_table
from ...features.errors import ArtifactError
from ..dataset.input_drift import InputReference
from ..dataset.targets import TARGETS, TargetName
from ..forecast.book_rates import BookRates
from ..models.catalogue import ProbabilityModel, model_named, predict
from ..models.stored_state import StoredFacts
from .as_estimator import AsEstimator

__all__ = [
    "BASE",
    "FORMAT",
    "MATURITY",
    "PROBABILITY",
    "FittedModel",
    "load_model",
    "model_from",
    "read_model_files",
    "save_model",
]


# Raise it when an older churngrid could no longer read what is written.
FORMAT = 1
# Name of the base among contributions; the brackets keep it apart from any metric.
BASE = "(base)"
# Component of the inputs that stand on the other axis of the grid.
MATURITY = "maturity"
# The column a prediction is called after, per target.
PROBABILITY = {str(name): target.probability for name, target in TARGETS.items()}

MANIFEST = "manifest.json"
STATE = "model.json"
SHOWN = 20


@dataclass(frozen=True, repr=False)
class FittedModel(AsEstimator):
    """One fitted model with all that is needed to use and to judge it later.

    It is a fitted classifier of scikit-learn as well (``predict``, ``predict_proba``,
    ``classes_``): its classes are 0, and 1 for the target.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    model : ProbabilityModel
        Fitted.
    base_rate : float
        Rate of the target in the training rows.
    lead_days, horizon_days : int
        The label window it was trained for.
    trained_through : str
        Newest as-of date of the training rows, ISO 8601.
    learned_until : str
        When the last of their labels was certain, ISO 8601; empty if nobody noted it.
    references : dict of str to InputReference
        Where its inputs lay in training, to measure drift against.
    collected : tuple of str
        Metrics that the tables gave numbers for when it was trained, whether it reads them or not:
        if such a one has none for anybody later, what it was computed from is gone.
    components : dict of str to str
        Component of each metric, to group contributions by.
    rates : BookRates or None
        How often customers renew, cut back and grow, for the forecast; None without contracts.
    block_error : float
        How far the model was off as a whole between past blocks of time, see ``model_error``.
    card : dict
        The model card: plain JSON values.
    """

    target: TargetName
    model: ProbabilityModel
    base_rate: float
    lead_days: int
    horizon_days: int
    trained_through: str
    learned_until: str = ""
    references: Mapping[str, InputReference] = field(default_factory=dict)
    collected: tuple[str, ...] = ()
    components: Mapping[str, str] = field(default_factory=dict)
    rates: BookRates | None = None
    block_error: float = 0.0
    card: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.target not in PROBABILITY:
            raise ValueError(
                f"`target` must be one of {sorted(PROBABILITY)!r}, got {self.target!r}."
            )

    def __repr__(self) -> str:
        inputs = "input" if len(self.columns) == 1 else "inputs"
        return (
            f"<FittedModel of {self.target}: {self.kind}, {len(self.columns)} {inputs}, "
            f"trained through {self.trained_through[:10]}, base rate {self.base_rate:.1%}>"
        )

    @property
    def kind(self) -> str:
        """Name of the model in ``MODELS``."""
        return self.model.kind

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it reads, in the order of its contributions."""
        return self.model.encoding.names

    @cached_property
    def version(self) -> str:
        """SHA-256 over everything that decides a prediction, as 64 hexadecimal digits."""
        state, texts = self.model.to_state()
        digest = hashlib.sha256(_to_json(_facts(self) | {"state": state}))
        for text in texts:
            digest.update(hashlib.sha256(text.encode()).digest())
        return digest.hexdigest()

    @property
    def maturity_columns(self) -> tuple[str, ...]:
        """Those of its columns that say how mature an account is, not how healthy."""
        return tuple(name for name in self.columns if self.components.get(name) == MATURITY)

    def knows_outcomes_after(self, as_of: pd.Timestamp) -> bool:
        """Say whether it learned from what happened after a date."""
        return bool(self.learned_until) and as_of < pd.Timestamp(self.learned_until)

    def predict_p(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated probabilities of the target.

        Parameters
        ----------
        X : DataFrame of pandas or polars, or pyarrow Table
            At least ``columns``, in any order; others are ignored.

        Returns
        -------
        ndarray of float, shape (n_rows,)
            Strictly between 0 and 1; empty for no rows.

        Raises
        ------
        ArtifactError
            If a column is missing or holds something else than in training.
        """
        return predict(self.model, self._aligned(X))

    def log_odds(self, X: pd.DataFrame) -> FloatArray:
        """Return calibrated log-odds, shape (n_rows,); raises as ``predict_p`` does."""
        return self.model.log_odds(self._aligned(X))

    def contributions(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return each column's share of the log-odds.

        Parameters
        ----------
        X : DataFrame
            At least ``columns``, in any order.

        Returns
        -------
        DataFrame
            Index of ``X``; one column per entry of ``columns``, then ``BASE``. Plus raises the
            target; a row sums to its log-odds.

        Raises
        ------
        ArtifactError
            If a column is missing or holds something else than in training.
        """
        values = self.model.contributions(self._aligned(X))
        return pd.DataFrame(values, index=X.index, columns=[*self.columns, BASE])

    def _aligned(self, X: pd.DataFrame) -> pd.DataFrame:
        X = as_table(X)
        if not isinstance(X, pd.DataFrame):
            raise TypeError(f"`X` must be a DataFrame, got {type(X).__name__}.")
        _check_columns(self.columns, list(X.columns))
        aligned = X[list(self.columns)]
        try:
            self.model.encoding.encode(aligned)
        except TypeError as error:
            raise ArtifactError(str(error)) from error
        return aligned


def save_model(model: FittedModel, folder: Path) -> None:
    """Write a model into a folder of its own, all or nothing.

    Parameters
    ----------
    model : FittedModel
    folder : Path
        Made if it is not there; a model that is there already is replaced.

    Raises
    ------
    ArtifactError
        If the folder holds other things than a model, or the card something JSON cannot.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).exists():
        raise ArtifactError(
            f"`folder` {str(folder)!r} holds files that are no model; choose an empty folder."
        )
    files = _files(model)
    manifest = {
        "format": FORMAT,
        "version": model.version,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as scratch:
        ready = Path(scratch) / "model"
        ready.mkdir()
        for name, content in {**files, MANIFEST: _to_json(manifest)}.items():
            (ready / name).write_bytes(content)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(ready, folder)


def load_model(folder: Path) -> FittedModel:
    """Read a model back, after checking every file against its checksum.

    Parameters
    ----------
    folder : Path
        As written by ``save_model``.

    Returns
    -------
    FittedModel
        Its predictions equal those before saving exactly.

    Raises
    ------
    ArtifactError
        If a file is missing or was changed, if a newer churngrid wrote it, or if this one does
        not know the kind of model.
    """
    return model_from(read_model_files(folder), where=str(folder))


def read_model_files(folder: Path) -> dict[str, bytes]:
    """Read the files of a stored model, as its manifest lists them.

    Parameters
    ----------
    folder : Path
        As written by ``save_model``.

    Returns
    -------
    dict of str to bytes
        By name, the manifest among them.

    Raises
    ------
    ArtifactError
        If one is missing, or there is no manifest.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(f"No model in {str(folder)!r}: {MANIFEST} is missing; train one first.")
    content = path.read_bytes()
    names = _manifest(content, str(folder))["files"]
    return {MANIFEST: content, **{name: _content(folder, name) for name in names}}


def model_from(files: Mapping[str, bytes], *, where: str) -> FittedModel:
    """Return a model from its files, after checking each against its checksum.

    Parameters
    ----------
    files : mapping of str to bytes
        As ``read_model_files`` gives them.
    where : str
        What messages call the place they come from.

    Returns
    -------
    FittedModel

    Raises
    ------
    ArtifactError
        As ``load_model``.
    """
    manifest = _manifest(files[MANIFEST], where)
    sums = manifest["files"]
    facts = _from_json(_checked(files, STATE, sums, where))
    names = sorted(name for name in sums if name != STATE)
    texts = [_text(_checked(files, name, sums, where), name, where) for name in names]
    model = _rebuilt(facts, texts, where)
    if model.version != manifest.get("version"):
        raise ArtifactError(
            f"The model in {where!r} reads back as version {model.version!r}, not as "
            f"{manifest.get('version')!r} that was written; train it again."
        )
    return model


def _facts(model: FittedModel) -> dict[str, Any]:
    return {
        "target": model.target,
        "kind": model.kind,
        "base_rate": model.base_rate,
        "lead_days": model.lead_days,
        "horizon_days": model.horizon_days,
        "trained_through": model.trained_through,
        "learned_until": model.learned_until,
        "references": {name: asdict(found) for name, found in model.references.items()},
        "collected": list(model.collected),
        "components": dict(model.components),
        "rates": model.rates.to_state() if model.rates else None,
        "block_error": model.block_error,
    }


def _files(model: FittedModel) -> dict[str, bytes]:
    state, texts = model.model.to_state()
    content = _to_json(_facts(model) | {"state": state, "card": dict(model.card)})
    trees = {f"trees_{i:05d}.txt": text.encode() for i, text in enumerate(texts)}
    return {STATE: content, **trees}


def _rebuilt(facts: dict[str, Any], texts: Sequence[str], where: str) -> FittedModel:
    kind = str(facts.get("kind"))
    try:
        blank = model_named(kind).build()
    except ValueError as error:
        raise ArtifactError(f"The model in {where!r} cannot be used. {error}") from error
    try:
        stored = StoredFacts.model_validate(facts)
        return FittedModel(
            model=type(blank).from_state(stored.state, texts),
            collected=tuple(stored.collected),
            references={
                name: InputReference(tuple(found.knots), tuple(found.reached), found.missing)
                for name, found in stored.references.items()
            },
            rates=BookRates.from_state(facts["rates"]) if stored.rates else None,
            **stored.model_dump(exclude={"kind", "state", "collected", "references", "rates"}),
        )
    except (ValueError, LightGBMError) as error:
        raise ArtifactError(
            f"The model in {where!r} does not describe a {kind!r} model ({_fault(error)}); "
            "train it again."
        ) from error


def _fault(error: Exception) -> str:
    """Return what is wrong in one line: a validation names the place first."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"`{'.'.join(map(str, first['loc']))}`: {first['msg']}"
    return str(error)


def _manifest(content: bytes, where: str) -> dict[str, Any]:
    manifest = _from_json(content)
    if not isinstance(manifest.get("format"), int) or not isinstance(manifest.get("files"), dict):
        raise ArtifactError(f"{MANIFEST} in {where!r} is not one of a model; train it again.")
    if manifest["format"] > FORMAT:
        raise ArtifactError(
            f"The model in {where!r} has format {manifest['format']}, this churngrid reads "
            f"up to {FORMAT}; upgrade churngrid or train the model again."
        )
    return manifest


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    # The manifest is data from outside: it may not point out of the folder.
    if Path(name).name != name or not path.is_file():
        raise ArtifactError(f"The model in {str(folder)!r} lacks the file {name!r}; restore it.")
    return path.read_bytes()


def _checked(files: Mapping[str, bytes], name: str, sums: Mapping[str, str], where: str) -> bytes:
    if name not in files:
        raise ArtifactError(f"The model in {where!r} lacks the file {name!r}; restore it.")
    if hashlib.sha256(files[name]).hexdigest() != sums.get(name):
        raise ArtifactError(
            f"{name!r} in {where!r} was changed after it was written; restore the model or "
            "train it again."
        )
    return files[name]


def _text(content: bytes, name: str, where: str) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise ArtifactError(
            f"{name!r} in {where!r} is no booster; train the model again."
        ) from error


def _to_json(value: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False, indent=1)
    except (TypeError, ValueError) as error:
        raise ArtifactError(
            f"A model is stored as plain JSON values without NaN ({error}); convert the entry."
        ) from error
    return text.encode("ascii")


def _from_json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"A file of the model is not JSON ({error}); restore it.") from error
    if not isinstance(value, dict):
        raise ArtifactError("A file of the model holds no JSON object; restore it.")
    return value


def _no_number(word: str) -> float:
    raise ArtifactError(f"{word} is no number")


def _check_columns(expected: Sequence[str], received: list[Any]) -> None:
    twice = [name for name, count in Counter(received).items() if count > 1]
    if twice:
        raise ArtifactError(f"Column {twice[0]!r} is there twice; rename or drop one.")
    missing = [name for name in expected if name not in set(received)]
    if not missing:
        return
    others = [name for name in received if name not in set(expected)]
    lines = [*_listed("-", missing), *_listed("+", others)]
    raise ArtifactError(
        "Columns differ from those seen in training:\n"
        + "\n".join(lines)
        + "\nRename the column or retrain."
    )


def _listed(mark: str, names: Sequence[Any]) -> list[str]:
    lines = [f"{mark} {str(name)[:200]}" for name in names[:SHOWN]]
    rest = len(names) - SHOWN
    return [*lines, f"{mark} ... and {rest} more"] if rest > 0 else lines


class _Served:
    """What MLflow calls to predict with a stored model."""

    def __init__(self, model: FittedModel) -> None:
        self.model = model

    def predict(
        self, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        column = PROBABILITY[self.model.target]
        return pd.DataFrame({column: self.model.predict_p(model_input)}, index=model_input.index)


def _load_pyfunc(data_path: str) -> _Served:
    """Read a stored model for MLflow, which finds this function by its name."""
    return _Served(load_model(Path(data_path)))
