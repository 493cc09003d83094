"""Late fees and interest: booked once, worked out to the cent, waived by people."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

FIXED = {"action": "fee", "fee_kind": "fixed", "fee_amount": 12}
INTEREST = {"action": "fee", "fee_kind": "interest", "fee_percent": 7.3}
STATUTORY = {
    "action": "fee",
    "fee_kind": "statutory",
    "fee_amount": 40,
    "fee_percent": 8,
}


def day(number):
    """Return the day so many days after the due date."""
    return DUE + timedelta(days=number)


@tagged("standard", "post_install", "-at_install")
class TestDunningFees(DunningCommon):
    def setUp(self):
        super().setUp()
        self.policy.active = False
        self.partner.is_company = True

    def _charge(self, *steps, **vals):
        """Follow a policy of these steps, with one overdue invoice; return it."""
        self._create_policy(
            *({"name": f"Fee {n}", "grace_days": 0, **s} for n, s in enumerate(steps))
        )
        invoice = self._bill(**vals)
        self.assertEqual(invoice.state, "posted")
        return invoice

    def _get_fees(self, invoice):
        return self.env["dunning.fee"].search(
            [("move_id", "in", invoice.ids)], order="id"
        )

    def _waive(self, action, reason="A good customer."):
        self._open_form(action)
        wizard = self.env[action["res_model"]].with_context(**action["context"])
        wizard.create({"reason": reason}).action_waive()

    # === BOOKING === #

    def test_a_fee_is_on_an_invoice_of_its_own(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(9))
        self.assertFalse(self._get_fees(invoice))
        self._dun(day(10))
        fee = self._get_fees(invoice)
        case = invoice.dunning_case_id
        self.assertRecordValues(
            fee.fee_move_id,
            [
                {
                    "move_type": "out_invoice",
                    "state": "posted",
                    "partner_id": case.partner_id.id,
                    "currency_id": case.currency_id.id,
                    "invoice_date_due": day(10),
                    "amount_total": 12,
                    "amount_tax": 0,
                    "dunning_case_id": case.id,
                }
            ],
        )
        line = fee.fee_move_id.invoice_line_ids
        self.assertEqual(line.name, f"Late fee for invoice {invoice.name}")
        self.assertEqual(
            line.product_id,
            self.env.ref("subscription_billing_dunning.product_late_fee"),
        )
        self.assertEqual(case.amount_overdue, invoice.amount_residual + 12)

    def test_complaint_14_running_again_books_nothing_twice(self):
        """Complaint 14: the job ran twice, and fees were there twice."""
        invoice = self._charge({**FIXED, "days": 10}, {**INTEREST, "days": 10})
        for number in (10, 10, 11, 40):
            self._dun(day(number))
        fees = self._get_fees(invoice)
        self.assertEqual(fees.mapped("kind"), ["fixed", "interest"])
        self.assertEqual(len(fees.fee_move_id), 2)

    def test_complaint_14_the_database_refuses_a_second_fee(self):
        """Complaint 14: the job ran twice, and fees were there twice."""
        invoice = self._charge({**FIXED, "days": 10}, {**INTEREST, "days": 10})
        self._dun(day(10))
        for fee in self._get_fees(invoice):
            vals = fee.read(load="_classic_read")[0]
            names = ("case_id", "step_id", "move_id", "company_id")
            again = {name: fee[name].id for name in names}
            again |= {name: vals[name] for name in ("kind", "date_from", "amount")}
            again |= {"date_until": day(30), "state": "booked"}
            self.assertFalse(self.env["dunning.fee"]._claim(again))

    def test_what_is_unpaid_again_bears_no_second_fixed_fee(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(10))
        first = invoice.dunning_case_id
        self._pay(self._get_fees(invoice).fee_move_id, day(11))
        self._pay(invoice, day(11))
        self.assertEqual(first.state, "closed")
        payment = invoice.matched_payment_ids
        payment.action_draft()
        payment.action_cancel()
        self._dun(day(12))
        case = invoice.dunning_case_id
        self.assertNotEqual(case, first)
        self.assertEqual(len(self._get_fees(invoice)), 1)
        self.assertEqual(case.action_ids.state, "skipped")
        self.assertIn("booked before", case.action_ids.error)

    def test_complaint_14_another_policy_books_no_second_fixed_fee(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(10))
        case = invoice.dunning_case_id
        with freeze_time(f"{day(11)} 08:00:00"):
            case.policy_id = self._create_policy(
                {**FIXED, "name": "Other", "days": 11, "grace_days": 0},
                {**STATUTORY, "name": "Law", "days": 12, "grace_days": 0},
            )
        self._dun(day(11))
        self._dun(day(12))
        fixed, statutory = self._get_fees(invoice)
        self.assertEqual(fixed.amount, 12)
        # Only the interest: 12 days of 8 % and the reference rate.
        self.assertEqual(statutory.kind, "statutory")
        self.assertLess(statutory.amount, 1)

    def test_each_invoice_has_its_fee_and_fees_have_none(self):
        first = self._charge({**FIXED, "days": 10})
        second = self._bill()
        for number in (10, 20, 30):
            self._dun(day(number))
        fees = self._get_fees(first | second)
        self.assertEqual(self.env["dunning.fee"].search_count([]), 2)
        self.assertEqual(len(fees.fee_move_id), 2)
        skipped = first.dunning_case_id.action_ids.filtered(
            lambda action: action.state == "skipped"
        )
        self.assertEqual(skipped.move_id, fees.fee_move_id)

    # === INTEREST === #

    def test_a_line_says_how_interest_is_worked_out(self):
        invoice = self._charge({**INTEREST, "days": 10})
        self._dun(day(10))
        line = self._get_fees(invoice).fee_move_id.invoice_line_ids
        # 115 x 7.3 % x 10 / 365
        self.assertEqual(line.price_subtotal, 0.23)
        for words in (
            "115.00",
            "10 days",
            "03/02/2026",
            "03/11/2026",
            "7.3 % per year",
        ):
            self.assertIn(words, line.name)

    def test_interest_of_two_bookings_adds_up(self):
        invoice = self._charge(*({**INTEREST, "days": n} for n in (10, 17, 31)))
        for number in (10, 17, 31):
            self._dun(day(number))
        fees = self._get_fees(invoice)
        self.assertEqual(fees.mapped("date_from"), [day(0), day(10), day(17)])
        self.assertEqual(fees.mapped("date_until"), [day(10), day(17), day(31)])
        # 115 x 7.3 % x 31 / 365 = 0.713
        self.assertAlmostEqual(sum(fees.mapped("amount")), 0.71)
        self.assertAlmostEqual(fees[-1].remainder, 0.003)

    def test_interest_is_on_what_was_open(self):
        invoice = self._charge({**INTEREST, "days": 20, "fee_percent": 36.5})
        self._dun(day(2))
        with freeze_time(f"{day(10)} 12:00:00"):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard.create({"amount": 65}).action_create_payments()
        self._dun(day(20))
        lines = self._get_fees(invoice).fee_move_id.invoice_line_ids
        # 10 days on 115, then 10 on 50, at a thousandth a day
        self.assertEqual(lines.mapped("price_subtotal"), [1.15, 0.5])

    def test_percent_and_limits(self):
        invoice = self._charge(
            {"action": "fee", "fee_kind": "percent", "fee_percent": 10, "days": 5},
            {**INTEREST, "days": 6, "fee_minimum": 5},
            {"action": "fee", "fee_kind": "percent", "fee_percent": 10, "days": 7}
            | {"fee_maximum": 8},
        )
        for number in (5, 6, 7):
            self._dun(day(number))
        self.assertEqual(self._get_fees(invoice).mapped("amount"), [11.5, 5, 8])

    # === STATUTORY === #

    def test_the_statutory_fee_changes_its_rate_with_the_half_year(self):
        rates = self.env["dunning.reference.rate"]
        rates.search([("date_start", "=", "2026-07-01")]).unlink()
        rates.create({"date_start": "2026-07-01", "percent": 3.15})
        invoice = self._charge({**STATUTORY, "days": 130})
        self._dun(day(130))
        lines = self._get_fees(invoice).fee_move_id.invoice_line_ids
        # 115 x 10.15 % x 121 / 365 = 3.8696, 115 x 11.15 % x 9 / 365 = 0.3162
        self.assertEqual(lines.mapped("price_subtotal"), [40, 3.87, 0.32])
        self.assertIn("06/30/2026", lines[1].name)
        self.assertIn("07/01/2026", lines[2].name)

    def test_a_missing_half_year_is_named(self):
        self.env["dunning.reference.rate"].search(
            [("date_start", ">=", "2026-07-01")]
        ).unlink()
        invoice = self._charge({**STATUTORY, "days": 130})
        self._dun(day(130))
        case = invoice.dunning_case_id
        self.assertIn("half-year from 2026-07-01", case.error)
        self.env["dunning.reference.rate"].create(
            {"date_start": "2026-07-01", "percent": 2}
        )
        with freeze_time(f"{day(130)} 10:00:00"):
            case.action_repeat()
        self._dun(day(130), "12:00:00")
        self.assertTrue(self._get_fees(invoice).fee_move_id)

    def test_consumers_are_passed_over(self):
        self.partner.is_company = False
        invoice = self._charge({**STATUTORY, "days": 10}, {**FIXED, "days": 12})
        self._dun(day(10))
        case = invoice.dunning_case_id
        self.assertFalse(case.error)
        self.assertEqual(case.action_ids.state, "skipped")
        self._dun(day(12))
        self.assertEqual(self._get_fees(invoice).kind, "fixed")

    def test_terms_that_nobody_can_charge_by_are_refused(self):
        for vals, words in (
            ({**STATUTORY, "days": 5, "fee_percent": 5}, "at least 8 points"),
            ({**FIXED, "days": 5, "fee_grace_days": 5}, "more than 5 days"),
            ({**FIXED, "days": 0}, "more than 0 days"),
        ):
            with self.assertRaisesRegex(ValidationError, words):
                self._create_policy({"name": "Fee", **vals})
        with self.assertRaisesRegex(ValidationError, "January 1 or July 1"):
            self.env["dunning.reference.rate"].create(
                {"date_start": "2030-02-01", "percent": 1}
            )

    # === PAYING === #

    def test_a_paid_invoice_serves_again_while_its_fee_is_owed(self):
        invoice = self._charge({**FIXED, "days": 10}, {"action": "suspend", "days": 12})
        subscription = invoice.subscription_ids
        self._dun(day(10))
        self._dun(day(12))
        self.assertEqual(subscription.state, "suspended")
        self._pay(invoice, day(12))
        case = invoice.dunning_case_id
        fee_move = self._get_fees(invoice).fee_move_id
        self.assertEqual(subscription.state, "active")
        self.assertEqual((case.state, case.amount_overdue), ("open", 12))
        self._dun(day(60))
        self.assertEqual(subscription.state, "active")
        self._pay(fee_move, day(60))
        self.assertEqual(case.state, "closed")

    def test_a_case_stays_open_for_a_fee_of_today(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(10))
        self._pay(invoice, day(10))
        self.assertEqual(invoice.dunning_case_id.state, "open")

    def test_the_customer_is_told_of_the_fee_and_pays_it_by_link(self):
        invoice = self._charge({**FIXED, "days": 10}, {"action": "email", "days": 11})
        self._dun(day(10))
        self._pay(invoice, day(10))
        fee_move = self._get_fees(invoice).fee_move_id
        self.assertTrue(fee_move._has_to_be_paid())
        self._dun(day(21))
        mail = self.env["mail.mail"].search(
            [
                ("model", "=", "dunning.case"),
                ("res_id", "=", fee_move.dunning_case_id.id),
            ]
        )
        self.assertIn(fee_move.name, mail.body_html)
        self.assertIn("/subscription/overdue/", mail.body_html)

    # === WAIVING === #

    def test_a_waiver_leaves_correct_books(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(10))
        case = invoice.dunning_case_id
        fee = self._get_fees(invoice)
        with freeze_time(f"{day(11)} 10:00:00"):
            self._waive(case.action_waive_fees())
            self.assertEqual(case.amount_overdue, invoice.amount_residual)
        self.assertEqual((fee.state, fee.waive_user_id), ("waived", self.env.user))
        self.assertEqual(fee.fee_move_id.amount_residual, 0)
        self.assertEqual(fee.fee_move_id.payment_state, "reversed")
        self.assertEqual(fee.credit_move_id.amount_residual, 0)
        lines = (fee.fee_move_id | fee.credit_move_id).line_ids
        for account in lines.account_id:
            mine = lines.filtered(
                lambda line, account=account: line.account_id == account
            )
            self.assertAlmostEqual(sum(mine.mapped("balance")), 0)
        for record in (case, fee.fee_move_id):
            self.assertIn("A good customer.", str(record.message_ids.mapped("body")))
        self._dun(day(20))
        self.assertEqual(self._get_fees(invoice), fee)
        with self.assertRaisesRegex(UserError, "no fee to waive"):
            case.action_waive_fees()

    def test_a_fee_is_waived_from_its_invoice_and_closes_the_case(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(10))
        self._pay(invoice, day(10))
        fee_move = self._get_fees(invoice).fee_move_id
        self.assertTrue(fee_move.is_dunning_fee_waivable)
        with freeze_time(f"{day(11)} 10:00:00"):
            with self.assertRaisesRegex(UserError, "Fill in Reason"):
                self._waive(fee_move.action_waive_dunning_fee(), "  ")
            self._waive(fee_move.action_waive_dunning_fee())
        self.assertFalse(fee_move.is_dunning_fee_waivable)
        self.assertEqual(invoice.dunning_case_id.state, "closed")

    def test_what_was_credited_by_hand_is_not_waived(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(10))
        fee = self._get_fees(invoice)
        with freeze_time(f"{day(11)} 10:00:00"):
            fee.fee_move_id._reverse_moves([{"invoice_date": day(11)}], cancel=True)
            with self.assertRaisesRegex(UserError, "nothing to waive"):
                self._waive(fee.action_waive())

    def test_waived_days_are_not_charged_again(self):
        invoice = self._charge({**INTEREST, "days": 10}, {**INTEREST, "days": 20})
        self._dun(day(10))
        with freeze_time(f"{day(11)} 10:00:00"):
            self._waive(self._get_fees(invoice).action_waive())
        self._dun(day(20))
        self.assertEqual(self._get_fees(invoice)[-1].date_from, day(10))

    def test_only_who_works_on_cases_waives(self):
        invoice = self._charge({**FIXED, "days": 10})
        self._dun(day(10))
        group = self.env.ref("account.group_account_readonly")
        auditor = self.env["res.users"].create(
            {
                "name": "Auditor",
                "login": "fee-auditor",
                "group_ids": [Command.set(group.ids)],
            }
        )
        fee = self._get_fees(invoice).with_user(auditor)
        self.assertEqual(fee.amount, 12)
        with self.assertRaises(UserError):
            fee.action_waive()
        with self.assertRaises(UserError):
            fee._waive("No.")

    # === CURRENCIES === #

    def test_amounts_are_converted_and_rounded_in_the_currency_of_the_invoice(self):
        dinar = self.env["res.currency"].create(
            {"name": "XDN", "symbol": "D", "rounding": 0.001}
        )
        yen = self.env["res.currency"].create(
            {"name": "XYN", "symbol": "Y", "rounding": 1}
        )
        for currency, rate in ((dinar, 0.31), (yen, 150)):
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "name": date(2026, 1, 1),
                    "rate": rate,
                    "company_id": self.company.id,
                }
            )
        own = self.company.currency_id.id
        self._create_policy(
            {"name": "Fixed", **FIXED, "days": 10, "fee_currency_id": own}
            | {"fee_amount": 12.34, "grace_days": 0},
            {"name": "Interest", **INTEREST, "days": 10, "grace_days": 0},
        )
        for currency, fixed in ((dinar, 3.825), (yen, 1851)):
            subscription_vals = {"currency_id": currency.id}
            line = {"price_unit": 1234}
            with freeze_time(f"{DUE} 08:00:00"):
                subscription = self._create_subscription([line], **subscription_vals)
                self._run_renewal()
            invoice = subscription.invoice_ids
            self.assertEqual(invoice.currency_id, currency)
            self._dun(day(10))
            fees = self._get_fees(invoice)
            # 1419.1 x 7.3 % x 10 / 365 = 2.8382; the yen invoice is 1419
            interest = 2.838 if currency == dinar else 3
            for fee, amount in zip(fees, (fixed, interest), strict=True):
                self.assertAlmostEqual(fee.amount, amount, 4)
                self.assertAlmostEqual(fee.fee_move_id.amount_total, amount, 4)
