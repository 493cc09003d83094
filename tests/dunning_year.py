"""A book of customers who pay well, late, in part or never: a year of their lives.

What a customer does is drawn from a seed and his number, so that it is the same at
every run. Days pass by a clock that moves; the real jobs bill, collect and dun, money
comes in as in an accountant's office, and people do what they do about cases.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from odoo import Command

SEED = 20260101
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
COMPANY_TZ = "Europe/Paris"
ZONES = ("Europe/Paris", "America/Los_Angeles")
#: at which hours of UTC the job of a day may run: in the working hours of both zones,
#: of one, or of none
HOURS = (3, 8, 12, 16, 18, 20)
#: how many of a hundred customers are of a kind
KINDS = {
    "prompt": 68,
    "late": 9,
    "reminded": 7,
    "card": 3,
    "card_mends": 3,
    "card_never": 1,
    "never": 2,
    "promise_broken": 1,
    "promise_kept": 1,
    "plan": 1,
    "disputes": 1,
    "credited": 1,
    "partial": 1,
    "unreachable": 1,
}
#: kinds that pay when they are reminded, whatever they owe by then
PATIENT = {"prompt", "late", "reminded", "disputes", "credited", "partial"}
#: weekdays of the office: bank statements are booked twice a week, and what leads
#: nowhere is given up on Fridays; all else is done on any day
OFFICE_DAYS = {"transfer": (0, 3), "pay": (0, 3), "give_up": (4,)}
#: months between the invoices, and how many of twenty customers have such a plan
INTERVALS = {12: 17, 6: 2, 3: 1}


def days(count):
    """Return so many days as a difference."""
    return timedelta(days=count)


@dataclass
class Customer:
    """Somebody with a subscription or two."""

    number: int
    kind: str
    random: Random = field(repr=False)
    partner: object = field(default=None, repr=False)
    token: object = field(default=None, repr=False)

    def __str__(self):
        return f"customer {self.number} ({self.kind})"


def draw_customers(count, seed=SEED):
    """Return customers as the seed wants them."""
    kinds = [kind for kind, share in KINDS.items() for _ in range(share)]
    return [
        # Nine has no factor in common with a hundred: kinds and plans mix.
        Customer(number, kinds[number * 9 % len(kinds)], Random(f"{seed}/{number}"))
        for number in range(count)
    ]


class Year:
    """The book, and the days that pass over it.

    :param case: the test case: its environment, company and fixtures
    :param clock: freezegun's, which is moved
    """

    def __init__(self, case, clock, count, seed=SEED):
        self.case, self.env, self.clock = case, case.env, clock
        self.company = case.company
        self.random = Random(seed)
        self.customers = draw_customers(count, seed)
        self.agenda = defaultdict(list)
        self.moments = {}
        self.today = FIRST
        self.seen_action = self.seen_invoice = 0
        self._move_to(FIRST, 1)
        self._make_partners()
        self.billing_days = self._make_subscriptions()
        self.by_partner = {each.partner.id: each for each in self.customers}

    # === THE BOOK === #

    def _make_partners(self):
        terms = self.env["account.payment.term"].create(
            [
                {"name": f"{count} days", "line_ids": [self._term_line(count)]}
                for count in (0, 14)
            ]
        )
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer {each.number:04}",
                    "email": each.kind != "unreachable"
                    and f"customer{each.number}@example.com",
                    "tz": ZONES[each.number % 2],
                    "property_payment_term_id": terms[each.number % 3 == 0].id,
                }
                for each in self.customers
            ]
        )
        for each, partner in zip(self.customers, partners, strict=True):
            each.partner = partner
            if each.kind.startswith("card"):
                state = "done" if each.kind == "card" else "error"
                each.token = self.case._create_token(partner, state=state)

    @staticmethod
    def _term_line(count):
        return Command.create(
            {"value": "percent", "value_amount": 100, "nb_days": count}
        )

    def _make_subscriptions(self):
        """Create the subscriptions; return the days on which one of them is billed."""
        plans = {
            months: self.case._create_plan(name=f"{months}", interval_count=months)
            for months in INTERVALS
        }
        lengths = [months for months, share in INTERVALS.items() for _ in range(share)]
        vals_list, billing_days = [], set()
        for each in self.customers:
            months = lengths[each.number // 7 % len(lengths)]
            start = date(2026, 1 + each.number % min(months, 9), 5)
            billing_days |= {
                start.replace(month=month) for month in range(start.month, 13, months)
            }
            vals = {
                "partner_id": each.partner.id,
                "plan_id": plans[months].id,
                "date_start": start,
                **self._prepare_card(each),
            }
            currency = self.case.currencies[each.number % 4 == 0]
            vals_list.append({**vals, "currency_id": currency.id})
            if each.number % 20 == 3:
                vals_list.append({**vals, "currency_id": self.case.currencies[1].id})
            elif each.number % 20 == 4:
                vals_list.append({**vals, "currency_id": currency.id})
        self.env["subscription.subscription"].create(
            [
                self.case._prepare_subscription_vals(
                    [{"price_unit": 80 + index % 41}], state="active", **vals
                )
                for index, vals in enumerate(vals_list)
            ]
        )
        return billing_days

    @staticmethod
    def _prepare_card(customer):
        if not customer.token:
            return {"collection_method": "invoice"}
        return {
            "collection_method": "automatic",
            "payment_token_id": customer.token.id,
        }

    # === DAYS === #

    def _move_to(self, day, hour):
        self.today = day
        self.clock.move_to(
            datetime.combine(day, datetime.min.time().replace(hour=hour))
        )

    def pass_day(self, day):
        """Let a day pass: billing, money and people, then the job at some hour.

        :return: what is to be checked in between, as an iterator
        """
        self._move_to(day, self.random.choice(HOURS))
        self.moments[day] = datetime.now()
        if day in self.billing_days:
            self.case._run_renewal()
            self._plan_payments()
        self._collect()
        self._do_agenda()
        yield "before the job"
        for _done in self.env["dunning.run"]._in_company(self.company)._follow_up():
            pass
        self.env.flush_all()
        self.env.invalidate_all()
        yield "after the job"
        self._answer_contacts()
        self._collect()

    def _collect(self):
        """Charge cards, on days on which one is to be charged."""
        due = [("collection_state", "=", "due"), ("invoice_date_due", "<=", self.today)]
        if self.env["account.move"].search_count(due, limit=1):
            self.case._run_collection()

    def _later(self, count, what, customer):
        """Note what happens to a customer in so many days, tomorrow at the earliest,
        on a day on which the office does such things."""
        day = self.today + days(max(count, 1))
        while day.weekday() not in OFFICE_DAYS.get(what, range(7)):
            day += days(1)
        self.agenda[day].append((what, customer))

    def _do_agenda(self):
        """Do what was noted for today, all of a sort together."""
        todo = defaultdict(list)
        for what, customer in self.agenda.pop(self.today, ()):
            todo[what].append(customer)
        for what, customers in todo.items():
            partners = self.env["res.partner"].union(
                *(each.partner for each in customers)
            )
            getattr(self, f"_do_{what}")(customers, partners)

    # === WHAT CUSTOMERS DO === #

    def _plan_payments(self):
        """Let the customers of new invoices decide when they pay."""
        invoices = self.env["account.move"].search(
            [("move_type", "=", "out_invoice"), ("id", ">", self.seen_invoice)]
        )
        self.seen_invoice = max(invoices.ids, default=self.seen_invoice)
        for partner, mine in invoices.grouped("partner_id").items():
            customer = self.by_partner[partner.id]
            wait = (max(mine.mapped("invoice_date_due")) - self.today).days
            if plan := getattr(self, f"_plan_{customer.kind}", None):
                plan(customer, wait)

    def _plan_prompt(self, customer, wait):
        # Who has an invoice in another currency forgets that one, now and then.
        self._later(customer.random.randint(0, wait), "transfer", customer)

    def _plan_late(self, customer, wait):
        self._later(wait + customer.random.randint(1, 25), "pay", customer)

    def _plan_partial(self, customer, wait):
        self._later(wait, "pay_half", customer)

    def _plan_disputes(self, customer, wait):
        self._later(wait + 2, "dispute", customer)

    def _plan_credited(self, customer, wait):
        self._later(wait + 2, "draft_credit", customer)
        self._later(wait + 9, "post_credit", customer)

    def _plan_card_mends(self, customer, wait):
        customer.token.demo_simulated_state = "error"
        self._later(wait + customer.random.randint(2, 20), "mend_card", customer)

    def _answer_contacts(self):
        """Let the customers who were written to today decide what they do."""
        actions = self.env["dunning.action"].search(
            [("id", ">", self.seen_action)], order="id"
        )
        self.seen_action = max(actions.ids, default=self.seen_action)
        for case, mine in actions.grouped("case_id").items():
            customer = self.by_partner[case.partner_id.id]
            kinds = set(mine.mapped("action"))
            if "failed" in mine.mapped("state"):
                self._later(4, "find_address", customer)
            elif "email" in kinds:
                self._answer(customer, case)
            elif "activity" in kinds:
                self._later(customer.random.randint(1, 6), "give_up", customer)

    def _answer(self, customer, case):
        """Let a customer react to a reminder."""
        soon = customer.random.randint(1, 6)
        if customer.kind in PATIENT or customer.kind == "unreachable":
            if customer.kind != "reminded" or customer.random.random() < 0.6:
                self._later(soon, "pay", customer)
        elif customer.kind in ("promise_broken", "promise_kept", "plan"):
            # Nobody believes a second promise.
            if case.agreement_ids:
                self._later(soon, "pay", customer)
            else:
                self._later(1, customer.kind, customer)

    # === WHAT HAPPENS === #

    def _get_unpaid(self, partners):
        return self.env["account.move"].search(
            [
                ("commercial_partner_id", "in", partners.ids),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("collection_state", "not in", ("due", "open")),
            ]
        )

    def _get_cases(self, partners):
        domain = [("partner_id", "in", partners.ids), ("state", "=", "open")]
        return self.env["dunning.case"].search(domain)

    def _do_transfer(self, _customers, partners):
        """Book a bank statement: one entry for all that came in today."""
        for currency, moves in (
            self._get_unpaid(partners).grouped("currency_id").items()
        ):
            lines = moves.line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            )
            entry = self.env["account.move"].create(
                self._prepare_statement_vals(currency, lines)
            )
            entry.action_post()
            paid = entry.line_ids.filtered(lambda line: line.partner_id)
            self.env["account.move.line"]._reconcile_plan(
                [owed + credit for owed, credit in zip(lines, paid, strict=True)]
            )

    def _prepare_statement_vals(self, currency, lines):
        journal = self.case.bank_journal
        parts = [
            {
                "account_id": line.account_id.id,
                "partner_id": line.partner_id.id,
                "currency_id": currency.id,
                "amount_currency": -line.amount_residual_currency,
            }
            for line in lines
        ]
        total = sum(part["amount_currency"] for part in parts)
        parts.append(
            {
                "account_id": journal.default_account_id.id,
                "currency_id": currency.id,
                "amount_currency": -currency.round(total),
            }
        )
        return {
            "move_type": "entry",
            "journal_id": journal.id,
            "date": self.today,
            "line_ids": [Command.create(part) for part in parts],
        }

    def _do_pay(self, customers, partners):
        """Book what these customers owe: with a few, an accountant records payments."""
        by_hand = {each.partner for each in customers if each.number % 16 == 0}
        recorded = partners.filtered(lambda partner: partner in by_hand)
        self._do_transfer(customers, partners - recorded)
        if moves := self._get_unpaid(recorded):
            self._register(moves)

    def _do_pay_half(self, _customers, partners):
        for move in self._get_unpaid(partners):
            self._register(
                move, amount=move.currency_id.round(move.amount_residual / 2)
            )

    def _register(self, moves, **vals):
        for mine in moves.grouped("currency_id").values():
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=mine.ids
            )
            wizard.create(
                {
                    "payment_date": self.today,
                    "journal_id": self.case.bank_journal.id,
                    **({"group_payment": False} if len(mine) > 1 else {}),
                    **vals,
                }
            ).action_create_payments()

    def _do_mend_card(self, customers, _partners):
        for each in customers:
            each.token.demo_simulated_state = "done"

    def _do_dispute(self, customers, partners):
        self._get_unpaid(partners)._write_collection({"is_disputed": True})
        for each in customers:
            self._later(each.random.randint(8, 30), "settle_dispute", each)

    def _do_settle_dispute(self, customers, partners):
        """Half of them win, the others pay when they are asked to."""
        disputed = self._get_unpaid(partners).filtered("is_disputed")
        disputed._write_collection({"is_disputed": False})
        won = {each.partner for each in customers if each.number % 2}
        self._credit(disputed.filtered(lambda move: move.partner_id in won))

    def _do_draft_credit(self, _customers, partners):
        for move in self._get_unpaid(partners):
            move._reverse_moves([{"invoice_date": self.today, "date": self.today}])

    def _do_post_credit(self, customers, partners):
        """Post the credit notes: of half of the invoice with every second one."""
        notes = self._get_unpaid(partners).reversal_move_ids.filtered(
            lambda note: note.state == "draft"
        )
        for note in notes:
            if self.by_partner[note.partner_id.id].number % 2:
                note.invoice_line_ids[:1].quantity = 0.5
        notes.action_post()
        for note in notes:
            lines = (note | note.reversed_entry_id).line_ids
            lines.filtered(
                lambda line: line.account_type == "asset_receivable"
            ).reconcile()

    def _credit(self, moves):
        if moves:
            vals = {"invoice_date": self.today, "date": self.today}
            moves._reverse_moves([vals] * len(moves), cancel=True)

    def _agree(self, case, **vals):
        """Write down what a customer promises."""
        wizard = self.env["dunning.agree"].create(
            {"case_id": case.id, "note": "On the phone.", **vals}
        )
        wizard.action_agree()

    def _do_promise_broken(self, _customers, partners):
        for case in self._get_cases(partners):
            self._agree(case, date_first=self.today + days(5))

    def _do_promise_kept(self, customers, partners):
        for case in self._get_cases(partners):
            self._agree(case, date_first=self.today + days(7))
        for each in customers:
            self._later(each.random.randint(1, 4), "pay", each)

    def _do_plan(self, customers, partners):
        for case in self._get_cases(partners):
            self._agree(case, date_first=self.today + days(5), count=2)
        for each in customers:
            self._later(5, "pay_half", each)
            self._later(33, "pay", each)

    def _do_find_address(self, customers, partners):
        """Enter the address that was missing, and let the step be repeated."""
        for each in customers:
            each.partner.email = f"found{each.number}@example.com"
        self._get_cases(partners).filtered("error").action_repeat()

    def _do_give_up(self, _customers, partners):
        """Credit what will not come: every second time the fee is waived before."""
        for case in self._get_cases(partners):
            number = self.by_partner[case.partner_id.id].number
            if number % 2 and case.fee_ids.filtered(lambda fee: fee.state == "booked"):
                case.fee_ids._waive("It leads nowhere.")
        self._credit(self._get_unpaid(partners))
