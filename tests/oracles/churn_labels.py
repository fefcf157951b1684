"""What became of an account after a date, by plain loops: an obvious reading of the churn label.

It asks the slow reading of contracts what was paid at every moment, and shares no code with what
is tested.
"""

from itertools import pairwise
from types import SimpleNamespace as Row

import pandas as pd

from tests.oracles.commercial_facts import GOES_ON, NEVER

FAR = pd.Timestamp("2100-01-01", tz="UTC")
DAY = pd.Timedelta(days=1)
SLACK = 7 * DAY


class LabelOracle:
    """Labels of a company whose facts an ``Oracle`` tells; ``until`` is where the data ends."""

    def __init__(self, oracle, until, *, lead=30, horizon=180):
        self.oracle, self.until = oracle, until
        self.lead, self.horizon = lead * DAY, horizon * DAY
        self.grace = oracle.grace

    # --- what is certain with all data -------------------------------------------------------

    def pays(self, account, moment):
        """Whether anything is paid just before a moment, by all that is known in the end."""
        total = 0.0
        for state in self.oracle.paid(account, FAR, moment):
            code = (state.currency or self.oracle.own).strip().upper()
            known = code == self.oracle.own or code in self.oracle.rates
            if state.amount is None or (not known and state.amount > 0):
                return True
            total += state.amount * (self.oracle.rates.get(code, 1.0) if state.amount > 0 else 1.0)
        return round(total, 6) > 0

    def edges(self, account):
        """Every moment at which what an account pays can change."""
        found = set()
        for row in self.oracle.items:
            if row.account_id == account:
                found |= {row.start, row.end}
        for row in self.oracle.versions(lambda known: known < FAR).values():
            if row.account_id == account:
                found |= {row.start, self.oracle.final_end(row, FAR)}
        return sorted(found - {NEVER})

    def episodes(self, account):
        """Times in which the account was a customer; gaps shorter than the grace are none."""
        stretches = []
        for opens, closes in pairwise([*self.edges(account), NEVER]):
            if not self.pays(account, min(closes, FAR)):
                continue
            if stretches and opens - stretches[-1][1] < self.grace:
                stretches[-1][1] = closes
            else:
                stretches.append([opens, closes])
        found = []
        for opens, closes in stretches:
            sure = closes < NEVER and closes + self.grace <= self.until
            found.append(Row(started=opens, ended=closes if sure else NEVER))
        return [self.decided(account, episode, found) for episode in found]

    def decided(self, account, episode, episodes):
        """The episode with the day on which its end was said, or came."""
        announced = []
        for said in self.oracle.statements():
            if said.account != account or not said.whole:
                continue
            begun = [other for other in episodes if other.started <= said.at]
            if not begun or begun[-1].started != episode.started:
                continue
            void = self.void_at(said)
            if episode.ended == NEVER:
                counts = void == NEVER and said.lapses >= self.until
            else:
                held = void > episode.ended and said.lapses >= episode.ended
                counts = held or said.at > episode.ended
            if counts and said.at <= episode.ended:
                announced.append(said.at)
        return Row(
            started=episode.started,
            ended=episode.ended,
            decided=min([*announced, episode.ended]),
        )

    def void_at(self, said):
        """When a statement was taken back, or overtaken by what keeps the account on."""
        found = [said.taken_back]
        for event in self.oracle.events:
            same = said.contract in (None, event.contract_id) or event.contract_id is None
            stays = min(event.effective, event.known)
            if event.event_type in GOES_ON and event.account_id == said.account and same:
                found += [stays] if stays >= said.at else []
        for row in self.oracle.contracts:
            if row.account_id != said.account or not row.known > said.known:
                continue
            same = said.contract == row.contract_id
            on = said.kind == "renewal_off" and same and row.rolls
            if on or ((said.whole or same) and row.end > said.lapses):
                found.append(max(row.start, row.known))
        return min(found)

    # --- the label of a row ------------------------------------------------------------------

    def label(self, account, as_of):
        """Return ``churned`` (None without a label) and why there is none.

        ``over`` is decided by then, whether or not that was known by then.
        """
        facts = self.oracle.facts(account, as_of)
        begun = [one for one in self.episodes(account) if one.started < as_of]
        if not facts.pays or not begun:
            return None, "not_eligible"
        episode = begun[-1]
        if facts.notice or episode.decided <= as_of:
            return None, "over"
        opens, by, ends = self.question(account, as_of, facts)
        if ends + self.grace > self.until:
            return None, "censored"
        if episode.decided <= opens:
            return None, "decided_in_lead"
        return bool(episode.decided <= by or episode.ended <= ends), None

    def question(self, account, as_of, facts):
        """From when and until when a decision counts, and who is gone by when has taken it."""
        if facts.decision_kind in (None, "month_end"):
            until = as_of + self.lead + self.horizon
            return as_of + self.lead, until, until
        return as_of, facts.decision_at, facts.leaves_at + SLACK
