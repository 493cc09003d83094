"""Dunning in batches: queries do not grow with the cases of a chunk."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.tests import tagged

from odoo.addons.subscription_billing.models import batch

FEW, MANY = 10, 50


@tagged("standard", "post_install", "-at_install")
class TestDunningBatches(DunningCommon):
    """Each chunk is worked on with a cold cache, as in a process of its own."""

    def setUp(self):
        super().setUp()
        # What other tests roll back misleads the statistics, which makes chunks small.
        self.patch(batch, "FIRST_STEPS", 500)
        self.policy.step_ids.unlink()

    def _owe(self, count, **vals):
        """Return the unpaid invoices of as many customers, in a case each."""
        with freeze_time(f"{DUE} 08:00:00"):
            subscriptions = self._create_subscriptions(count, date_start=DUE, **vals)
            for number, partner in enumerate(subscriptions.partner_id):
                partner.email = f"customer{number}@example.com"
            self._run_renewal()
        with freeze_time(f"{DUE + timedelta(days=1)} 08:00:00"):
            self._get_run()._open_chunk(0)
        return subscriptions.invoice_ids

    def _get_run(self):
        return self.env["dunning.run"]._in_company(self.company)

    def _count(self, work):
        """Return the queries that ``work`` makes on a cold cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _count_chunk(self, count, day, **vals):
        """Return the queries of one chunk of so many cases on a day."""
        invoices = self._owe(count, **vals)
        with freeze_time(f"{day} 08:00:00"):
            queries = self._count(self._get_run()._work_chunk)
            self.assertFalse(self._get_run()._work_chunk())
        return invoices.dunning_case_id, queries

    def _assert_flat(self, day, each=0, **vals):
        """Queries of a chunk grow by no more than some with each case."""
        _few, small = self._count_chunk(FEW, day, **vals)
        many, large = self._count_chunk(MANY, day, **vals)
        self.assertEqual(len(many), MANY)
        self.assertLessEqual((large - small) / (MANY - FEW), each)
        return many

    def _add_step(self, **vals):
        self.policy.step_ids = [Command.create({"name": "Step", "days": 3, **vals})]

    def test_a_chunk_of_new_cases(self):
        counts = []
        for count in (FEW, MANY):
            with freeze_time(f"{DUE} 08:00:00"):
                self._create_subscriptions(count, date_start=DUE)
                self._run_renewal()
            with freeze_time(f"{DUE + timedelta(days=1)} 08:00:00"):
                counts.append(self._count(lambda: self._get_run()._open_chunk(0)))
        self.assertLessEqual(counts[1] - counts[0], 2)

    def test_a_chunk_in_which_nothing_is_due(self):
        cases = self._assert_flat(DUE + timedelta(days=1))
        subscriptions = cases.move_ids.subscription_ids
        self.assertEqual(set(subscriptions.mapped("state")), {"past_due"})

    def test_a_chunk_of_mails(self):
        self._add_step(action="email", template_id=self.template.id)
        cases = self._assert_flat(DUE + timedelta(days=3))
        self.assertEqual(len(cases.action_ids.mail_message_id), MANY)

    def test_a_chunk_of_suspensions(self):
        self._add_step(action="suspend")
        # Each has a pause of its own, which is compared with the others before.
        cases = self._assert_flat(DUE + timedelta(days=3), each=2)
        subscriptions = cases.move_ids.subscription_ids
        self.assertEqual(set(subscriptions.mapped("state")), {"suspended"})

    def test_a_chunk_of_fees(self):
        # Each is claimed by itself; its invoice has a number and a journal of its own.
        self._add_step(action="fee", fee_amount=12)
        cases = self._assert_flat(DUE + timedelta(days=3), each=9)
        self.assertEqual(len(cases.fee_ids), MANY)

    def test_a_chunk_of_declined_charges(self):
        self.policy.schedule_id = self.env["dunning.schedule"].search([], limit=1)
        self._assert_flat(DUE + timedelta(days=3))

    def test_a_chunk_of_payments(self):
        """All at once, as a bank statement brings them."""
        counts = []
        for count in (FEW, MANY):
            moves = self.env["account.move"].browse(self._owe(count).ids)
            with freeze_time(f"{DUE + timedelta(days=2)} 08:00:00"):
                self._get_run()._work_chunk()
                counts.append(self._count(moves._update_cases))
        self.assertEqual(counts[0], counts[1])
