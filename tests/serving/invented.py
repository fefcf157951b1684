"""An invented portfolio with awkward names, and a page as a parser sees it."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from churngrid.serving.company.config import FACT_FIELDS
from churngrid.serving.company.playbook_file import read_playbook
from churngrid.serving.report.packed import unpacked
from churngrid.serving.report.render import render_report
from churngrid.serving.results.schema import DRIVER_COLUMNS, PLAY_COLUMNS
from churngrid.serving.results.words import CELLS, in_order
from churngrid.serving.scoring.health_index import health_index

AS_OF = pd.Timestamp("2025-06-30", tz="UTC")
BASE_RATE = 0.08
PLAYBOOK = read_playbook(None, FACT_FIELDS)
NAMES = (
    *("Alder Freight", "Birch Foods", "Cedar Clinics", "Dune Robotics", "Elm Insurance"),
    *("Fern Textiles", "Garnet Energy", "Hazel Schools", "Indigo Optics", "Juniper Logistics"),
    *("</script><script>document.title='owned'</script>", "<img src=x onerror=alert(1)>"),
    *('"><style>*{display:none}</style>', 'O\'Hara & "Daughters"', "=SUM(A1:A9) Logistics"),
    *("株式会社みらい", "Łódź\tTextiles", "{{ 7 * 7 }} Labs", "\u202eevil Holdings", "W" * 10_000),
)
RAISING = (
    ("usage", "active_users_28d", "active users 41 -> 24 (segment 38)"),
    ("relationship", "days_since_sponsor_contact", "days since contact with a sponsor 96"),
    ("support", "open_critical_tickets", "open critical tickets 2 (segment 0)"),
    ("sentiment", "nps_mean_365d", "mean NPS answer 5.2 (segment 7.9)"),
    ("outcomes", "goals_on_track_share", "share of goals on track 20 % (segment 62 %)"),
)
LOWERING = (
    ("adoption", "core_breadth_28d", "share of core features in use 83 % (segment 61 %)"),
    ("financial", "mean_days_late_365d", "mean days by which invoices were paid late 0"),
)
CONTEXT = ("context", "tenure_days", "days as a customer 412 (segment 530)")
GROWTH = ("usage", "seat_saturation_28d", "active users per bought seat 94 % (segment 71 %)")
CAP = "A sponsor or champion left in the last 60 days and nobody has taken over."
COMPONENTS = (
    *("usage", "adoption", "support", "sentiment", "relationship", "financial", "outcomes"),
    "advocacy",
)


def band(value, medium, high):
    return "high" if value >= high else "medium" if value >= medium else "low"


def standings(count, rng):
    """Who each account is and what it is estimated at."""
    p_churn = np.clip(rng.beta(1.1, 8, count), 0.004, 0.93)
    frame = pd.DataFrame(
        {
            "account_id": [f"acc_{number:04d}" for number in range(count)],
            "account_name": [
                NAMES[number] if number < len(NAMES) else f"Osprey Media {number}"
                for number in range(count)
            ],
            "csm_id": [f"csm_{number % 4}" if number % 9 else None for number in range(count)],
            "segment": rng.choice(["smb", "mid", "enterprise"], count),
            "as_of": AS_OF,
            "status": "scored",
            "reason": None,
            "arr": np.round(rng.lognormal(10.4, 0.9, count), -2),
            "p_churn": p_churn,
            "p_expand": rng.beta(2, 9, count),
            "p_contract": np.linspace(0.01, 0.2, count),
            "base_rate": BASE_RATE,
            "health_index": health_index(p_churn, BASE_RATE),
            "health_source": "model",
            "cmi": np.where(rng.random(count) < 0.2, np.nan, rng.uniform(1.3, 4.8, count)),
        }
    )
    frame["health_value"] = frame["health_index"]
    frame["term_end"] = AS_OF + pd.to_timedelta(rng.integers(20, 360, count), unit="D")
    frame["notice_deadline"] = frame["term_end"] - pd.Timedelta(days=30)
    passed = frame["notice_deadline"] < AS_OF
    frame["decision_at"] = frame["notice_deadline"] + pd.to_timedelta(passed * 365, unit="D")
    frame["decision_kind"], frame["past_deadline"] = "notice_deadline", passed
    frame["renewal_overdue_days"] = frame["overdue_log_odds"] = np.nan
    frame["p_by_date"] = frame["decision_at"]
    return frame


def scores_of(count, seed=7):
    """Invented scores with every kind of account in them."""
    rng = np.random.default_rng(seed)
    frame = standings(count, rng)
    capped = np.arange(count) % 11 == 3
    frame["cap_reason"] = np.where(capped, CAP, None)
    bands = [band(value, 50, 70) for value in frame["health_value"]]
    frame["health_band"] = np.where(capped, "low", bands)
    frame["cmi_low"], frame["cmi_high"] = frame["cmi"] - 0.3, frame["cmi"] + 0.4
    unknown = frame["cmi"].isna()
    frame["cmi_status"] = np.where(unknown, "insufficient", "certain")
    frame.loc[~unknown & (np.arange(count) % 5 == 0), "cmi_status"] = "provisional"
    frame["maturity_band"] = [
        "unknown" if np.isnan(index) else band(index, 2.5, 3.5) for index in frame["cmi"]
    ]
    frame["weakest_category"] = np.where(unknown, None, "process")
    pairs = zip(frame["health_band"], frame["maturity_band"], strict=True)
    frame["cell"] = pd.Series([CELLS[pair] for pair in pairs], dtype=object)
    frame["quadrant"] = None
    frame["chs"] = np.round(rng.uniform(25, 95, count), 1)
    frame["chs_low"], frame["chs_high"] = frame["chs"] - 9, np.minimum(frame["chs"] + 6, 100)
    frame["chs_coverage"] = rng.uniform(0.62, 1, count)
    for name in COMPONENTS:
        frame[f"chs_{name}"] = rng.uniform(5, 100, count)
        frame[f"why_{name}"] = None
    frame.loc[0, "why_support"] = "open critical tickets 2 (own 1, segment 0): costs 4 points"
    frame["chs_change_28d"], frame["chs_slope_84d"] = np.nan, np.nan
    frame["health_trend"], frame["override_reason"], frame["scorecard_variants"] = "unknown", "", ""
    frame.loc[0, ["chs_change_28d", "chs_slope_84d"]] = [-6.2, -5.1]
    frame.loc[0, ["health_trend", "scorecard_variants"]] = ["down", "first_priority"]
    frame.loc[1, ["chs_slope_84d", "health_trend"]] = [4.4, "up"]
    frame.loc[1, "override_reason"] = "Budget cut (set by Kim, until 2025-09-01)"
    frame["review_flags"] = np.where(np.arange(count) % 13 == 5, "let_churn_guarded", None)
    outside = np.arange(count) % 17 == 16
    frame.loc[outside, ["status", "health_source", "health_band"]] = [
        "notice_given",
        "none",
        "unknown",
    ]
    frame.loc[outside, ["p_churn", "p_expand", "p_contract", "health_index"]] = np.nan
    frame.loc[outside, "health_value"] = np.nan
    frame.loc[outside, ["cell", "cap_reason"]] = None
    frame["arr_at_risk"] = frame["arr"] * frame["p_churn"]
    frame["attention"] = frame["arr_at_risk"].where(frame["cell"] != "let_churn", 0.0).fillna(0.0)
    frame["model_version"], frame["settings_hash"] = "3f9c1b20aa41", "a1b2c3d4e5f6"
    frame["explained_by"] = np.where(outside, "none", "model")
    frame["explanation_note"] = np.where(outside, "notice was given", "")
    frame["block"] = np.where(outside, "quiet", "at_risk")
    frame["support_needs"] = np.where(np.arange(count) % 10 == 4, 1.0, 0.0)
    return in_order(frame).reset_index(drop=True)


def drivers_of(scores, target="churn"):
    """Invented reasons: five that raise, and for a model two that lower, context and growth."""
    shift = pd.Series(range(len(scores)))
    told = [(target, *part, "raises" if target == "churn" else "lowers", True) for part in RAISING]
    if target == "churn":
        told += [(target, *part, "lowers", True) for part in LOWERING]
        told += [(target, *CONTEXT, "raises", False), ("expansion", *GROWTH, "raises", True)]
    names = ["target", "component", "metric", "text", "direction", "actionable"]
    parts = []
    for rank, values in enumerate(told):
        part = pd.DataFrame([values] * len(scores), columns=names)
        part["account_id"], part["rank"] = scores["account_id"], 1 + (rank + shift) % len(told)
        parts.append(part)
    drivers = pd.concat(parts, ignore_index=True)
    drivers = drivers.assign(as_of=AS_OF, value=1.0, baseline=2.0, segment_median=1.5)
    drivers = drivers.assign(compared_with="own", usual=2.0, share=0.2)
    drivers = drivers.assign(shap=0.3, weight=0.3).sort_values(["account_id", "rank"])
    return drivers[list(DRIVER_COLUMNS)].reset_index(drop=True)


def plays_of(scores):
    by_cell = {name: play.name for play in PLAYBOOK.plays for name in play.when.admitted("cell")}
    rows = []
    for account in scores.itertuples():
        names = ["notice_given"] if account.status == "notice_given" else []
        names += ["find_successor"] if account.cap_reason == CAP else []
        names += [by_cell[account.cell], "rebuild_adoption"] if account.cell in by_cell else []
        for name in names:
            play = PLAYBOOK.named(name)
            rows.append(
                {
                    **{"account_id": account.account_id, "as_of": AS_OF, "slot": play.slot},
                    **{"play": name, "owner": play.owner, "why": CAP},
                    "due_at": AS_OF + pd.Timedelta(days=play.due_days),
                }
            )
    return pd.DataFrame(rows, columns=list(PLAY_COLUMNS))


def page_of(scores, **options):
    tables = (scores, drivers_of(scores), plays_of(scores))
    return render_report(*tables, playbook=PLAYBOOK, **{"currency": "USD", **options})


def strings_in(value):
    """Every text inside of lists and dicts, in their order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def panels_of(block):
    """The panels of one block of columns, as the script puts them together."""
    sections = block["sections"].values()
    return [
        {key: column[place] for key, column in block.items() if key != "sections"}
        | {"sections": [column[place] for column in sections if column[place]]}
        for place in range(len(block["story"]))
    ]


