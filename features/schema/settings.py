"""Everything a company sets without touching code: one frozen object read from one YAML file."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from .effort import Effort
from .extra_numbers import ACCOUNT_NUMBERS, ExtraNumber
from .flat_settings import FlatSettings
from .plans import PLANS
from .suggestions import closest
from .table_mapping import TableMapping
from .yaml_base_model import Declared
from .yaml_file import load_yaml

__all__ = [
    "DEFAULTS",
    "FILES",
    "MACHINE",
    "GivenSettings",
    "Settings",
    "load_settings",
    "settings_of",
]


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        near = closest(name, available_timezones())
        raise ValueError(
            "must be a time zone of the IANA database, such as 'Europe/Berlin', got "
            f"{name!r}.{near}"
        )
    return name


_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]


class Settings(Declared):
    """The settings of one company; every one has a default.

    Parameters
    ----------
    data : str or None
        Where the tables are when a command is given no DATA: a folder or file, beside this file if
        its path is relative, or a database URL.
    tables : dict of str to TableMapping
        Column mapping per canonical table.
    extra : dict of str to ExtraNumber
        Columns of one's own that become metrics, by the name of the metric.
    as_of_step : {"week", "month", "quarter"}
        Distance of the as-of dates used for training.
    lead_days : int
        Days between the as-of date and the horizon.
    horizon_days : int
        Days in which accounts are estimated to leave that no contract binds until a decision of
        their own (month to month, by use, by invoice), and in which any account grows.
    grace_days : int
        A successor within so many days counts as a renewal.
    activity_window_days : int
        Without contracts: an account is at risk if it had a value event in so many days. Where
        only use tells who leaves, and neither this nor ``lead_days`` nor ``horizon_days`` is set,
        the three follow from the data: if hardly anyone comes back after 30 days (60, 90, 120)
        without use, who had none in the last 30 of the 180 days ahead has left.
    label_clock : {"happened", "known"}
        Without contracts: which clock decides whether an event falls into the label window.
    expansion_share, expansion_minimum : float
        Growth that counts as expansion: share of the present ARR (or users), and at least so much.
    contraction_share : float
        Share of the present ARR by which an account that stays has to cut back to count as
        contracted.
    involuntary_churn : bool
        Whether churn by payment failure counts as churn in the labels.
    assume_snapshots : str or None
        The named assumption under which columns without history are admitted in training.
    hash_personal : bool
        Whether names and e-mails of people are hashed when read.
    deny_ticket_categories : list of str
        Categories of tickets that only a leaving customer opens; they never become a metric.
    plans : list of str
        The company's plans, the lowest first: tells which features are above an account's plan.
    scorecard, maturity, playbook : Path or None
        Own files in place of the shipped defaults.
    metrics : str or None
        Python module with metrics of one's own: it is imported, so it runs, as code of the user.
    questionnaire : Path or None
        CSV (or ``.xlsx``) with maturity answers, a row an account and day; none by default.
    overrides : Path or None
        CSV with what CSMs override, by account, with reason, author and end; none by default.
    save_capacity : int or None
        Accounts that can be worked on; the red band is then the riskiest that many.
    max_open_plays, cool_down_days : int
        Plays open at a time per account, and days before the same play may come again.
    plays_per_week : int or None
        New plays that each CSM, and each other owner, can begin in a week; the rest waits, what is
        urgent does not. No limit when None.
    holidays : list of date
        Days that count as no business days, beside Saturdays and Sundays.
    services : bool
        Whether the vendor sells consulting: it decides what an account that is healthy and not
        mature is offered.
    approval_arr : float
        ARR above which a "let churn" play needs a named approver.
    currency : str or None
        ISO 4217 code of the company's own currency, in which amounts are added up and shown; that
        of most items (or contracts, or invoices) where it is not set, none where they name none.
    exchange_rates : dict of str to float, or to dict of date to float
        What one unit of another currency is worth in the company's own: one rate for ever, or one
        from each date on. A table ``exchange_rates`` in the data says the same.
    period_ends : {"auto", "last_day", "day_after"}
        Whether ends of contracts and items are the last day that is paid for or the day after;
        ``auto`` takes for the last day what leaves a gap of one day before what follows, account
        by account.
    time_zone : str or None
        Where a day begins and ends, as in the IANA database, such as ``America/New_York``: all
        moments are put on that clock, as-of dates too. UTC without one; days stay what they are.
    item_rows : {"auto", "states", "periods"}
        Whether a subscription item without an end runs until a later row of it begins
        (``states``) or is paid for one period (``periods``, from rows that follow each other at
        equal steps); ``auto`` takes for periods what repeats itself unchanged.
    flat : FlatSettings
        What is said of one table with a row a customer and a flag; see ``train_table``.
    threads : int or None
        Threads that compute metrics; as many as there are cores when None.
    memory_mb : int
        Megabytes that usage may take in memory; what is beyond is kept in temporary files, and
        metrics are computed for fewer accounts at a time. Other tables, and arrays over all
        accounts and dates, are not counted; see ``docs/trust.md``.

    Examples
    --------
    >>> Settings(horizon_days=90).horizon_days
    90
    >>> Settings(currency="EUR").currency
    'EUR'
    """

    data: str | None = None
    tables: dict[str, TableMapping] = Field(default_factory=dict)
    extra: dict[_Name, ExtraNumber] = Field(default_factory=dict)
    as_of_step: Literal["week", "month", "quarter"] = "month"
    lead_days: int = Field(default=0, ge=0, le=3650)
    horizon_days: int = Field(default=180, ge=1, le=3650)
    grace_days: int = Field(default=30, ge=0, le=3650)
    activity_window_days: int = Field(default=180, ge=1, le=3650)
    label_clock: Literal["happened", "known"] = "happened"
    expansion_share: float = Field(default=0.05, ge=0)
    expansion_minimum: float = Field(default=0.0, ge=0)
    contraction_share: float = Field(default=0.05, gt=0, le=1)
    involuntary_churn: bool = False
    assume_snapshots: str | None = None
    hash_personal: bool = True
    deny_ticket_categories: list[str] = Field(
        default_factory=lambda: ["cancellation", "data_export", "billing_cancel", "offboarding"]
    )
    plans: list[str] = Field(default_factory=lambda: list(PLANS))
    scorecard: Path | None = None
    maturity: Path | None = None
    questionnaire: Path | None = None
    playbook: Path | None = None
    overrides: Path | None = None
    metrics: str | None = Field(default=None, pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*$")
    save_capacity: int | None = Field(default=None, ge=1)
    max_open_plays: int = Field(default=3, ge=1)
    cool_down_days: int = Field(default=30, ge=0)
    plays_per_week: int | None = Field(default=10, ge=0)
    holidays: tuple[date, ...] = ()
    services: bool = False
    approval_arr: float = Field(default=50_000.0, ge=0)
    currency: str | None = None
    exchange_rates: dict[str, float | dict[date, float]] = Field(default_factory=dict)
    period_ends: Literal["auto", "last_day", "day_after"] = "auto"
    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    item_rows: Literal["auto", "states", "periods"] = "auto"
    flat: FlatSettings = FlatSettings()
    threads: int | None = Field(default=None, ge=1)
    memory_mb: int = Field(default=4096, ge=1)

    @property
    def mappings(self) -> dict[str, TableMapping]:
        """How every table is read, that of the extra numbers among them."""
        parts = [one.mapping(name) for name, one in self.extra.items()]
        if not parts:
            return self.tables
        first, *more = parts
        return {**self.tables, ACCOUNT_NUMBERS: first.model_copy(update={"also": more})}

    @model_validator(mode="after")
    def _numbers_are_named_once(self) -> "Settings":
        if self.extra and ACCOUNT_NUMBERS in self.tables:
            raise ValueError(f"`extra` and `tables.{ACCOUNT_NUMBERS}` say the same; leave one out")
        return self

    @property
    def effort(self) -> Effort:
        """How much of the machine metrics may take; the results do not depend on it."""
        return Effort(self.threads, self.memory_mb)


FILES = ("scorecard", "maturity", "questionnaire", "playbook", "overrides")
"""Settings that name files."""

MACHINE = ("threads", "memory_mb")
"""Settings that say how much of the machine may be taken; no number depends on them."""

DEFAULTS = Settings()
"""What holds where a company sets nothing."""


GivenSettings = str | Path | Settings
"""Settings as a verb takes them: a file, or the object; paths in an object start in the working
folder."""


def load_settings(path: Path) -> Settings:
    """Read the settings of one company.

    Parameters
    ----------
    path : Path
        A YAML file; the files it names are looked for beside it.

    Returns
    -------
    Settings

    Raises
    ------
    SchemaError
        If the file breaks a rule; the message names file, line, key and rule.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "churngrid.yaml")
    ...     _ = file.write_text("scorecard: ours.yaml")
    ...     load_settings(file).scorecard == Path(folder, "ours.yaml")
    True
    """
    settings = load_yaml(path, Settings)
    named = {name: getattr(settings, name) for name in FILES}
    beside = {name: path.parent / file for name, file in named.items() if file is not None}
    return settings.model_copy(update=beside)


def settings_of(given: GivenSettings | None) -> Settings:
    """Return settings as they are, those of a file, or the defaults.

    Parameters
    ----------
    given : str, Path, Settings or None

    Returns
    -------
    Settings

    Raises
    ------
    SchemaError
        If the file breaks a rule.
    TypeError
        If it is none of these.

    Examples
    --------
    >>> settings_of(Settings(lead_days=60)).lead_days
    60
    """
    if given is None:
        return DEFAULTS
    if isinstance(given, Settings):
        return given
    if not isinstance(given, str | Path):
        raise TypeError(
            "The settings must be the path of a settings file or a Settings object, "
            f"got {type(given).__name__!r}; Settings(**values) makes one."
        )
    return load_settings(Path(given))
