"""Notices of cards that are about to expire: once each, and only where it matters."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.tests import tagged

from odoo.addons.subscription_billing.tests.common_notices import NoticeCase

EXPIRY = date(2026, 4, 30)


@tagged("standard", "post_install", "-at_install")
class TestExpiringCards(NoticeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.email = "hello@company.example.com"
        cls.first = cls._create_rule("card_expiring", days_before=30, days_latest=8)
        cls.last = cls._create_rule("card_expiring_soon", days_before=7)
        cls.card = cls._create_token(
            brand="Visa", last_digits="4242", date_expiry=EXPIRY
        )

    @classmethod
    def _create_automatic(cls, **vals):
        """Create a subscription that is paid with the saved methods of its customer."""
        return cls._create_subscription(
            **{
                "date_start": date(2026, 3, 10),
                "collection_method": "automatic",
                **vals,
            }
        )

    def _run_on(self, days_before):
        """Run the scheduled action so many days before the card expires."""
        with freeze_time(EXPIRY - timedelta(days=days_before)):
            return self._run()

    def test_the_customer_is_told_30_and_7_days_before_once_each(self):
        subscription = self._create_automatic()
        told = {
            days: self._run_on(days).mapped("kind")
            for days in (31, 30, 29, 8, 7, 6, 0, -1)
        }
        expected = {30: ["card_expiring"], 7: ["card_expiring_soon"]}
        self.assertEqual(
            {days: kinds for days, kinds in told.items() if kinds}, expected
        )
        self.assertRecordValues(
            subscription.notice_ids.sorted("id"),
            [
                {
                    "payment_token_id": self.card.id,
                    "date_event": EXPIRY,
                    "date_due": EXPIRY - timedelta(days=days),
                    "email": "ada@example.com",
                    "state": "queued",
                }
                for days in (30, 7)
            ],
        )

    def test_it_names_the_card_and_where_to_update_it(self):
        subscription = self._create_automatic()
        for days in (30, 7):
            notice = self._run_on(days)
            for part in (
                "Visa •••• 4242",
                "April 30, 2026",
                "04/2026",
                subscription.name,
                "/my/payment_method",
            ):
                self.assertIn(part, notice.body)
            self.assertIn("Visa •••• 4242", notice.subject)

    def test_missed_days_are_caught_up(self):
        self._create_automatic()
        self.assertEqual(self._run_on(20).kind, "card_expiring")
        self.assertEqual(self._run_on(2).kind, "card_expiring_soon")

    def test_a_card_is_told_of_once_however_many_subscriptions_it_pays(self):
        subscriptions = self._create_automatic() + self._create_automatic()
        notice = self._run_on(30)
        self.assertEqual(len(notice), 1)
        for subscription in subscriptions:
            self.assertIn(subscription.name, notice.body)
        subscriptions.sorted("id")[0].collection_method = "invoice"
        self.assertFalse(self._run_on(29))

    def test_only_the_method_that_is_charged_first_matters(self):
        self._create_token()
        self._create_automatic()
        self.assertFalse(self._run_on(30))
        self._create_automatic(payment_token_id=self.card.id)
        self.assertFalse(self._run_on(30), "a newer method has replaced it")
        alone = self._create_automatic(
            payment_token_id=self.card.id, is_backup_allowed=False
        )
        self.assertEqual(self._run_on(30).subscription_id, alone)

    def test_an_older_method_does_not_replace_it(self):
        backup = self._create_token()
        self.card.sequence = backup.sequence - 1
        new = self._create_token(date_expiry=EXPIRY, last_digits="1881")
        self._create_automatic()
        self.assertEqual(self._run_on(30).payment_token_id, new)

    def test_only_living_automatic_subscriptions_matter(self):
        self._create_automatic(collection_method="invoice")
        self._create_automatic(state="draft")
        self._create_automatic()._close()
        self.assertFalse(self._run_on(30))

    def test_a_renewed_card_is_told_of_when_it_expires_again(self):
        self._create_automatic()
        self.assertTrue(self._run_on(30))
        renewed = date(2029, 4, 30)
        self.card.date_expiry = renewed
        self.assertFalse(self._run_on(7))
        with freeze_time(renewed - timedelta(days=30)):
            self.assertEqual(self._run().date_event, renewed)

    def test_a_card_that_is_gone_or_refused_is_not_told_of(self):
        self._create_automatic()
        self.card._refuse("Stolen card")
        self.assertFalse(self._run_on(30))
        self.card._forget_refusal()
        self.card.active = False
        self.assertFalse(self._run_on(30))

    def test_the_owner_of_the_card_is_told(self):
        owner = self.env["res.partner"].create(
            {
                "name": "Accounts",
                "email": "accounts@example.com",
                "parent_id": self.partner.id,
            }
        )
        self.card.partner_id = owner
        self._create_automatic()
        self.assertEqual(self._run_on(30).email, "accounts@example.com")

    def test_rules_of_a_plan_are_for_its_subscriptions(self):
        (self.first + self.last).plan_ids = self.yearly
        self._create_automatic()
        self.assertFalse(self._run_on(30))

    def test_the_rules_are_on_from_the_beginning(self):
        for kind, days in (("card_expiring", 30), ("card_expiring_soon", 7)):
            rule = self.env.ref(f"subscription_billing.notice_rule_{kind}")
            self.assertEqual((rule.kind, rule.days_before), (kind, days))

    def test_telling_costs_no_query_for_each_card(self):
        counts = []
        for number in (3, 30):
            for subscription in self._create_subscriptions(
                number, date_start=date(2026, 3, 10), collection_method="automatic"
            ):
                self._create_token(subscription.partner_id, date_expiry=EXPIRY)
            self.env.flush_all()
            self.env.invalidate_all()
            notifier = self.env["subscription.notifier"]._in_company(self.company)
            with freeze_time(EXPIRY - timedelta(days=30)):
                domains = dict(notifier._get_due_domains())
                before = self.env.cr.sql_log_count
                new = notifier._notify_of_cards(self.first, domains[self.first])
                counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(new), number)
        self.assertLessEqual(counts[1], counts[0] + 3)