class Told:
    """What a page carries for its script: the list, the tasks and the panels."""

    def __init__(self, html):
        blocks = re.findall(r'octet-stream" id="([\w-]+)">([^<]*)</script>', html)
        data = {name: unpacked(text) for name, text in blocks}
        self.book = data.get("book", {"accounts": {"id": []}, "tasks": {"account": []}})
        blocks = [block for name, block in data.items() if name != "book"]
        self.panels = [panel for block in blocks for panel in panels_of(block)]
        self.ids = self.book["accounts"]["id"]

    def row(self, place):
        """What the list knows of one account, by column."""
        return {name: column[place] for name, column in self.book["accounts"].items()}

    def row_text(self, place):
        return " ".join(strings_in(self.row(place)))

    def panel_text(self, place):
        plays = [self.book["how"].get(play["play"]) for play in self.panels[place]["plays"]]
        return " ".join([*strings_in(self.panels[place]), *strings_in(plays)])

    @property
    def text(self):
        return " ".join(
            f"{self.row_text(place)} {self.panel_text(place)}" for place in range(len(self.ids))
        )


class Page(HTMLParser):
    """Elements, texts and unbalanced tags of a page, as a parser sees them."""

    VOID = ("meta", "input", "br", "hr", "img", "link")

    def __init__(self, html):
        super().__init__()
        self.open, self.wrong, self.elements, self.texts = [], [], [], []
        self.feed(html)
        self.close()
        self.wrong += self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.elements if name in attrs]

    def with_id(self, name):
        return next(attrs for _, attrs in self.elements if attrs.get("id") == name)
