"""The commercial facts of one account on one date, by plain loops over all rows.

Written from the rules as people would read them, with none of the code that is tested: every date
asks all rows again, and nothing is prepared or kept.
"""

from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace as Row

import pandas as pd

LEAVES = ("notice_received", "cancel_requested", "cancelled", "term_ended", "churn_confirmed")
ENDED = ("cancelled", "term_ended", "churn_confirmed")
GOES_ON = ("renewed", "reactivated", "cancel_withdrawn")
NEVER = pd.Timestamp.max.tz_localize("UTC")
TICK = pd.Timedelta(1, "us")


def moved(moment, months):
    """So many calendar months later; a day the month lacks becomes its last day."""
    return moment + pd.DateOffset(months=int(months))


def year_before(moment):
    """A calendar year before; on a day the month lacks, the end of that month."""
    found = moment - pd.DateOffset(years=1)
    return found if found.day == moment.day else found.normalize() + pd.Timedelta(days=1)


def month_start_after(moment):
    return moment.normalize().replace(day=1) + pd.DateOffset(months=1)


def some(value):
    return value is not None and value == value and value is not pd.NaT and not pd.isna(value)


def rows_of(table):
    """The rows of a canonical table, empty values as None."""
    return [Row(**row) for row in table.to_pylist()]


def at(value):
    return pd.Timestamp(value) if value is not None else NEVER


def quantity(states):
    return sum(state.quantity for state in states if some(state.quantity))


@dataclass
class Facts:
    """All that is asked of one account on one date."""

    arr: float
    pays: bool
    growth: float
    seats: float
    price_level: float
    dearer: float
    less_discount: float
    notice: bool
    term_end: object
    notice_deadline: object
    decision_at: object
    decision_kind: object
    leaves_at: object


