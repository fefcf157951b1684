"""Sentences read back into what they claim, and held against the tables."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churngrid.features.metrics.bounded_measures import Capped
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.serving.company.config import FACT_FIELDS
from churngrid.serving.company.playbook_file import read_playbook
from churngrid.serving.wording.account_sentences import headline
from churngrid.serving.wording.number_words import label_of, say_values
from tests.worked.by_hand import ByHand

LABELS = {label_of(metric): metric for metric in METRICS}
NUMBER = (
    r"(?:nobody came|in \d[\d,]* days?|\d[\d,]* days? ago|today|steady|under 1"
    r"|(?:falls|rises) by [\d.,]+ % a week|-?[\d.,]+(?: [%BKM]| or more| times)?|yes|no)"
)
NAMED = re.compile(
    f"^({'|'.join(sorted(map(re.escape, LABELS), key=len, reverse=True))})"
    rf"(?:(?: ({NUMBER}) ->)?:? ({NUMBER})|: never, a customer for ([\d,]+) days"
    r"|, nothing said for (?P<silent>[\d,]+) days?)"
    rf"(?: \((segment|all accounts|full points at) ({NUMBER})\))?(?:, [\d,]+ days? old)?"
    r"(?:: (?:costs \d+ points?|(?:\d+ %|all) of the estimate))?$"
)
CHANCE = re.compile(
    r"the chance is (under|over|about) (\d+) in (\d+) \(([\d.]+) %\) to leave "
    r"(at its notice deadline on|at its renewal on|at its break clause on|by) (\d+ \w{3} \d{4})"
)
OCCASIONS = {
    "at its notice deadline on": "notice_deadline",
    "at its renewal on": "term_end",
    "at its break clause on": "break",
}
TOLD = {fact.says: fact.when for fact in read_playbook(None, FACT_FIELDS).facts.values()} | {
    cap.reason.rstrip("."): cap.when for cap in read_scorecard(None, METRICS).caps
}
"""What a sentence of a fact or a cap claims: the condition that is declared for it."""

BEGUN = re.compile(r"^begun on (\d+ \w{3} \d{4})$")
SINCE = re.compile(r"^(merger or acquisition|leadership change|priority change) since the newest")
OLDER = re.compile(r"^newest answer older than (\d+) days$")
OWN_PAST = re.compile(r"^(.+) at (\d+) % of their own past$")


@dataclass
class Read:
    """What a check has found: sentences by what became of them, and the false ones."""

    counts: Counter
    false: list
    contradicting: list
    unread: list


def words_of(value, metric):
    if value is None or np.isnan(value):
        return None
    words, which = say_values(np.array([float(value)]), metric)
    return words[which[0]]


def amount(said):
    """The number that a text stands for, to compare two texts of one metric."""
    if said in ("steady", "today", "no"):
        return 0.0
    if said == "yes":
        return 1.0
    if said == "under 1":
        return 0.25
    if said == "nobody came":
        return -np.inf
    number = float(re.search(r"-?[\d.,]+", said)[0].replace(",", "").rstrip("."))
    sign = -1.0 if said.startswith("falls") or said.endswith("ago") else 1.0
    return sign * number * {"K": 1e3, "M": 1e6, "B": 1e9}.get(said[-1], 1.0)


class Checker:
    """Reads the sentences of a scoring back and holds them against the tables."""

    def __init__(self, frames, as_of, scores):
        self.hand = ByHand(frames, as_of)
        self.scores = scores.set_index("account_id")
        self.known = {}
        self.read = Read(Counter(), [], [], [])

    def number(self, column, account, back=0):
        if (column, back) not in self.known:
            hand = self.hand.before(back) if back else self.hand
            self.known[column, back] = hand.value(column)
        values = self.known[column, back]
        return None if values is None else values.get(account, np.nan)

    def stories(self, scores):
        """The head of each story, held against the row of the scores it is made from."""
        for _, row in scores.iterrows():
            text = headline(row)
            self.read.counts["story checked"] += 1
            if f"Health is {row['health_band']}" not in text:
                self.read.false.append((row["account_id"], text, row["health_band"]))
            points = re.search(r"gives ([\d.]+) of 100", text)
            if points and abs(float(points[1]) - row["chs"]) > 0.5:
                self.read.false.append((row["account_id"], text, row["chs"]))
            if row["health_source"] == "model":
                self.chance(row, text)
            if row["cap_reason"] and row["cap_reason"][1:].rstrip(".") not in text:
                self.read.false.append((row["account_id"], text, row["cap_reason"]))

    def chance(self, row, text):
        """The chance in words and percent, and the day up to which it counts."""
        said = CHANCE.search(text)
        self.read.counts["chance checked"] += 1
        p, by = row["p_churn"], row["p_by_date"]
        true = said is not None and (
            abs(float(said[4]) / 100 - p) <= (0.0051 if p >= 0.0995 else 0.00051)
            and f"{by.day} {by:%b %Y}" == said[6]
        )
        if true and said[1] == "about":
            rarer = min(p, 1 - p)
            true = abs(1 / rarer - int(said[3])) <= 0.5
            true &= int(said[2]) == (1 if p <= 0.5 else int(said[3]) - 1)
        elif true:
            true = p < 0.01 if said[1] == "under" else p > 0.95
        if true and said[5] != "by":
            end = row["decision_kind"] == "notice_deadline" and by == row["term_end"]
            kind = "term_end" if end else row["decision_kind"]
            true = (kind, row["decision_at"]) == (OCCASIONS[said[5]], by)
        elif true:
            true = by != row["decision_at"] or row["decision_kind"] == "month_end"
        if not true:
            self.read.false.append((row["account_id"], text, f"{p:.4f} by {by}"))

    def drivers(self, drivers):
        for row in drivers.itertuples():
            found = NAMED.match(row.text)
            if not found:
                self.read.counts["not read"] += 1
                self.read.false.append((row.account_id, row.text, "cannot be read"))
                continue
            metric = LABELS[found[1]]
            if found[4]:
                self.never(row.account_id, metric, row.text)
                continue
            if found["silent"]:
                self.silent(row.account_id, metric, row.text)
                continue
            self.value(row.account_id, metric, found[3], row.text)
            self.past(row.account_id, metric, found[2], row.text)
            self.against_itself(row, metric, found)

    def value(self, account, metric, said, text):
        if said == "nobody came":
            self.nobody(account, text)
            return
        by_hand = self.number(metric.column, account)
        if by_hand is None:
            self.read.counts["value not computed by hand"] += 1
            return
        told = words_of(by_hand, metric)
        self.read.counts["value checked"] += 1
        if said.endswith("or more") and not by_hand < amount(said):
            return
        if told is None or not (told == said or _near(amount(told), amount(said))):
            self.read.false.append((account, text, f"by hand {told}"))

    def nobody(self, account, text):
        """Where there is no trend of use, nobody has used anything of late."""
        users = self.number("active_users_28d", account)
        if users is None:
            self.read.counts["value not computed by hand"] += 1
            return
        self.read.counts["value checked"] += 1
        if users > 0:
            self.read.false.append((account, text, f"{users:.0f} people came"))

    def never(self, account, metric, text):
        by_hand = self.number(metric.column, account)
        if by_hand is None:
            self.read.counts["value not computed by hand"] += 1
            return
        self.read.counts["never checked"] += 1
        if not np.isnan(by_hand):
            self.read.false.append((account, text, f"{by_hand:.0f} days ago"))

    def silent(self, account, metric, text):
        """What only grew old was good when it was said."""
        by_hand = self.number(metric.column, account)
        if by_hand is None:
            self.read.counts["value not computed by hand"] += 1
            return
        self.read.counts["old answer checked"] += 1
        worse = by_hand < metric.healthy if metric.direction == "+" else by_hand > metric.healthy
        if np.isnan(by_hand) or worse:
            self.read.false.append((account, text, f"by hand {by_hand}"))

    def past(self, account, metric, said, text):
        # A slope over twelve weeks has no past where an account is younger than that.
        if said is None or metric.has_baseline or metric.column == "usage_slope_84d":
            return
        earlier = [self.number(metric.column, account, 28 * n) for n in (1, 2, 3)]
        if any(number is None for number in earlier):
            return
        capped = metric.unit == "days" and isinstance(metric.measure, Capped)
        most = metric.measure.at_most if capped else np.inf
        known = pd.Series(earlier, dtype=float)
        if capped and known.isna().any():
            # What had not happened then has an age of its own, which is no number of the tables.
            return
        mean = known.clip(upper=most).mean()
        if said.endswith("or more"):
            return
        told = words_of(mean, metric)
        self.read.counts["past checked"] += 1
        # What never happened has an age of its own, which is no number of the tables.
        if told is not None and told != said and not _near(amount(told), amount(said), 0.05):
            self.read.false.append((account, text, f"own past by hand {told}"))

    def against_itself(self, row, metric, found):
        """A reason for leaving is worse than what it names, one for staying or growing better."""
        rises = {"+": 1, "-": -1}.get(metric.direction, 0)
        for said in filter(None, (found[2], found[7])):
            self.read.counts["comparison checked"] += 1
            moved = np.sign(amount(found[3]) - amount(said)) * rises
            better = {
                ("churn", "raises"): -1,
                ("churn", "lowers"): 1,
                ("expansion", "raises"): 1,
                ("expansion", "lowers"): -1,
                ("chs", "lowers"): -1,
            }[row.target, row.direction]
            if rises and moved != better:
                self.read.contradicting.append((row.account_id, row.text))
            if amount(found[3]) == amount(said):
                self.read.contradicting.append((row.account_id, row.text))

    def plays(self, plays):
        for row in plays.itertuples():
            for part in re.split(r"; (?![^()]*\))", row.why):
                self.part(row, part)

    def part(self, row, part):
        inner = re.match(r"^(.+?) \((.+)\)$", part)
        fact = inner and inner[1] not in LABELS and not NAMED.match(part)
        for claim in inner[2].split("; ") if fact else [part]:
            own = OWN_PAST.match(claim)
            found = NAMED.match(claim)
            if found and found["silent"]:
                self.silent(row.account_id, LABELS[found[1]], f"{row.play}: {part}")
            elif found and found[4]:
                self.never(row.account_id, LABELS[found[1]], f"{row.play}: {part}")
            elif found:
                self.value(row.account_id, LABELS[found[1]], found[3], f"{row.play}: {part}")
            elif own:
                self.read.counts["share of the own past"] += 1
            else:
                self.standing(row.account_id, claim, f"{row.play}: {part}")
        if fact:
            self.fact(row.account_id, inner[1], row.play)

    def standing(self, account, claim, text):
        stands = re.match(r"^health (\w+), maturity (\w+)$", claim)
        weakest = re.match(r"^maturity (\w+), weakest in (.+)$", claim)
        scored = self.scores.loc[account]
        if stands:
            told = (scored["health_band"], scored["maturity_band"])
            self.read.counts["standing checked"] += 1
            if told != (stands[1], stands[2]):
                self.read.false.append((account, text, f"stands {told}"))
        elif weakest:
            self.read.counts["standing checked"] += 1
            if scored["weakest_category"].replace("_", " ") != weakest[2]:
                self.read.false.append((account, text, scored["weakest_category"]))
        elif claim in TOLD:
            self.told(account, claim, text)
        elif not self.event(account, claim, text):
            self.read.unread.append(text)

    def fact(self, account, says, play):
        """Facts that speak of a fall or a lack, held against the tables."""
        number = lambda column: self.number(column, account)  # noqa: E731
        true = {
            "active users fell": lambda: number("active_users_trend_28d") < 0,
            "more than 40 % of the active users are gone": lambda: (
                number("active_users_trend_28d") < 0
            ),
            "no recent contact with a sponsor": lambda: number("engaged_sponsors_90d") == 0,
            "nobody is in two-way contact": lambda: number("contacts_90d") == 0,
            "one person is in two-way contact": lambda: number("contacts_90d") == 1,
            "goals are missing or not on track": lambda: (
                number("open_goals") == 0 or number("goals_on_track_share") < 0.6
            ),
        }
        if says in true:
            self.read.counts["fact checked"] += 1
            if not true[says]():
                self.read.false.append((account, f"{play}: {says}", "the fact is not true"))
        elif says in TOLD:
            self.told(account, says, f"{play}: {says}")
        else:
            self.read.unread.append(f"{play}: {says}")

    def told(self, account, says, text):
        """What is declared for a fact or a cap, held against numbers that are computed by hand."""
        known, row = self.scores.loc[account], {"services": Settings().services}
        for field in TOLD[says].fields() - set(row):
            row[field] = known[field] if field in known else self.number(field, account)
            if row[field] is None:
                self.read.counts["declared, not computed by hand"] += 1
                return
        self.read.counts["declared checked"] += 1
        if not TOLD[says].holds(pd.DataFrame([row]))[0]:
            self.read.false.append((account, text, row))

    def event(self, account, claim, text):
        """Say whether a claim speaks of a date or an event, and hold it against the tables."""
        begun, since, older = (one.match(claim) for one in (BEGUN, SINCE, OLDER))
        if not (begun or since or older):
            return False
        age = self.scores.loc[account, "cmi_age_days"]
        rows = self.hand.rows("account_events")
        rows = rows[rows["account_id"] == account]
        if begun:
            day = rows.loc[rows["kind"] == "intervention", "occurred_at"].dt.normalize()
            true = pd.Timestamp(begun[1], tz="UTC") in set(day)
        elif since:
            kind = {"merger or acquisition": "m_and_a"}.get(since[1], since[1].replace(" ", "_"))
            newest = rows.loc[rows["kind"] == kind, "occurred_at"].max()
            true = newest > self.hand.ago(age)
        else:
            true = age > int(older[1])
        self.read.counts["event checked"] += 1
        if not true:
            self.read.false.append((account, text, f"maturity is {age} days old"))
        return True


def _near(one, other, share=0.011):
    """Whether two numbers differ by rounding only."""
    return abs(one - other) <= max(share * max(abs(one), abs(other)), 1e-9) or (
        abs(one - other) <= 1.0 and max(abs(one), abs(other)) >= 10
    )


def check(frames, scored, most=100):
    """Check the sentences of the first accounts of a scoring."""
    listed = scored.scores[scored.scores["explained_by"] != "none"].head(most)
    ids = set(listed["account_id"])
    checker = Checker(frames, listed["as_of"].iloc[0], scored.scores)
    checker.stories(listed)
    checker.drivers(scored.drivers[scored.drivers["account_id"].isin(ids)])
    checker.plays(scored.plays[scored.plays["account_id"].isin(ids)])
    return checker.read


def frames_of(tables):
    """The checked tables as pandas."""
    return {name: table.to_pandas() for name, table in tables.by_name.items()}
