"""Disputes of what a branch has billed, and a provider of its parent has collected."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError
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

    def _enter(self, branch):
        """Return the environment of an accountant of nothing but a branch."""
        accountant = new_test_user(
            self.env,
            f"accountant_{branch.id}",
            GROUPS,
            company_id=branch.id,
            company_ids=[Command.set(branch.ids)],
        )
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env(user=accountant, context={"allowed_company_ids": branch.ids})

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
        mine = self.invoice.with_env(self._enter(self.branch))
        self.assertEqual((mine.dispute_count, mine.dispute_ids.ids), (1, dispute.ids))
        self.assertEqual(mine.dispute_ids.movement_ids.amount, 100)
        self.assertEqual(mine.dispute_ids.state, "needs_response")
        report = mine.env["subscription.dispute.report"].search([])
        self.assertEqual(report.dispute_id, mine.dispute_ids)
        mine.dispute_ids.loss_handling = "reopen"

    def test_the_accountant_of_another_branch_does_not(self):
        dispute = self._dispute(self.invoice, movements=(self._movement(amount=100),))
        other = self.env["res.company"].create(
            {"name": "Other branch", "parent_id": self.company.id}
        )
        env = self._enter(other)
        for model in ("dispute", "dispute.movement", "dispute.report"):
            self.assertFalse(env[f"subscription.{model}"].search([]))
        with self.assertRaises(AccessError):
            dispute.with_env(env).loss_handling = "reopen"

    def test_what_holds_all_of_a_customer_is_seen_and_not_changed(self):
        self.company.subscription_dispute_hold = "customer"
        dispute = self._dispute(self.invoice)
        other = self.env["res.company"].create(
            {"name": "Other branch", "parent_id": self.company.id}
        )
        theirs = dispute.with_env(self._enter(other))
        self.assertEqual(theirs.state, "needs_response")
        with self.assertRaises(AccessError):
            theirs.action_release_hold()
