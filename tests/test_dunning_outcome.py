"""What became of a case, and of the money: by the books."""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.exceptions import UserError
from odoo.tests import tagged


class OutcomeCase(DunningCommon):
    """115.00 were due on 1 March; cases open on the 2nd, with a reminder on the 4th."""

    def _open_case(self, **vals):
        """Return an invoice that is followed up since 2 March."""
        invoice = self._bill(**vals)
        self._dun("2026-03-02")
        return invoice

    def _pay_part(self, invoice, amount, day):
        with freeze_time(f"{day} 12:00:00"):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard.create({"amount": amount}).action_create_payments()

    def _credit(self, invoice, day):
        """Let an accountant take an invoice back, and the next run see it."""
        with freeze_time(f"{day} 10:00:00"):
            invoice._reverse_moves([{"date": day, "invoice_date": day}], cancel=True)
        self._dun(day, "11:00:00")

    def _write_off(self, invoice, day, amount=None):
        """Give up what is owed, with the entry that names the case."""
        receivable = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        loss = self.env["account.account"].search(
            [("account_type", "=", "expense")], limit=1
        )
        amount = amount or invoice.amount_residual
        with freeze_time(f"{day} 10:00:00"):
            entry = (
                self.env["account.move"]
                .sudo()
                .create(
                    {
                        "move_type": "entry",
                        "date": day,
                        "dunning_written_off_case_id": invoice.dunning_case_id.id,
                        "line_ids": [
                            Command.create({"account_id": loss.id, "debit": amount}),
                            Command.create(
                                {
                                    "account_id": receivable.account_id.id,
                                    "partner_id": invoice.partner_id.id,
                                    "credit": amount,
                                }
                            ),
                        ],
                    }
                )
            )
            entry.action_post()
            given_up = entry.line_ids.filtered("credit")
            (receivable | given_up).reconcile()
        return entry

    def _receive_on_bank_statement(self, invoice, day):
        """Let money come in on a bank statement, without a payment."""
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        receivable = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        with freeze_time(f"{day} 10:00:00"):
            line = self.env["account.bank.statement.line"].create(
                {
                    "journal_id": journal.id,
                    "date": day,
                    "payment_ref": invoice.name,
                    "amount": invoice.amount_residual,
                    "partner_id": invoice.partner_id.id,
                }
            )
            _liquidity, suspense, _other = line._seek_for_lines()
            suspense.account_id = receivable.account_id
            (receivable | suspense).reconcile()

    def _assert_outcome(self, case, outcome, recovered, lost, days):
        self.assertRecordValues(
            case,
            [
                {
                    "state": "closed",
                    "outcome": outcome,
                    "amount_recovered": recovered,
                    "amount_lost": lost,
                    "days_open": days,
                }
            ],
        )


@tagged("standard", "post_install", "-at_install")
class TestDunningOutcome(OutcomeCase):
    def test_money_that_comes_is_recovered(self):
        invoice = self._open_case()
        self._pay(invoice, "2026-03-12")
        self._assert_outcome(self._get_case(invoice), "paid", 115, 0, 10)

    def test_money_of_a_bank_statement_is_recovered(self):
        invoice = self._open_case()
        self._receive_on_bank_statement(invoice, "2026-03-05")
        self._assert_outcome(self._get_case(invoice), "paid", 115, 0, 3)

    def test_money_from_before_the_case_is_not_recovered_by_it(self):
        invoice = self._bill()
        self._pay_part(invoice, 40, "2026-03-01")
        self._dun("2026-03-02")
        self._pay(invoice, "2026-03-06")
        self._assert_outcome(self._get_case(invoice), "paid", 75, 0, 4)

    def test_a_payment_without_an_entry_is_recovered_once(self):
        # As with an accounting app that matches bank statements.
        self.env["account.payment.method.line"].search([]).payment_account_id = False
        move = self.env.registry["account.move"]
        with patch.object(
            move, "_get_invoice_in_payment_state", lambda self: "in_payment"
        ):
            invoice = self._open_case()
            self._pay(invoice, "2026-03-07")
        self._dun("2026-03-07", "13:00:00")
        self.assertFalse(invoice.matched_payment_ids.move_id)
        self._assert_outcome(self._get_case(invoice), "paid", 115, 0, 5)

    def test_what_is_taken_back_is_not_recovered(self):
        invoice = self._open_case()
        self._credit(invoice, "2026-03-10")
        self._assert_outcome(self._get_case(invoice), "credited", 0, 0, 8)

    def test_what_is_given_up_is_lost_and_the_money_before_it_is_not(self):
        invoice = self._open_case()
        self._pay_part(invoice, 50, "2026-03-05")
        self._write_off(invoice, "2026-03-20")
        self._assert_outcome(self._get_case(invoice), "written_off", 50, 65, 18)

    def test_an_entry_by_hand_is_neither_money_nor_a_loss(self):
        invoice = self._open_case()
        entry = self._write_off(invoice, "2026-03-20")
        # As an accountant books it, without the case.
        self.env.cr.execute(
            "UPDATE account_move SET dunning_written_off_case_id = NULL WHERE id = %s",
            [entry.id],
        )
        case = self._get_case(invoice)
        case._keep_outcome()
        self._assert_outcome(case, "credited", 0, 0, 18)

    def test_a_reminder_before_the_due_date_that_helps_has_no_outcome(self):
        self._create_policy({"name": "Soon", "days": -5, "action": "email"}, sequence=1)
        with freeze_time("2026-02-20 08:00:00"):
            subscription = self._create_subscription(date_start=date(2026, 2, 20))
            subscription.payment_term_id = self.env["account.payment.term"].create(
                {
                    "name": "9 days",
                    "line_ids": [Command.create({"value": "percent", "nb_days": 9})],
                }
            )
            self._run_renewal()
        invoice = subscription.invoice_ids
        self._dun("2026-02-25")
        case = self._get_case(invoice)
        self.assertEqual(case.state, "upcoming")
        self._pay(invoice, "2026-02-26")
        self._assert_outcome(case, False, 0, 0, 0)

    def test_what_is_owed_later_has_no_outcome(self):
        invoice = self._open_case()
        invoice.invoice_date_due = date(2026, 4, 1)
        self._dun("2026-03-04")
        self._assert_outcome(self._get_case(invoice), False, 0, 0, 2)

    def test_many_cases_keep_their_outcomes_with_few_queries(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Payer {number}"} for number in range(5)]
        )
        invoices = self.env["account.move"].union(
            *(self._bill(partner_id=partner.id) for partner in partners)
        )
        self._dun("2026-03-02")
        for invoice in invoices:
            self._pay(invoice, "2026-03-04")
        cases = invoices.dunning_case_id
        self.env.flush_all()
        # What is known by then, and the amounts of all.
        cases.mapped("date_closed")
        with self.assertQueryCount(2):
            cases._keep_outcome()
        self.assertEqual(cases.mapped("amount_recovered"), [115] * 5)

    def test_nobody_writes_the_outcome_by_remote_call(self):
        invoice = self._open_case()
        user = self.env.ref("base.user_admin")
        with self.assertRaises(UserError):
            self._get_case(invoice).with_user(user).write({"outcome": "paid"})
