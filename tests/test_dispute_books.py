"""The books of disputes follow the money."""

from collections import defaultdict
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.tests.common_disputes import DisputeCase

BOOKS = "subscription_billing.mail_activity_type_dispute_books"
ERRORS = "odoo.addons.subscription_billing.models.subscription_dispute_books"


class BooksCase(DisputeCase):
    """Amounts on the accounts of disputes, in the company's currency."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claim = cls.company.subscription_dispute_account_id
        cls.loss = cls.company.subscription_dispute_loss_account_id
        cls.fee = cls.company.subscription_dispute_fee_account_id
        cls.money = cls.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == cls.provider
        ).payment_account_id

    def _get_balances(self, currency=None):
        """Return what is on the accounts: money, claim, loss, fee.

        :param currency: count the amounts in it instead of the company's
        """
        field = "amount_currency:sum" if currency else "balance:sum"
        domain = [
            ("parent_state", "=", "posted"),
            ("company_id", "=", self.company.id),
        ]
        if currency:
            domain.append(("currency_id", "=", currency.id))
        rows = self.env["account.move.line"]._read_group(
            domain, ["account_id"], [field]
        )
        found = defaultdict(float, rows)
        return [
            round(found[account], 2)
            for account in (self.money, self.claim, self.loss, self.fee)
        ]

    def _owed(self, invoice):
        """Return what is owed of an invoice, and what core calls that."""
        return invoice.amount_residual, invoice.payment_state

    def _pay_otherwise(self, invoice):
        """Register a payment of an invoice, as people do."""
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()


@tagged("standard", "post_install", "-at_install")
class TestMovements(BooksCase):
    def test_withdrawn_money_is_a_claim_and_the_fee_is_spent(self):
        invoice = self._create_paid()
        self.assertEqual(self._get_balances(), [115, 0, 0, 0])
        taken = self._movement(fee=15)
        dispute = self._dispute(invoice, movements=(taken,))
        self.assertEqual(self._get_balances(), [-15, 115, 0, 15])
        self.assertFalse(dispute.books_error)
        self.assertEqual(dispute.amount_fee, 15)
        entry = dispute.movement_ids.move_id
        self.assertRecordValues(
            entry,
            [
                {
                    "state": "posted",
                    "date": date(2026, 3, 20),
                    "journal_id": self.provider.journal_id.id,
                }
            ],
        )
        self.assertEqual(self._owed(invoice)[0], 0)

    def test_a_movement_is_booked_once(self):
        invoice = self._create_paid()
        facts = self._facts(invoice, movements=(self._movement(), self._movement()))
        dispute = self._tell(facts)
        self._tell(facts)
        self._tell(facts)
        self.assertEqual(len(dispute.movement_ids), 1)
        self.assertEqual(self._get_balances(), [0, 115, 0, 0])

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_a_second_one(self):
        dispute = self._dispute(self._create_paid(), movements=(self._movement(),))
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            dispute.movement_ids.copy()

    def test_reinstated_money_ends_the_claim(self):
        invoice = self._create_paid()
        self._dispute(invoice, movements=(self._movement(fee=15),))
        back = self._movement("txn_2", "reinstated", fee=-15)
        self._dispute(invoice, status="won", hours=1, movements=(back,))
        self.assertEqual(self._get_balances(), [115, 0, 0, 0])
        claim = invoice.dispute_ids.movement_ids.move_id.line_ids.filtered(
            lambda line: line.account_id == self.claim
        )
        self.assertTrue(all(claim.mapped("reconciled")))

    def test_a_won_dispute_waits_for_its_money(self):
        invoice = self._create_paid()
        self._dispute(invoice, movements=(self._movement(),))
        self._dispute(invoice, status="won", hours=1)
        self.assertEqual(self._get_balances(), [0, 115, 0, 0])

    def test_a_fee_alone_is_spent(self):
        countered = self._movement("txn_3", "fee", 0, fee=20)
        self._dispute(self._create_paid(), movements=(countered,))
        self.assertEqual(self._get_balances(), [95, 0, 0, 20])

    def test_money_moves_before_the_dispute_is_decided_or_after(self):
        invoice = self._create_paid()
        dispute = self._dispute(invoice, status="lost")
        self.assertEqual(self._get_balances(), [115, 0, 0, 0])
        self._dispute(invoice, movements=(self._movement(),))
        self.assertEqual(self._get_balances(), [0, 0, 115, 0])
        self.assertEqual(dispute.amount_lost, 115)

    def test_a_locked_period_is_booked_today(self):
        invoice = self._create_paid()
        self.company.fiscalyear_lock_date = date(2026, 3, 15)
        old = self._movement(date=date(2026, 3, 12))
        dispute = self._dispute(invoice, movements=(old,))
        self.assertEqual(dispute.movement_ids.move_id.date, date(2026, 3, 20))
        self.assertEqual(dispute.movement_ids.date, date(2026, 3, 12))

    def test_a_journal_may_be_chosen(self):
        journal = self.env["account.journal"].create(
            {"name": "Disputes", "code": "DISP", "type": "general"}
        )
        self.company.subscription_dispute_journal_id = journal
        dispute = self._dispute(self._create_paid(), movements=(self._movement(),))
        self.assertEqual(dispute.movement_ids.move_id.journal_id, journal)

    def test_money_of_an_unknown_charge_is_booked_too(self):
        facts = self._facts(movements=(self._movement(),))
        dispute = self._tell(facts)
        self.assertFalse(dispute.books_error)
        self.assertEqual(self._get_balances(), [-115, 115, 0, 0])


@tagged("standard", "post_install", "-at_install")
class TestErrors(BooksCase):
    def test_a_missing_account_is_named_and_booked_later(self):
        self.company.subscription_dispute_fee_account_id = False
        invoice = self._create_paid()
        with self.assertLogs(ERRORS, "WARNING"):
            dispute = self._dispute(invoice, movements=(self._movement(fee=15),))
        self.assertIn("Dispute Fees Account", dispute.books_error)
        self.assertTrue(dispute.activity_search([BOOKS]))
        self.assertTrue(invoice.is_disputed, "the dispute is kept all the same")
        self.company._create_dispute_accounts()
        dispute.action_settle_books()
        self.assertFalse(dispute.books_error)
        self.assertFalse(dispute.activity_search([BOOKS]))
        self.assertEqual(self._get_balances()[:2], [-15, 115])

    def test_an_account_that_cannot_be_matched_is_refused(self):
        self.claim.reconcile = False
        with self.assertRaisesRegex(UserError, "reconciliation"):
            self.company._get_dispute_account("subscription_dispute_account_id")

    def test_a_missing_journal_is_named(self):
        dispute = self._dispute(self._create_paid())
        self.provider.journal_id = False
        self._tell(self._facts(dispute.invoice_id))
        with self.assertLogs(ERRORS, "WARNING"):
            self._dispute(dispute.invoice_id, movements=(self._movement(),))
        self.assertIn("Dispute Journal", dispute.books_error)

    def test_what_was_lost_before_it_was_booked_is_owed_once_it_is(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        charge = invoice.transaction_ids
        payment = charge.payment_id
        payment.action_draft()
        payment.action_cancel()
        charge.write({"payment_id": False, "is_post_processed": False})
        taken = self._movement()
        with self.assertLogs(ERRORS, "WARNING"):
            dispute = self._dispute(invoice, status="lost", movements=(taken,))
        self.assertTrue(dispute.books_error)
        charge._post_process()
        self.assertTrue(charge.payment_id)
        self.assertFalse(dispute.books_error)
        self.assertFalse(dispute.activity_search([BOOKS]))
        self.assertEqual(self._owed(invoice), (115, "not_paid"))

    def test_an_unknown_payment_cannot_be_owed_again(self):
        with self.assertLogs(ERRORS, "WARNING"):
            dispute = self._tell(
                self._facts(
                    reason="insufficient_funds",
                    status="lost",
                    movements=(self._movement(),),
                )
            )
        self.assertIn("Written off", dispute.books_error)
        self.assertEqual(self._get_balances(), [-115, 115, 0, 0])
        dispute.loss_handling = "write_off"
        dispute.action_settle_books()
        self.assertEqual(self._get_balances(), [-115, 0, 115, 0])


@tagged("standard", "post_install", "-at_install")
class TestRefunds(BooksCase):
    """What a bank takes back is not refunded as well."""

    def _can_refund(self, invoice):
        return float(sum(invoice._get_refundable_charges().values()))

    def test_disputed_money_cannot_be_refunded(self):
        invoice = self._create_paid()
        self._dispute(invoice, amount=Decimal(40))
        self.assertEqual(self._can_refund(invoice), 75)
        self._dispute(invoice, amount=Decimal(40), status="won", hours=1)
        self.assertEqual(self._can_refund(invoice), 115)

    def test_lost_money_cannot_be_refunded(self):
        invoice = self._create_paid()
        self._dispute(invoice, status="lost")
        self.assertEqual(self._can_refund(invoice), 0)
        wizard = self.env["subscription.refund"].new({"invoice_id": invoice.id})
        self.assertEqual(wizard.method, "credit")
        self.assertTrue(wizard.is_disputed)

    def test_a_refund_still_ends_an_inquiry(self):
        invoice = self._create_paid()
        self._dispute(invoice, status="warning_needs_response")
        self.assertEqual(self._can_refund(invoice), 115)


@tagged("standard", "post_install", "-at_install")
class TestLosses(BooksCase):
    def _lose(self, invoice, amount=115, **vals):
        taken = self._movement(amount=amount)
        return self._dispute(
            invoice, amount=taken.amount, status="lost", movements=(taken,), **vals
        )

    def test_what_is_lost_is_written_off(self):
        invoice = self._create_paid()
        dispute = self._lose(invoice)
        self.assertEqual(dispute.loss_handling, "write_off")
        self.assertEqual(self._get_balances(), [0, 0, 115, 0])
        self.assertEqual(self._owed(invoice)[0], 0)

    def test_what_is_lost_is_owed_again_where_the_company_says_so(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        self._lose(invoice)
        self.assertEqual(self._get_balances(), [0, 0, 0, 0])
        self.assertEqual(self._owed(invoice), (115, "not_paid"))

    def test_what_the_bank_returns_is_owed_again(self):
        for reason in ("debit_not_authorized", "incorrect_account_details"):
            invoice = self._create_paid()
            taken = self._movement(f"txn_{reason}")
            self._dispute(invoice, reason=reason, status="lost", movements=(taken,))
            self.assertEqual(self._owed(invoice), (115, "not_paid"))
            self.assertIn("owes", invoice.collection_error)

    def test_a_part_is_owed_again(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        self._lose(invoice, 40)
        self.assertEqual(self._get_balances(), [75, 0, 0, 0])
        self.assertEqual(self._owed(invoice), (40, "partial"))

    def test_an_invoice_owed_again_can_be_paid_otherwise(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        self._lose(invoice)
        self._pay_otherwise(invoice)
        self.assertEqual(self._owed(invoice)[0], 0)

    def test_an_appeal_that_is_won_takes_the_loss_back(self):
        invoice = self._create_paid()
        dispute = self._lose(invoice)
        back = self._movement("txn_2", "reinstated")
        self._dispute(invoice, status="appeal_under_review", hours=1)
        self._dispute(invoice, status="won", hours=2, movements=(back,))
        self.assertEqual(self._get_balances(), [115, 0, 0, 0])
        self.assertEqual(dispute.amount_lost, 0)

    def test_an_appeal_that_is_won_pays_the_invoice_again(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        self._lose(invoice)
        back = self._movement("txn_2", "reinstated")
        self._dispute(invoice, status="won", hours=2, movements=(back,))
        self.assertEqual(self._get_balances(), [115, 0, 0, 0])
        self.assertEqual(self._owed(invoice)[0], 0)
        self.assertFalse(invoice.is_disputed)

    def test_what_comes_back_after_it_was_paid_again_is_decided_by_a_person(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        self._lose(invoice)
        self._pay_otherwise(invoice)
        back = self._movement("txn_2", "reinstated")
        dispute = self._dispute(invoice, status="won", hours=2, movements=(back,))
        self.assertIn("115.00", invoice.activity_ids.note)
        self.assertIn("is too much", invoice.activity_ids.note)
        self.assertFalse(dispute.books_error)

    def test_what_pays_the_invoice_again_asks_nobody(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        self._lose(invoice)
        back = self._movement("txn_2", "reinstated")
        self._dispute(invoice, status="won", hours=2, movements=(back,))
        self.assertFalse(invoice.activity_ids)

    def test_what_does_not_come_back_although_it_was_won_is_asked_for(self):
        invoice = self._create_paid()
        taken = (self._movement(), self._movement("txn_2"))
        self._dispute(invoice, movements=taken)
        back = self._movement("txn_3", "reinstated")
        with self.assertLogs(ERRORS, "WARNING"):
            dispute = self._dispute(invoice, status="won", hours=2, movements=(back,))
        self.assertIn("115.00", dispute.books_error)
        self.assertEqual(dispute.activity_search([BOOKS]).mapped("res_id"), dispute.ids)
        more = self._movement("txn_4", "reinstated")
        self._dispute(invoice, status="won", hours=3, movements=(more,))
        self.assertFalse(dispute.books_error)
        self.assertFalse(dispute.activity_search([BOOKS]))
        self.assertEqual(self._get_balances(), [115, 0, 0, 0])

    def test_two_disputes_of_one_charge_are_kept_apart(self):
        invoice = self._create_paid()
        first = self._dispute(
            invoice, amount=Decimal(40), movements=(self._movement(amount=40),)
        )
        second = self._dispute(
            invoice,
            id="dp_second",
            amount=Decimal(30),
            status="lost",
            movements=(self._movement("txn_2", amount=30),),
        )
        self.assertEqual(self._get_balances(), [45, 40, 30, 0])
        self.assertNotEqual(first, second)
        self._dispute(invoice, amount=Decimal(40), status="lost", hours=1)
        self.assertEqual(self._get_balances(), [45, 0, 70, 0])


@tagged("standard", "post_install", "-at_install")
class TestCurrencies(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "X",
                "rate_ids": [
                    (0, 0, {"name": "2026-01-01", "rate": 2}),
                    (0, 0, {"name": "2026-03-25", "rate": 4}),
                ],
            }
        )

    def _foreign(self, id_="txn_1", kind="withdrawn", amount=230, **vals):
        return self._movement(id_, kind, amount, currency="XTS", **vals)

    def test_a_movement_is_booked_in_its_own_currency_at_its_day(self):
        dispute = self._dispute(self._create_paid(), movements=(self._foreign(fee=10),))
        self.assertEqual(self._get_balances(), [-5, 115, 0, 5])
        self.assertEqual(self._get_balances(self.foreign), [-240, 230, 0, 10])
        self.assertEqual(dispute.amount_fee, 5)

    def test_the_rate_that_changed_meanwhile_leaves_nothing_on_the_claim(self):
        invoice = self._create_paid()
        self._dispute(invoice, movements=(self._foreign(),))
        back = self._foreign("txn_2", "reinstated", date=date(2026, 3, 26))
        self._dispute(invoice, status="won", hours=200, movements=(back,))
        self.assertEqual(self._get_balances()[:2], [57.5, 0])
        self.assertEqual(self._get_balances(self.foreign)[:2], [0, 0])

    def test_a_loss_in_another_currency_leaves_nothing_on_the_claim(self):
        self._dispute(self._create_paid(), status="lost", movements=(self._foreign(),))
        self.assertEqual(self._get_balances(), [0, 0, 115, 0])

    def test_what_is_owed_again_is_what_was_paid(self):
        """The provider took a little more than its rate said."""
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid()
        taken = self._foreign(amount=234)
        self._dispute(invoice, status="lost", movements=(taken,))
        self.assertEqual(self._owed(invoice), (115, "not_paid"))
        self.assertEqual(self._get_balances(), [-2, 0, 2, 0])

    def test_a_foreign_invoice_is_owed_again_in_its_currency(self):
        self.company.subscription_dispute_loss = "reopen"
        invoice = self._create_paid(currency_id=self.foreign.id)
        self.assertEqual(invoice.currency_id, self.foreign)
        total = invoice.amount_total
        self._dispute(
            invoice, status="lost", movements=(self._movement(amount=total / 2),)
        )
        self.assertEqual(self._owed(invoice), (total, "not_paid"))
        self.assertEqual(self._get_balances()[1], 0)


#: what a provider tells of one dispute of 115: withdrawn; then won and given back, or
#: lost; with an appeal after a loss, or a part given back
STORIES = {
    "won": (("needs_response", "w"), ("under_review", ""), ("won", "r")),
    "won_before_the_money": (("needs_response", "w"), ("won", ""), ("won", "r")),
    "lost": (("needs_response", "w"), ("lost", "")),
    "lost_without_a_word": (("lost", "w"),),
    "appealed": (
        ("needs_response", "w"),
        ("lost", ""),
        ("appeal_under_review", ""),
        ("won", "r"),
    ),
    "partly": (("needs_response", "w"), ("lost", "p")),
    "prevented": (("warning_needs_response", ""), ("prevented", "w")),
    "inquiry": (("warning_needs_response", ""), ("warning_closed", "")),
}


@tagged("standard", "post_install", "-at_install")
class TestProperties(BooksCase):
    """Whatever is told, in whatever order and how often: the sums agree."""

    def setUp(self):
        super().setUp()
        self.invoice = self._create_paid()

    @contextmanager
    def _afresh(self):
        """Undo what an example does."""
        with self.env.cr.savepoint() as savepoint:
            yield
            savepoint.rollback()
        self.env.invalidate_all()

    def _get_facts(self, invoice, story, fee):
        """Return what is told of a dispute, in its natural order."""
        movements = {
            "": (),
            "w": (self._movement(fee=fee),),
            "r": (self._movement("txn_2", "reinstated", fee=-fee),),
            "p": (self._movement("txn_3", "reinstated", 15),),
        }
        return [
            self._facts(invoice, status=status, hours=hour, movements=movements[money])
            for hour, (status, money) in enumerate(STORIES[story])
        ]

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        story=st.sampled_from(sorted(STORIES)),
        fee=st.sampled_from([0, 15, Decimal("7.53")]),
        handling=st.sampled_from(["write_off", "reopen"]),
        seed=st.randoms(use_true_random=False),
    )
    def _check(self, story, fee, handling, seed):
        with self._afresh():
            self.company.subscription_dispute_loss = handling
            told = self._get_facts(self.invoice, story, fee)
            moved = {each.id: each for facts in told for each in facts.movements}
            order = told + seed.sample(told, seed.randrange(len(told) + 1))
            seed.shuffle(order)
            note([(facts.status, facts.time.hour) for facts in order])
            for facts in order:
                dispute = self._tell(facts)
                self.assertFalse(dispute.books_error)
            money, claim, loss, fees = self._get_balances()
            self.assertEqual(dispute.state, told[-1].status)
            signs = {"withdrawn": 1, "reinstated": -1}
            kept = sum(signs[each.kind] * each.amount for each in moved.values())
            charged = sum(each.fee for each in moved.values())
            self.assertEqual(money, float(115 - kept - charged))
            self.assertEqual(claim, 0)
            self.assertEqual(fees, float(charged))
            kept = float(kept)
            if handling == "write_off":
                self.assertEqual((loss, self.invoice.amount_residual), (kept, 0))
            else:
                self.assertEqual((loss, self.invoice.amount_residual), (0, kept))

    def test_the_books_end_the_same_in_any_order(self):
        self._check()
