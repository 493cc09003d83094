"""What users of other systems complained of most, one test for each.

The numbers are those of a survey of OCA ``contract``, Kill Bill, Lago and others; the
address behind each is that of the complaint. Their names hold the number, wherever they
stand: those of 3 in ``test_renewal_errors``, of 9 in ``test_portal_change``, of 1 with
real processes also in ``test_parallel``; of payments 5 in ``test_stripe_charging``,
``test_stripe_killed`` and ``test_stripe_events``, 6 in ``test_charge_ledger``, 7 in
``test_collection``, 11 in ``test_confirmation``, 12 in ``test_stripe_events`` and
``test_stripe_events_parallel``, 13 in ``test_charge_ledger``, ``test_paid_twice``,
``test_stripe_events`` and ``test_stripe_endpoints``; 14 in ``test_dunning_case``,
``test_dunning_parallel``, ``test_dunning_fees`` and ``test_dunning_fees_parallel``, and
its second part, dates that are a day early, in ``test_dunning_zones``.
"""

from datetime import date
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import mute_logger, tagged

from .test_changes import ChangeCase

RUN = "odoo.addons.subscription_billing.models.subscription_renewal"


class ComplaintCase(ChangeCase):
    def _patched(self, owner, name, **options):
        """Replace a method of a model for a while."""
        return patch.object(owner, name, autospec=True, **options)

    def _get_spans(self, subscription):
        """Return the billed spans of a subscription, oldest first."""
        return [
            (period.date_start, period.date_end)
            for period in subscription.period_ids.sorted("date_start")
        ]


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-10")
class TestComplaint01(ComplaintCase):
    """Two invoices for one period, when the job dies half way or someone presses the
    button: https://github.com/OCA/contract/pull/1473"""

    def setUp(self):
        super().setUp()
        self.subscription = self._create_subscription(date_start=date(2026, 3, 10))

    @mute_logger(RUN)
    def test_complaint_01_two_invoices_for_one_period_after_a_crash(self):
        """It dies after the invoice was posted, before the next date was written."""
        renewal = type(self.env["subscription.renewal"])
        with self._patched(renewal, "_advance", side_effect=OSError("disk full")):
            self._run_renewal()
        self.assertFalse(self.subscription.invoice_ids)
        self.assertFalse(self.subscription.period_ids)
        with freeze_time("2026-03-11"):
            self._run_renewal()
            self._run_renewal()
        self.assertEqual(self.subscription.invoice_count, 1)
        self.assertEqual(len(self.subscription.period_ids), 1)

    def test_complaint_01_two_invoices_for_one_period_after_a_button(self):
        seen = self.subscription.with_context(billing_from="2026-03-10")
        seen.action_bill_now()
        with self.assertRaisesRegex(UserError, "just been billed"):
            seen.action_bill_now()
        self._run_renewal()
        self.assertEqual(self.subscription.invoice_count, 1)

    def test_complaint_01_a_period_is_claimed_once_in_the_database(self):
        """Whatever sets the next date back, by hand or past the ORM."""
        subscription = self.subscription
        self._run_renewal()
        with (
            self.assertRaisesRegex(UserError, "has been billed until 2026-04-09"),
            self.env.cr.savepoint(),
        ):
            subscription.date_next_invoice = date(2026, 3, 10)
        self.env.cr.execute(
            "UPDATE subscription_subscription "
            "SET date_next_period = '2026-03-10', date_next_invoice = '2026-03-10' "
            "WHERE id = %s",
            [subscription.id],
        )
        self.env.invalidate_all()
        with mute_logger(RUN, "odoo.sql_db"):
            self._run_renewal()
        self.assertEqual(subscription.invoice_count, 1)
        self.assertIn("has already been billed", subscription.billing_error)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-09")