class Oracle:
    """The tables of a company as rows."""

    def __init__(self, tables, *, grace_days=30, rates=None, own="USD"):
        self.grace = pd.Timedelta(days=grace_days)
        self.rates, self.own = rates or {}, own
        read = lambda name: rows_of(tables[name]) if name in tables else []  # noqa: E731
        self.items = [self._item(row) for row in read("subscription_items")]
        self.contracts = [self._contract(row) for row in read("contracts")]
        self._stop_what_rolled()
        self.events = [self._event(row) for row in read("contract_events")]

    @staticmethod
    def _item(row):
        row.start, row.end, row.known = (
            at(row.effective_from),
            at(row.effective_to),
            at(row.known_at),
        )
        row.amount = 12 * row.mrr
        opens, closes = at(row.current_period_start), at(row.current_period_end)
        row.rolls = row.end == NEVER and closes < NEVER
        row.until = closes if row.rolls else row.end
        begins = opens if row.rolls and opens < NEVER else row.start
        days = 0 if row.until == NEVER else (row.until - begins) / pd.Timedelta(days=1)
        row.months = max(round(days / 30.4375), 1)
        return row

    @staticmethod
    def period_end(row, moment):
        """When the period of an item ends that runs at a moment, or the first one."""
        if not row.rolls:
            return row.until
        steps = range(-400, 400)
        ends = sorted(moved(row.until, step * row.months) for step in steps)
        return next(end for end in ends if end > row.start and end >= moment)

    @staticmethod
    def _contract(row):
        row.start, row.end, row.known = at(row.term_start), at(row.term_end), at(row.known_at)
        row.monthly = row.term_months is not None and row.term_months <= 1
        measured = 0 if row.end == NEVER else (row.end - row.start) / pd.Timedelta(days=30.4375)
        months = row.term_months if row.term_months is not None else measured
        row.months = max(round(min(months, 1200)), 1)
        row.open = row.end == NEVER
        by_length = row.open and (row.term_months or 0) > 1
        row.rolls = row.monthly or bool(row.auto_renew) or (by_length and row.auto_renew is None)
        if by_length:
            row.end = moved(row.start, row.months)
        if row.notice_deadline is not None and row.end < NEVER:
            row.notice = row.end - at(row.notice_deadline)
        else:
            row.notice = pd.Timedelta(days=row.notice_period_days or 0)
        row.amount = row.acv
        if row.acv is None and row.tcv is not None:
            row.amount = row.tcv * 12 / row.months
        return row

    def _stop_what_rolled(self):
        """Without a written end a term that is said to renew no more is the last one."""
        before = {}
        for row in sorted(self.contracts, key=lambda row: row.known):
            rolled = before.get(row.contract_id)
            before[row.contract_id] = row.rolls
            if row.open and row.end < NEVER and not row.rolls and rolled:
                terms = (moved(row.start, k * row.months) for k in range(1, 2000))
                row.end = next(end for end in terms if end > max(row.known, row.start))

    @staticmethod
    def _event(row):
        row.effective, row.known = at(row.effective_at), at(row.known_at)
        return row

    # --- contracts ---------------------------------------------------------------------------

    def versions(self, known):
        """Of each contract the version known last, by what `known` says of a moment."""
        newest = {}
        for row in sorted(self.contracts, key=lambda row: row.known):
            if known(row.known):
                newest[row.contract_id] = row
        return newest

    @staticmethod
    def ends_of(row):
        """The ends of the written term and of its repeats."""
        if row.end == NEVER:
            return
        anchor = row.start if moved(row.start, row.months) == row.end else row.end
        for k in range(2000):
            end = moved(anchor, k * row.months)
            if end >= row.end:
                yield end

    def end_after(self, row, moment):
        return next((end for end in self.ends_of(row) if end > moment), NEVER)

    def follows(self, second, first):
        """Whether a contract takes the place of another one."""
        if second.contract_id == first.contract_id or second.start <= first.start:
            return False
        if second.account_id != first.account_id:
            return False
        if second.predecessor_contract_id is not None:
            return second.predecessor_contract_id == first.contract_id
        if not first.rolls:
            return False
        near = pd.Timedelta(days=min(31.0, 10.0 * first.months))
        end = self.end_after(first, second.start - near - TICK)
        smaller = some(second.amount) and some(first.amount) and second.amount < 0.25 * first.amount
        return (end == NEVER or end <= second.start + near) and not smaller

    def replaced_at(self, row, known):
        """When another contract takes the place of this one, by what is known."""
        followers = [b for b in self.versions(known).values() if self.follows(b, row)]
        return min([b.start for b in followers], default=NEVER)

    def final_end(self, row, t):
        """When a contract is over, by what is known before a date."""
        known = lambda moment: moment < t  # noqa: E731
        final = NEVER if row.rolls else row.end
        final = min(final, self.replaced_at(row, known))
        for said in self.statements():
            paying = any(item.account_id == said.account for item in self.items)
            lapsed = said.kind not in ENDED and paying and said.whole and t > said.lapses
            if not said.known < t or said.void_known < t or lapsed:
                continue
            for entity, stop in said.stops:
                if entity == row.contract_id:
                    final = min(final, stop)
        return final

    # --- statements --------------------------------------------------------------------------

    def statements(self):
        if not hasattr(self, "_said"):
            self._said = [self._completed(said) for said in self._told()]
            for said in self._said:
                self._scope(said)
            for said in self._said:
                said.void_known = min(said.withdrawn, self._signed_on(said))
        return self._said

    def _scope(self, said):
        """Whether no contract runs on that was not refused, too; then the last end counts."""
        ends, refused = [], []
        for row, end in said.others:
            stops = [
                stop
                for other in self._said
                if other.known <= said.known < other.withdrawn
                for entity, stop in other.stops
                if entity == row.contract_id
            ]
            if stops:
                refused.append(min(stops))
            else:
                ends.append(NEVER if row.rolls else end)
        said.whole = max(ends, default=said.at) <= said.lapses
        if said.whole and said.lapses < NEVER:
            said.lapses = max([said.lapses, *(stop + self.grace for stop in refused)])

    def _told(self):
        for event in self.events:
            if event.event_type in LEAVES:
                yield Row(
                    kind=event.event_type,
                    account=event.account_id,
                    contract=event.contract_id,
                    effective=event.effective,
                    known=event.known,
                    taken_back=NEVER,
                )
        yield from self._switched_off()
        yield from self._announced()

    def _switched_off(self):
        by_contract = {}
        for row in sorted(self.contracts, key=lambda row: row.known):
            before = by_contract.get(row.contract_id)
            by_contract[row.contract_id] = row
            if before is None:
                continue
            off = before.auto_renew is True and row.auto_renew is False
            given = before.open and not row.open and not row.rolls
            end = row.end
            if row.rolls:
                end = (
                    month_start_after(row.known)
                    if row.end == NEVER
                    else self.end_after(row, row.known)
                )
            if (off or given) and end > row.known:
                yield Row(
                    kind="renewal_off",
                    account=row.account_id,
                    contract=row.contract_id,
                    effective=end,
                    known=row.known,
                    taken_back=NEVER,
                )

    def _announced(self):
        ordered = sorted(self.items, key=lambda row: (row.item_id, row.start, row.known))
        for before, row in pairwise(ordered):
            if before.item_id != row.item_id or before.end != NEVER or not before.amount > 0:
                continue
            same = before.start == row.start
            if same and row.end < NEVER:
                end = row.end
            elif not same and row.amount <= 0 and before.known <= row.known:
                end = row.start
            else:
                continue
            if not end > row.known:
                continue
            beyond = end + self.grace
            if self._paid_until(row.account_id, row.known) > beyond:
                continue
            yield Row(
                kind="end_announced",
                account=row.account_id,
                contract=None,
                effective=end,
                known=row.known,
                taken_back=min(
                    [
                        other.known
                        for other in self.items
                        if other.account_id == row.account_id
                        and other.known > row.known
                        and other.amount > 0
                        and other.end > beyond
                    ],
                    default=NEVER,
                ),
            )

    def _paid_until(self, account, moment, end_of=lambda row: row.end):
        """The last end of what an account was known to have paid for at a moment."""
        newest = {}
        for row in sorted(self.items, key=lambda row: row.known):
            if row.account_id == account and row.known <= moment:
                newest[row.item_id, row.start] = row
        longest = pd.Timestamp(0, tz="UTC")
        for (item, start), row in newest.items():
            later = [begun for other, begun in newest if other == item and begun > start]
            if row.amount > 0:
                longest = max(longest, min(end_of(row), *later) if later else end_of(row))
        return longest

    def _completed(self, said):
        said.at = min(said.effective, said.known)
        meant, others = [], []
        for row in self.versions(lambda moment: moment <= said.known).values():
            if row.account_id != said.account:
                continue
            if self.replaced_at(row, lambda moment: moment <= said.known) <= said.at:
                continue
            end = row.end
            if row.rolls:
                end = self.end_after(row, said.at - TICK)
                if row.monthly and row.end == NEVER:
                    end = month_start_after(said.at)
            named = said.contract == row.contract_id
            unnamed = said.contract is None and (end <= said.effective or said.kind != "term_ended")
            if (named or unnamed) and end == NEVER:
                end = month_start_after(said.at)
            (meant if named or unnamed else others).append((row, end))
        ends = [max(end, said.at + row.notice) for row, end in meant]
        running = lambda row: self.period_end(row, said.at)  # noqa: E731
        paid_until = self._paid_until(said.account, said.known, running)
        if said.kind == "end_announced":
            due = said.effective
        elif ends:
            due = max(ends)
        elif pd.Timestamp(0, tz="UTC") < paid_until < NEVER:
            due = paid_until
        else:
            due = month_start_after(said.at)
        due = max(due, said.effective)
        said.lapses = NEVER if due == NEVER else due + self.grace
        said.stops = [
            (
                row.contract_id,
                said.effective if said.kind in ENDED else max(end, said.at + row.notice),
            )
            for row, end in meant
            if said.kind not in ENDED
            or said.contract == row.contract_id
            or row.start < said.effective
        ]
        said.others = others
        said.withdrawn = min(said.taken_back, self._kept_on(said))
        return said

    def _kept_on(self, said):
        return min(
            [
                event.known
                for event in self.events
                if event.event_type in GOES_ON
                and event.account_id == said.account
                and (said.contract in (None, event.contract_id) or event.contract_id is None)
                and min(event.effective, event.known) >= said.at
            ],
            default=NEVER,
        )

    def _signed_on(self, said):
        found = NEVER
        for row in self.contracts:
            if row.account_id != said.account or not row.known > said.known:
                continue
            same = said.contract == row.contract_id
            on = said.kind == "renewal_off" and same and row.rolls
            if on or ((said.whole or same) and row.end > said.lapses):
                found = min(found, row.known)
        return found

    # --- money -------------------------------------------------------------------------------

    def paid(self, account, t, moment):
        """The states that are in force at a moment, as known before a date."""
        found, newest = [], {}
        for row in sorted(self.items, key=lambda row: (row.start, row.known)):
            if row.known < t and row.start < moment:
                newest[row.item_id] = row
        found += [
            Row(amount=row.amount, currency=row.currency, quantity=self.seats(row), thing=row)
            for row in newest.values()
            if row.account_id == account and moment <= row.end
        ]
        if any(row.account_id == account and row.known < t for row in self.items):
            return found
        for row in self.versions(lambda known: known < t).values():
            if row.account_id != account:
                continue
            if row.start < moment <= self.final_end(row, t):
                found.append(
                    Row(amount=row.amount, currency=row.currency, quantity=None, thing=None)
                )
        return found

    def seats(self, row):
        """What a row of an item buys; nothing once a row of the item was known as sold beside."""
        beside = any(
            one.item_id == row.item_id
            and one.change_type == "cross_sell"
            and (one.known, one.start) <= (row.known, row.start)
            for one in self.items
        )
        return None if beside else row.quantity

    def worth(self, states):
        total = 0.0
        for state in states:
            code = (state.currency or self.own).strip().upper()
            if not some(state.amount):
                return float("nan")
            if code != self.own and code not in self.rates and state.amount != 0:
                return float("nan")
            total += state.amount * (1.0 if code == self.own else self.rates.get(code, 0.0))
        return total

    # --- all together ------------------------------------------------------------------------

    def facts(self, account, t):
        states = self.paid(account, t, t)
        arr = self.worth(states)
        unpriced = any(not some(state.amount) for state in states)
        raw = sum(state.amount for state in states if some(state.amount))
        pays = unpriced or (raw > 0 if arr != arr else round(arr, 4) > 0)
        then = self.paid(account, t, year_before(t))
        before, seats, seats_then = self.worth(then), quantity(states), quantity(then)
        priced = seats > 0 and seats_then > 0 and arr > 0 and before > 0
        growth = arr / before - 1 if before > 0 else float("nan")
        notice = any(
            said.account == account
            and said.whole
            and said.known < t <= said.void_known
            and t <= said.lapses
            for said in self.statements()
        )
        term = self._binding(account, t)
        end = term[1] if term else NEVER
        deadline = end - term[0].notice if term and end < NEVER else NEVER
        point, kind, leaves = (NEVER, None, NEVER) if notice else self._decision(term, t, pays)
        return Facts(
            arr=arr,
            pays=bool(pays),
            growth=growth,
            seats=seats,
            price_level=self._price_level(account, t),
            dearer=(arr / seats) / (before / seats_then) - 1 if priced else float("nan"),
            less_discount=(
                self._price_level(account, t) - self._price_level(account, year_before(t))
            ),
            notice=notice,
            term_end=end,
            notice_deadline=deadline,
            decision_at=point,
            decision_kind=kind,
            leaves_at=leaves,
        )

    def _price_level(self, account, t):
        paid, listed = [], []
        for row in self.versions(lambda known: known < t).values():
            priced = some(row.acv) and some(row.list_acv)
            if row.account_id == account and row.start < t <= self.final_end(row, t) and priced:
                paid.append(Row(amount=row.acv, currency=row.currency))
                listed.append(Row(amount=row.list_acv, currency=row.currency))
        full = self.worth(listed)
        return self.worth(paid) / full if full > 0 else float("nan")

    def small(self, amount, code, candidates):
        """Whether an amount is little beside one of the same currency that can be decided on."""
        code_of = lambda code: (code or self.own).strip().upper()  # noqa: E731
        others = [
            worth
            for worth, currency, end, stopped in candidates
            if code_of(currency) == code_of(code) and some(worth) and end < NEVER and not stopped
        ]
        return bool(others) and some(amount) and amount < 0.25 * max(others)

    @staticmethod
    def first(found):
        """The one that ends last among those that are not small; of equals the first."""
        best = None
        for candidate in found:
            small, end = candidate[0], candidate[2]
            rank = (not small, pd.Timestamp(0, tz="UTC") if end == NEVER else end)
            if best is None or rank > best[0]:
                best = (rank, candidate)
        return best and (best[1][1], best[1][2], best[0][1], best[1][3])

    def _binding(self, account, t):
        open_ones = []
        for name in sorted({row.contract_id for row in self.contracts}):
            row = self.versions(lambda known: known < t).get(name)
            if row is None or row.account_id != account:
                continue
            final = self.final_end(row, t)
            if final < t:
                continue
            end = min(self.end_after(row, t - TICK) if row.rolls else row.end, final)
            open_ones.append((row, end, final))
        worths = [
            (r.amount, r.currency, end, r.rolls and final < NEVER) for r, end, final in open_ones
        ]
        marked = [
            (self.small(row.amount, row.currency, worths), row, end, final)
            for row, end, final in open_ones
        ]
        return self.first(marked) or self._paid_for(account, t)

    def _paid_for(self, account, t):
        """Without a contract an account is bound by what it has paid for by more than a month."""
        newest, open_ones = {}, []
        for row in sorted(self.items, key=lambda row: (row.start, row.known)):
            if row.known < t:
                newest[row.item_id] = row
        for _, row in sorted(newest.items()):
            if row.account_id != account or row.until == NEVER:
                continue
            if row.months <= 1 or row.amount <= 0:
                continue
            end = self.period_end(row, t)
            if end >= t:
                term = Row(notice=pd.Timedelta(0), rolls=row.rolls, monthly=False, end=row.until)
                term.break_at, term.item = None, row
                open_ones.append((row, term, end, NEVER if row.rolls else end))
        worths = [(row.amount, row.currency, end, False) for row, _, end, _ in open_ones]
        return self.first(
            [
                (self.small(row.amount, row.currency, worths), term, end, final)
                for row, term, end, final in open_ones
            ]
        )

    def _decision(self, term, t, pays):
        month_end = month_start_after(t - TICK)
        if term is None:
            return (month_end, "month_end", month_end) if pays else (NEVER, None, NEVER)
        row, end, _, final = term
        rolling = row.rolls and final == NEVER
        if rolling and row.monthly and row.end == NEVER:
            point, kind, leaves = month_end, "month_end", month_end
        elif rolling:
            last = self.period_end(row.item, t) if hasattr(row, "item") else None
            leaves = last or self.end_after(row, t + row.notice - TICK)
            point = NEVER if leaves == NEVER else leaves - row.notice
            kind = "month_end" if row.monthly else "notice_deadline"
        elif not row.rolls:
            point, kind, leaves = end, "term_end", end
        else:
            point, kind, leaves = NEVER, None, NEVER
        leaves_early = at(row.break_at)
        every = int(getattr(row, "break_every_months", None) or 0)
        if every and leaves_early < t:
            breaks = (moved(at(row.break_at), k * every) for k in range(1, 2000))
            leaves_early = next(found for found in breaks if found >= t)
        if t <= leaves_early < point:
            return leaves_early, "break", leaves_early
        return (point, kind, leaves) if point < NEVER else (NEVER, None, NEVER)
