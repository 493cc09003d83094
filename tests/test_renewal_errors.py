"""The renewal run: a failing record says why and never stops the others."""

from datetime import date

from freezegun import freeze_time
from odoo.exceptions import ValidationError
from odoo.tests import mute_logger, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

RUN = "odoo.addons.subscription_billing.models.subscription_renewal"
VETO = "Vetoed by another addon"


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestRenewalErrors(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start = {"date_start": date(2026, 3, 10)}
        cls.journal = cls.env["account.journal"].create(
            {"name": "Renewals", "code": "REN", "type": "sale"}
        )
        cls.income_account = cls.env["account.account"].search(
            [("account_type", "=", "income")], limit=1
        )

    # === THE KINDS OF BAD RECORDS, AND THEIR CURES === #

    def _without_income_account(self):
        self.company.income_account_id = False
        self.journal.default_account_id = False
        category = self.env["product.category"].create({"name": "No account"})
        category.property_account_income_categ_id = False
        product = self.env["product.product"].create(
            {"name": "Orphan", "type": "service", "categ_id": category.id}
        )
        plan = self._create_plan(journal_id=self.journal.id)
        bad = self._create_subscription(
            [{"product_id": product.id}],
            plan_id=plan.id,
            partner_id=self.env["res.partner"].create({"name": "New"}).id,
            **self.start,
        )
        cure = {"property_account_income_id": self.income_account.id}
        return bad, lambda: product.write(cure)

    def _with_archived_journal(self):
        journal = self.env["account.journal"].create(
            {
                "name": "Old",
                "code": "OLD",
                "type": "sale",
                "default_account_id": self.income_account.id,
            }
        )
        plan = self._create_plan(journal_id=journal.id)
        bad = self._create_subscription(plan_id=plan.id, **self.start)
        journal.active = False
        return bad, lambda: journal.write({"active": True})

    def _with_product_of_another_company(self):
        product = self.env["product.product"].create(
            {"name": "Theirs", "type": "service", "list_price": 10}
        )
        bad = self._create_subscription([{"product_id": product.id}], **self.start)
        other = self.env["res.company"].create({"name": "Other"})
        product.sudo().with_context(check_company=False).company_id = other
        return bad, lambda: product.write({"company_id": False})

    def _with_archived_currency(self):
        currency = self.env.ref("base.CHF")
        currency.active = True
        bad = self._create_subscription(currency_id=currency.id, **self.start)
        currency.active = False
        return bad, lambda: currency.write({"active": True})

    def _vetoed_by_another_addon(self):
        bad = self._create_subscription(client_order_ref="VETO", **self.start)
        post = type(self.env["account.move"])._post

        def veto(moves, soft=True):
            if "VETO" in moves.mapped("ref"):
                raise ValidationError(VETO)
            return post(moves, soft)

        self.patch(type(self.env["account.move"]), "_post", veto)
        return bad, lambda: bad.write({"client_order_ref": False})

    # === TESTS === #

    @mute_logger(RUN, "odoo.sql_db")
    def test_complaint_03_one_bad_contract_blocks_the_batch(self):
        """Complaint 3: one bad contract blocked a whole company's batch. Here five of
        200, each for another reason, stop nobody."""
        good = self._create_subscriptions(195, **self.start)
        cases = [
            self._without_income_account(),
            self._with_archived_journal(),
            self._with_product_of_another_company(),
            self._with_archived_currency(),
            self._vetoed_by_another_addon(),
        ]
        bad = self.env["subscription.subscription"].union(*(case[0] for case in cases))
        self._run_renewal()
        self.assertEqual(set(good.mapped("invoice_count")), {1})
        self.assertEqual(set(good.invoice_ids.mapped("state")), {"posted"})
        self.assertFalse(any(good.mapped("billing_error")))
        self.assertFalse(bad.invoice_ids)
        for subscription, words in zip(
            bad,
            ("account", "archived journal", "Theirs", "inactive currency", VETO),
            strict=True,
        ):
            self.assertIn(words, subscription.billing_error)
            self.assertEqual(subscription.date_next_invoice, date(2026, 3, 10))
            self.assertEqual(len(subscription.activity_ids), 1)
        for _bad, mend in cases:
            mend()
        bad.action_retry_billing()
        self.assertEqual(bad.mapped("invoice_count"), [1] * 5)
        self.assertFalse(any(bad.mapped("billing_error")))
        self.assertFalse(bad.activity_ids)

    @mute_logger(RUN)
    def test_numbers_have_no_gap_after_a_failure(self):
        """A rolled-back try must give its numbers back."""
        good = self._create_subscriptions(10, **self.start)
        self._vetoed_by_another_addon()
        self._run_renewal()
        numbers = sorted(good.invoice_ids.mapped("sequence_number"))
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 10)))
        self.assertFalse(any(good.invoice_ids.mapped("made_sequence_gap")))

    @mute_logger(RUN, "odoo.sql_db")
    def test_an_sql_error_in_one_does_not_poison_the_rest(self):
        good = self._create_subscriptions(9, **self.start)
        bad = self._create_subscription([{"name": "forbidden"}], **self.start)
        self.env.cr.execute(
            "ALTER TABLE account_move_line "
            "ADD CONSTRAINT forbidden CHECK (name NOT LIKE 'forbidden%')"
        )
        self._run_renewal()
        self.assertEqual(set(good.mapped("invoice_count")), {1})
        self.assertTrue(bad.billing_error)

    @mute_logger(RUN)
    def test_a_failed_record_leaves_the_run_until_its_next_try(self):
        bad, mend = self._with_archived_journal()
        self._run_renewal()
        self.assertEqual(bad.date_next_try, date(2026, 3, 11))
        mend()
        self._run_renewal()
        self.assertFalse(bad.invoice_ids)
        with freeze_time("2026-03-11"):
            self._run_renewal()
        self.assertEqual(bad.invoice_count, 1)
        self.assertFalse(bad.billing_error)
        self.assertFalse(bad.activity_ids)

    @mute_logger(RUN)
    def test_failing_again_asks_for_help_only_once(self):
        bad, _mend = self._with_archived_journal()
        bad.user_id = self.env["res.users"].create({"name": "Bob", "login": "bob"})
        self._run_renewal()
        with freeze_time("2026-03-11"):
            self._run_renewal()
        self.assertEqual(len(bad.activity_ids), 1)
        self.assertEqual(bad.activity_ids.user_id, bad.user_id)

    @mute_logger(RUN)
    def test_a_retry_that_fails_keeps_the_error(self):
        bad, _mend = self._with_archived_journal()
        self._run_renewal()
        notification = bad.action_retry_billing()
        self.assertEqual(notification["params"]["type"], "warning")
        self.assertIn("archived journal", bad.billing_error)

    @mute_logger(RUN)
    def test_a_failure_in_the_middle_of_a_backlog_keeps_what_was_billed(self):
        subscription = self._create_subscription(date_start=date(2026, 1, 10))
        bill = type(self.env["subscription.renewal"])._bill

        def fail_in_march(renewal, subscriptions):
            if "2026-03-10" in map(str, subscriptions.mapped("date_next_invoice")):
                raise ValidationError(VETO)
            return bill(renewal, subscriptions)

        self.patch(type(self.env["subscription.renewal"]), "_bill", fail_in_march)
        self._run_renewal()
        self.assertEqual(subscription.invoice_count, 2)
        self.assertEqual(subscription.date_next_invoice, date(2026, 3, 10))
        self.assertEqual(subscription.billing_error, VETO)
