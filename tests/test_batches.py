"""Work in batches: how many queries a chunk takes, and what isolation costs."""

from datetime import date

from freezegun import freeze_time
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.subscription_billing.models import batch
from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


@tagged("standard", "post_install", "-at_install")
class TestQueryCount(SubscriptionCommon):
    """Queries grow with the rows by a small constant, and with nothing else."""

    def setUp(self):
        super().setUp()
        # What other tests roll back misleads the statistics, which makes chunks small.
        self.patch(batch, "FIRST_STEPS", 500)

    def _count(self, work):
        """Return the queries that ``work`` makes on a cold cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _count_renewals(self, count):
        """Return the queries of billing ``count`` subscriptions in one chunk."""
        subscriptions = self._create_subscriptions(count, date_start=date(2026, 3, 10))
        renewal = self.env["subscription.renewal"]._in_company(self.company)
        return subscriptions, self._count(renewal._renew_chunk)

    @freeze_time("2026-03-10")
    def test_a_chunk_of_new_customers(self):
        _few, small = self._count_renewals(20)
        _many, large = self._count_renewals(80)
        self.assertLessEqual((large - small) / 60, 1.5)

    def test_a_chunk_of_known_customers(self):
        with freeze_time("2026-03-10"):
            few, _count = self._count_renewals(20)
        with freeze_time("2026-04-10"):
            renewal = self.env["subscription.renewal"]._in_company(self.company)
            small = self._count(renewal._renew_chunk)
            many, _count = self._count_renewals(80)
        with freeze_time("2026-05-10"):
            few._close()
            large = self._count(renewal._renew_chunk)
        self.assertEqual(set(many.mapped("invoice_count")), {2})
        self.assertLessEqual((large - small) / 60, 1.5)

    def _count_discounted_renewals(self, count):
        """Return the queries of a chunk whose subscriptions have two discounts each."""
        subscriptions = self._create_subscriptions(count, date_start=date(2026, 3, 10))
        self.env["subscription.discount"].create(
            [
                {"name": "10 %", "subscription_id": subscription.id, **terms}
                for subscription in subscriptions
                for terms in (
                    {"percentage": 10, "duration": "forever"},
                    {"kind": "amount", "amount": 5, "duration": "repeating"},
                )
            ]
        )
        renewal = self.env["subscription.renewal"]._in_company(self.company)
        renewal._renew_chunk()
        with freeze_time("2026-04-10"):
            queries = self._count(renewal._renew_chunk)
        self.assertEqual(set(subscriptions.mapped("amount_untaxed")), {85})
        uses = subscriptions.discount_ids.mapped("periods_used")
        self.assertEqual(uses, [2] * count * 2)
        subscriptions._close()
        return queries

    @freeze_time("2026-03-10")
    def test_a_chunk_with_discounts(self):
        """The same as without them: a constant more for each chunk."""
        small = self._count_discounted_renewals(20)
        large = self._count_discounted_renewals(80)
        self.assertLessEqual((large - small) / 60, 1.5)

    def _count_changed_renewals(self, count):
        """Return the queries of a chunk whose subscriptions have been upgraded."""
        subscriptions = self._create_subscriptions(count, date_start=date(2026, 3, 10))
        renewal = self.env["subscription.renewal"]._in_company(self.company)
        renewal._renew_chunk()
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=subscriptions.invoice_ids.ids
        )
        wizard.create({"group_payment": False})._create_payments()
        for subscription in subscriptions:
            line = subscription.line_ids
            line.copy(
                {
                    "subscription_id": subscription.id,
                    "date_start": date(2026, 3, 20),
                    "quantity": 2,
                }
            )
            line._stop(date(2026, 3, 20))
        subscriptions._mark_unsettled(date(2026, 3, 20))
        with freeze_time("2026-04-10"):
            queries = self._count(renewal._renew_chunk)
        self.assertEqual(set(subscriptions.mapped("invoice_count")), {2})
        subscriptions._close()
        return queries

    @freeze_time("2026-03-10")
    def test_a_chunk_with_settled_changes(self):
        """The same as without them: a constant more for each chunk."""
        small = self._count_changed_renewals(5)
        large = self._count_changed_renewals(25)
        self.assertLessEqual((large - small) / 20, 1.5)

    def _bill_automatic(self, count):
        """Bill customers who have a payment method and a backup; return the service."""
        subscriptions = self._create_subscriptions(
            count, date_start=date(2026, 3, 10), collection_method="automatic"
        )
        for subscription in subscriptions:
            self._create_token(subscription.partner_id)
            subscription.payment_token_id = self._create_token(subscription.partner_id)
        self.env["subscription.renewal"]._in_company(self.company)._renew_chunk()
        return self.env["subscription.collection"]._in_company(self.company)

    def _count_charges(self, count):
        """Return the queries of booking ``count`` successful charges in one chunk."""
        collection = self._bill_automatic(count)
        charges = collection._open_charges(collection._lock_due(count))
        for charge in charges:
            charge._send_charge()
        return self._count(lambda: collection._settle(charges))

    @freeze_time("2026-03-10")
    def test_a_chunk_of_payments(self):
        small = self._count_charges(10)
        large = self._count_charges(50)
        # Core books one payment with about 119.
        self.assertLessEqual((large - small) / 40, 1)

    def _count_intents(self, count):
        """Return the queries of opening ``count`` charges and marking them as sent."""
        collection = self._bill_automatic(count)

        def take():
            charges = collection._open_charges(collection._lock_due(count))
            self.assertEqual(len(charges._take_for_sending()), count)

        return self._count(take)

    @freeze_time("2026-03-10")
    def test_a_chunk_of_intents(self):
        small = self._count_intents(10)
        large = self._count_intents(50)
        # Core looks up whether the reference of each is free.
        self.assertLessEqual((large - small) / 40, 1.5)

    def _explain(self, domain, model="payment.transaction"):
        """Return how PostgreSQL finds the records of a domain in a large table."""
        query = self.env[model]._search(domain, order="id", limit=100)
        plan = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        return "\n".join(line for (line,) in plan)

    def test_a_run_does_not_read_all_charges_that_there_ever_were(self):
        token = self._create_token()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO payment_transaction (
                    reference, provider_id, payment_method_id, partner_id, company_id,
                    currency_id, collection_invoice_id, amount, state, operation,
                    is_post_processed
                )
                SELECT 'OLD-' || number, %s, %s, %s, %s, %s, %s, 1, 'done', 'offline',
                       TRUE
                  FROM generate_series(1, 20000) number
             RETURNING id
                """,
                token.provider_id.id,
                token.payment_method_id.id,
                token.partner_id.id,
                self.company.id,
                self.company.currency_id.id,
                self.env["account.move"].create({}).id,
            )
        )
        self.env.cr.execute("ANALYZE payment_transaction")
        collection = self.env["subscription.collection"]._in_company(self.company)
        for name, domain in {
            "unbooked": collection._get_unbooked_domain(),
            "left_open": collection._get_left_open_domain(),
        }.items():
            with self.subTest(name):
                self.assertIn(f"_{name}_index", self._explain(domain))
        for plan in (
            self._explain(collection._get_unsent_domain()),
            self._explain(collection._get_due_domain(self.company), "account.move"),
        ):
            self.assertNotIn("Seq Scan on payment_transaction", plan)


