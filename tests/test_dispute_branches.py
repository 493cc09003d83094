"""Disputes of what a branch has billed, and a provider of its parent has collected."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.subscription_billing.tests.common_disputes import DisputeCase

GROUPS = "account.group_account_invoice,subscription_billing.group_subscription_manager"


@tagged("standard", "post_install", "-at_install")
class TestBranches(DisputeCase):
    def setUp(self):
        super().setUp()
        self.branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= self.branch
        self.env["account.chart.template"].try_loading(
            self.company.chart_template or "generic_coa",
            company=self.branch,
            install_demo=False,
        )
        self.env = self.env(
            context={
                **self.env.context,
                "allowed_company_ids": [self.branch.id, self.company.id],
            }
        )
        self.subscription = self.env["subscription.subscription"].create(
            {
                **self._prepare_subscription_vals(),
                "company_id": self.branch.id,
                "state": "active",
                "collection_method": "automatic",
                "date_start": date(2026, 3, 10),
            }
        )
        self.subscription.line_ids.tax_ids = False
        self.invoice = self._bill("2026-03-10")
        charge = self.invoice.transaction_ids
        charge.provider_reference = f"pi_{charge.id}"

    def _bill(self, day):
        """Bill the branch's subscription and collect; return the invoice."""
        before = self.subscription.invoice_ids
        with freeze_time(day):
            self.subscription.action_bill_now()
            self._run_collection()
        return self.subscription.invoice_ids - before

    def test_a_dispute_holds_the_branch(self):
        self.assertEqual(self.invoice.collection_state, "done")
        for scope in ("subscription", "customer"):
            with self.subTest(scope=scope):
                self.company.subscription_dispute_hold = scope
                dispute = self._dispute(self.invoice, id=f"dp_{scope}")
                self.subscription.invalidate_recordset(["is_charge_held"])
                self.assertEqual(dispute.company_id, self.company)
                self.assertTrue(self.subscription.is_charge_held)
                action = self.subscription.action_view_holding_disputes()
                self.assertEqual(action["res_id"], dispute.id)
                dispute.action_release_hold()
                self.subscription.invalidate_recordset(["is_charge_held"])
                self.assertFalse(self.subscription.is_charge_held)

    def test_the_next_invoice_of_the_branch_is_not_charged(self):
        self._dispute(self.invoice)
        following = self._bill("2026-04-10")
        self.assertEqual(following.collection_state, "due")
        self.assertFalse(following.transaction_ids)

    def test_the_accountant_of_the_branch_sees_the_dispute(self):
        dispute = self._dispute(self.invoice, movements=(self._movement(amount=100),))
        accountant = new_test_user(
            self.env,
            "branch_accountant",
            GROUPS,
            company_id=self.branch.id,
            company_ids=[Command.set(self.branch.ids)],
        )
        self.env.flush_all()
        self.env.invalidate_all()
        mine = self.invoice.with_user(accountant).with_context(
            allowed_company_ids=self.branch.ids
        )
        self.assertEqual((mine.dispute_count, mine.dispute_ids.ids), (1, dispute.ids))
        self.assertEqual(mine.dispute_ids.movement_ids.amount, 100)
        self.assertEqual(mine.dispute_ids.state, "needs_response")