class TestComplaint02(ComplaintCase):
    """A missed day of the job was a missed invoice for ever:
    https://github.com/OCA/contract/issues/1057"""

    def test_complaint_02_a_missed_day_is_a_missed_invoice_for_ever(self):
        with freeze_time("2026-01-31"):
            subscription = self._create_subscription(date_start=date(2026, 1, 31))
            self._run_renewal()
        with freeze_time("2026-04-11"):  # down for more than 40 days
            self._run_renewal()
            self._run_renewal()
        self.assertEqual(
            self._get_spans(subscription),
            [
                (date(2026, 1, 31), date(2026, 2, 28)),
                (date(2026, 2, 28), date(2026, 3, 31)),
                (date(2026, 3, 31), date(2026, 4, 30)),
            ],
        )
        self.assertEqual(len(subscription.invoice_ids), 3)
        self.assertEqual(
            set(subscription.invoice_ids.mapped("invoice_date")),
            {date(2026, 1, 31), date(2026, 4, 11)},
        )

    def test_complaint_02_a_missed_day_of_a_scheduled_change(self):
        """What was to happen while the job was down happens when it is back."""
        subscription = self._create_subscription(date_start=date(2026, 3, 9))
        self._run_renewal()
        line = subscription.line_ids
        self._change(
            subscription, [(line, {"price_unit": 50})], timing="period_end"
        ).action_confirm()
        self._change(
            subscription, kind="close", timing="date", date=date(2026, 5, 9)
        ).action_confirm()
        self._bill(subscription, "2026-06-01")
        self.assertEqual(subscription.state, "closed")
        amounts = subscription.invoice_ids.sorted("id").mapped("amount_untaxed")
        self.assertEqual(amounts, [100, 50])

    def test_complaint_02_a_future_start_is_ignored(self):
        """https://github.com/OCA/contract/issues/1428"""
        subscription = self._create_subscription(date_start=date(2026, 3, 10))
        self._run_renewal()
        self.assertFalse(subscription.invoice_ids)
        with freeze_time("2026-03-11"):
            self._run_renewal()
        self.assertEqual(self._get_spans(subscription)[0][0], date(2026, 3, 10))

    def test_complaint_02_there_is_no_draft_stage(self):
        draft = self._create_subscription(state="draft", date_start=date(2026, 1, 1))
        self._run_renewal()
        self.assertFalse(draft.invoice_ids)
        draft.action_confirm()
        self._run_renewal()
        self.assertEqual(draft.invoice_count, 3)

    def test_complaint_02_closing_archives(self):
        """What is closed stays where people look, with its invoices."""
        subscription = self._create_subscription(date_start=date(2026, 3, 9))
        self._run_renewal()
        subscription._close()
        domain = [("partner_id", "=", self.partner.id), ("state", "=", "closed")]
        found = self.env["subscription.subscription"].search(domain)
        self.assertEqual(found, subscription)
        self.assertEqual(found.invoice_count, 1)
        found.action_reactivate()
        self.assertEqual(found.state, "active")


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-10")
class TestComplaint04(ComplaintCase):
    """More than 200 contracts produced nothing: the sending of mails hit the server's
    cap, and all was one transaction: https://github.com/OCA/contract/issues/815"""

    def test_complaint_04_more_than_200_contracts_produce_nothing(self):
        self.patch(type(self.env["subscription.renewal"]), "_chunk_size", 100)
        self.plan.invoice_mode = "send"
        subscriptions = self._create_subscriptions(230, date_start=date(2026, 3, 10))
        subscriptions.partner_id.email = "customer@example.com"
        cap = UserError("Your mail server allows 200 messages an hour")
        server = type(self.env["ir.mail_server"])
        with (
            self._patched(server, "send_email", side_effect=cap),
            self._patched(server, "_connect__", side_effect=cap),
        ):
            self._run_renewal()
        self.assertEqual(set(subscriptions.mapped("invoice_count")), {1})
        self.assertEqual(set(subscriptions.invoice_ids.mapped("state")), {"posted"})
        self.assertEqual(len(subscriptions.invoice_ids), 230)
        self.assertTrue(all(subscriptions.invoice_ids.mapped("sending_data")))