@tagged("standard", "post_install", "-at_install")
class TestIsolation(SubscriptionCommon):
    def setUp(self):
        super().setUp()
        self.partners = self.env["res.partner"].create(
            [{"name": str(number)} for number in range(16)]
        )
        self.failed = {}
        self.tries = 0

    def _run(self, bad):
        """Work on the partners, of which those named in ``bad`` fail."""

        def work(partners):
            self.tries += 1
            partners.write({"ref": "done"})
            for partner in partners:
                if partner.name in bad:
                    raise ValueError(f"{partner.name} is bad")
            return partners

        def on_error(partner, message):
            self.failed[partner.name] = message

        return batch.run_isolated(self.partners, work, on_error)

    def test_one_try_is_enough_when_nobody_fails(self):
        self.assertEqual(self._run(()), self.partners)
        self.assertEqual(self.tries, 1)

    def test_the_guilty_stands_alone_and_leaves_nothing_behind(self):
        done = self._run({"5"})
        self.assertEqual(self.failed, {"5": "5 is bad"})
        self.assertEqual(done, self.partners.filtered(lambda p: p.name != "5"))
        self.assertEqual(done.mapped("ref"), ["done"] * 15)
        self.assertFalse((self.partners - done).ref)
        self.assertLessEqual(self.tries, 9)

    def test_when_all_fail_each_has_its_own_reason(self):
        self.assertFalse(self._run({str(number) for number in range(16)}))
        self.assertEqual(len(self.failed), 16)

    def test_a_conflict_is_raised_for_the_transaction_to_start_over(self):
        conflict = batch.PG_CONCURRENCY_EXCEPTIONS_TO_RETRY[0]

        def work(_partners):
            raise conflict

        with self.assertRaises(conflict):
            batch.run_isolated(self.partners, work, self.fail)

    def test_a_conflict_is_tried_again_and_not_for_ever(self):
        conflict = batch.PG_CONCURRENCY_EXCEPTIONS_TO_RETRY[0]
        tries = []

        def work():
            tries.append(1)
            if len(tries) < 3:
                raise conflict
            return "done"

        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr)
            self.assertEqual(batch.retry_on_conflict(env, work), "done")
            with self.assertRaises(conflict):
                batch.retry_on_conflict(env, lambda: (_ for _ in ()).throw(conflict))

    def test_a_table_that_is_taken_for_empty_is_approached_with_care(self):
        """After a large rollback ANALYZE counts no rows; joins with it never ended."""
        self._create_subscriptions(40)
        self.env.cr.execute(
            "UPDATE pg_class SET relpages = 50, reltuples = 0 "
            "WHERE oid = 'account_partial_reconcile'::regclass"
        )
        renewal = self.env["subscription.renewal"]._in_company(self.company)
        self.assertEqual(renewal._renew_chunk(), batch.FIRST_STEPS)
        self.env.cr.execute(
            "UPDATE pg_class SET relpages = 50, reltuples = 7 "
            "WHERE oid = 'account_partial_reconcile'::regclass"
        )
        self.assertEqual(renewal._renew_chunk(), 40 - batch.FIRST_STEPS)

    def test_a_grown_table_is_analysed(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pg_class SET relpages = 0, reltuples = -1 "
            "WHERE oid = 'account_move'::regclass"
        )
        self._create_subscriptions(80)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr)
            env["subscription.renewal"]._cron_renew()
        self.env.cr.execute(
            "SELECT relpages FROM pg_class WHERE oid = 'account_move'::regclass"
        )
        self.assertGreater(self.env.cr.fetchone()[0], 0)