@tagged("standard", "post_install", "-at_install")
class TestComplaint08(ComplaintCase):
    """Month-end drift, and accounts that silently stopped being billed:
    https://github.com/killbill/killbill/issues/127 and 2133,
    https://github.com/OCA/contract/issues/161 and 426"""

    def test_complaint_08_month_ends_drift(self):
        with freeze_time("2025-01-31"):
            subscription = self._create_subscription(date_start=date(2025, 1, 31))
        with freeze_time("2026-01-30"):
            self._run_renewal()
        days = [start.day for start, _end in self._get_spans(subscription)]
        self.assertEqual(days, [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

    def test_complaint_08_an_account_silently_stops_being_billed(self):
        """From the last days of a month, in units of any length: each period begins
        where the one before it ended, for years."""
        counts = {}
        with freeze_time("2023-11-30"):
            for unit, start, count in (
                ("month", date(2024, 12, 31), 15),
                ("month", date(2025, 1, 29), 14),
                ("quarter", date(2023, 11, 30), 10),
                ("year", date(2024, 2, 29), 3),
            ):
                plan = self._create_plan(interval_unit=unit)
                subscription = self._create_subscription(
                    plan_id=plan.id, date_start=start
                )
                counts[subscription] = count
        with freeze_time("2026-03-28"):
            self._run_renewal()
        for subscription, count in counts.items():
            spans = self._get_spans(subscription)
            self.assertEqual(len(spans), count)
            self.assertEqual(
                [end for _start, end in spans[:-1]],
                [start for start, _end in spans[1:]],
            )
            self.assertEqual(spans[-1][1], subscription.date_next_period)

    def test_complaint_08_what_was_served_before_a_pause_is_never_billed(self):
        """In arrears the days before a pause were passed over when it ended."""
        plan = self._create_plan(billing_timing="arrears")
        with freeze_time("2026-05-01"):
            subscription = self._create_subscription(
                [{"price_unit": 31}], plan_id=plan.id
            )
        with freeze_time("2026-05-21"):
            self._change(subscription, kind="pause").action_confirm()
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 20)
        with freeze_time("2026-06-16"):
            subscription.action_resume()
        self.assertEqual(self._bill(subscription, "2026-07-01").amount_untaxed, 15.5)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestComplaint09(ComplaintCase):
    """The wrong denominator after an upgrade or a start in mid period:
    https://github.com/getlago/lago-api/pull/6194"""

    def test_complaint_09_wrong_denominator_after_an_upgrade(self):
        """910.00 a quarter from 20 May to 20 June 2024, in a quarter of 91 days: 320.00
        and not 910 × 32 of 87 or 42 days (E21 and E23 of the oracle cases)."""
        plan = self._create_plan(interval_unit="quarter", billing_timing="arrears")
        with freeze_time("2024-01-15"):
            subscription = self._create_subscription(
                [{"price_unit": 0}], plan_id=plan.id, date_start=date(2024, 1, 15)
            )
        self._bill(subscription, "2024-04-15")
        with freeze_time("2024-05-20"):
            line = subscription.line_ids
            self._change(subscription, [(line, {"price_unit": 910})]).action_confirm()
        with freeze_time("2024-06-21"):
            self._change(subscription, kind="close", timing="now").action_confirm()
        self.assertEqual(sum(subscription.invoice_ids.mapped("amount_untaxed")), 320)

    def test_complaint_09_wrong_denominator_of_a_start_in_mid_period(self):
        """Three days of February over the 31 of another month:
        https://github.com/microsoft/BCApps/issues/5718"""
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        subscription = self._create_subscription(
            [{"price_unit": 280}], date_start=date(2026, 2, 26)
        )
        self.assertEqual(self._bill(subscription, "2026-02-26").amount_untaxed, 30)
        self.assertEqual(self._bill(subscription, "2026-03-01").amount_untaxed, 280)

    def test_complaint_09_days_are_counted_in_another_time_zone(self):
        """https://github.com/getlago/lago-api/pull/1179 and 1246"""
        for zone, instant, billed in (
            ("America/New_York", "2026-05-11 02:00:00", 22),  # still the 10th
            ("UTC", "2026-05-11 02:00:00", 21),
            ("Pacific/Auckland", "2026-05-10 23:00:00", 21),  # already the 11th
        ):
            with self.subTest(zone):
                self.company.subscription_tz = zone
                subscription = self._create_subscription(
                    [{"price_unit": 31}], date_start=date(2026, 5, 1)
                )
                with freeze_time("2026-05-02 12:00:00"):
                    subscription.action_bill_now()
                self._pay(subscription.invoice_ids)
                with freeze_time(instant):
                    self._change(
                        subscription,
                        [(subscription.line_ids, {"quantity": 2})],
                        proration="invoice_now",
                    ).action_confirm()
                upgrade = subscription.invoice_ids.sorted("id")[-1]
                self.assertEqual(upgrade.amount_untaxed, billed)

    def test_complaint_09_clocks_that_change_take_no_day(self):
        """Summer time begins on 29 March 2026 in Paris: it is 31 days long."""
        self.company.subscription_tz = "Europe/Paris"
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        subscription = self._create_subscription(
            [{"price_unit": 310}], date_start=date(2026, 3, 15)
        )
        billed = self._bill(subscription, "2026-03-14 23:30:00")
        self.assertEqual(billed.amount_untaxed, 170)
        self.assertFalse(self._bill(subscription, "2026-03-31 21:30:00"))
        self.assertTrue(self._bill(subscription, "2026-03-31 22:30:00"))


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-03-10")
class TestComplaint10(ComplaintCase):
    """The job ran as another company, with its currency, journal and accounts:
    https://github.com/OCA/contract/issues/1431, 1146 and pull/360"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.other = cls.env["res.company"].create(
            {"name": "Other", "subscription_tz": "UTC"}
        )
        cls.env.user.company_ids |= cls.other
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.other, install_demo=False
        )
        cls.other.currency_id = cls.euro

    def _create_elsewhere(self, **vals):
        """Create a subscription of the other company."""
        return (
            self.env["subscription.subscription"]
            .with_company(self.other)
            .create(
                self._prepare_subscription_vals(
                    company_id=self.other.id,
                    date_start=date(2026, 3, 10),
                    state="active",
                    **vals,
                )
            )
        )

    def _run_as_user_of(self, company):
        """Run the job as the system's user, who belongs to one company only."""
        user = self.env.ref("base.user_root")
        user.write(
            {"company_id": company.id, "company_ids": [Command.set(company.ids)]}
        )
        self.env.ref("subscription_billing.ir_cron_renewal").user_id = user
        self._run_renewal()

    def test_complaint_10_wrong_company_currency_and_account(self):
        """Whoever runs the job, each company bills with its own books."""
        for company in (self.company, self.other):
            with self.subTest(company.name):
                here = self._create_subscription(date_start=date(2026, 3, 10))
                elsewhere = self._create_elsewhere()
                self._run_as_user_of(company)
                for subscription, owner, currency in (
                    (here, self.company, self.company.currency_id),
                    (elsewhere, self.other, self.euro),
                ):
                    invoice = subscription.invoice_ids
                    self.assertRecordValues(
                        invoice,
                        [
                            {
                                "company_id": owner.id,
                                "currency_id": currency.id,
                                "state": "posted",
                            }
                        ],
                    )
                    self.assertEqual(invoice.journal_id.company_id, owner)
                    for account in invoice.line_ids.account_id:
                        self.assertIn(owner, account.company_ids)
                    self.assertEqual(subscription.period_ids.company_id, owner)

    def test_complaint_10_the_account_of_the_product_is_that_of_its_company(self):
        """A product has an income account in each company."""
        Account = self.env["account.account"]
        vals = {"name": "Renewals", "code": "400999", "account_type": "income"}
        accounts = {
            company: Account.with_company(company).create(
                {**vals, "company_ids": [Command.set(company.ids)]}
            )
            for company in (self.company, self.other)
        }
        for company, account in accounts.items():
            self.product.with_company(company).property_account_income_id = account
        here = self._create_subscription(date_start=date(2026, 3, 10))
        elsewhere = self._create_elsewhere()
        self._run_as_user_of(self.other)
        for subscription in (here, elsewhere):
            line = subscription.invoice_ids.invoice_line_ids
            self.assertEqual(line.account_id, accounts[subscription.company_id])

    def test_complaint_10_today_is_that_of_each_company(self):
        with freeze_time("2026-03-10 20:00:00"):
            self.company.subscription_tz = "America/New_York"
            self.other.subscription_tz = "Pacific/Auckland"
            here = self._create_subscription(date_start=date(2026, 3, 11))
            elsewhere = self._create_elsewhere()
            elsewhere.action_bill_now()
            self._bill(here, "2026-03-10 20:00:00")
            self.assertFalse(here.invoice_ids)
            self.assertEqual(elsewhere.invoice_ids.invoice_date, date(2026, 3, 11))

    def test_complaint_10_a_currency_other_than_the_companys_is_kept(self):
        subscription = self._create_elsewhere(
            lines=[{"price_unit": 50}], currency_id=self.company.currency_id.id
        )
        self._run_as_user_of(self.company)
        self.assertRecordValues(
            subscription.invoice_ids,
            [{"currency_id": self.company.currency_id.id, "amount_untaxed": 50}],
        )
