"""Notices: whom the rules are for, what is due, and what is written."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from odoo.addons.subscription_billing.tests.common_notices import NoticeCase

NOTIFIER = "odoo.addons.subscription_billing.models.subscription_notifier"
BATCH = "odoo.addons.subscription_billing.models.batch"
RENDER = "odoo.addons.mail.models.mail_render_mixin"
QWEB = "odoo.addons.base.models.ir_qweb"


@tagged("standard", "post_install", "-at_install")
class TestWhatIsDue(NoticeCase):
    """The scheduled action finds each event once, in time or late."""

    def _assert_told_from(self, subscription, first, event):
        """Check the first day of a notice, and its event."""
        with freeze_time(date.fromordinal(first.toordinal() - 1)):
            self.assertFalse(self._run(), "not due yet")
        with freeze_time(first):
            notice = self._run()
            self.assertRecordValues(
                notice,
                [
                    {
                        "subscription_id": subscription.id,
                        "date_event": event,
                        "date_due": first,
                        "key": event.isoformat(),
                        "state": "queued",
                    }
                ],
            )
            self.assertTrue(notice.mail_mail_id)
            self.assertFalse(self._run(), "once")

    def test_a_renewal(self):
        self._create_rule(days_before=45, days_latest=15)
        subscription = self._create_yearly()
        self._assert_told_from(subscription, date(2027, 1, 15), date(2027, 3, 1))
        notice = subscription.notice_ids
        self.assertEqual(notice.date_latest, date(2027, 2, 14))

    def test_the_end_of_a_trial(self):
        self._create_rule("trial_end", days_before=7, days_latest=3)
        trial = self._create_trial(date(2026, 3, 1), date(2026, 5, 1))
        self._assert_told_from(trial, date(2026, 4, 24), date(2026, 5, 1))

    def test_the_end_of_a_term(self):
        self._create_rule("term_end")
        plan = self._create_plan(term_count=1, term_unit="year")
        subscription = self._create_subscription(
            plan_id=plan.id, date_start=date(2026, 3, 1)
        )
        self._assert_told_from(subscription, date(2027, 1, 29), date(2027, 2, 28))

    def test_a_notice_0_days_before_is_sent_on_the_day(self):
        self._create_rule(days_before=0)
        subscription = self._create_yearly()
        self._assert_told_from(subscription, date(2027, 3, 1), date(2027, 3, 1))

    def test_missed_days_are_caught_up_until_the_event(self):
        self._create_rule(days_before=45, days_latest=15)
        subscription = self._create_yearly()
        with freeze_time("2027-02-25"):
            notice = self._run()
            self.assertEqual(notice.subscription_id, subscription)
            self._send(notice)
        self.assertTrue(notice.is_late)

    def test_what_is_past_is_not_announced(self):
        self._create_rule()
        self._create_yearly()
        with freeze_time("2027-03-02"):
            self.assertFalse(self._run())

    def test_each_renewal_has_its_own_notice(self):
        self._create_rule()
        subscription = self._create_yearly()
        with freeze_time("2027-02-10"):
            self._run()
        with freeze_time("2027-03-01"):
            self._run_renewal()
            self.assertFalse(self._run())
        with freeze_time("2028-02-10"):
            self._run()
        self.assertEqual(
            set(subscription.notice_ids.mapped("date_event")),
            {date(2027, 3, 1), date(2028, 3, 1)},
        )

    @freeze_time("2027-02-10")
    def test_only_what_will_be_charged_is_announced(self):
        self._create_rule()
        self._create_rule("trial_end")
        self._create_rule("term_end")
        self._create_yearly(state="draft")
        self._create_yearly()._close()
        self._create_subscription(state="draft", date_trial_end=date(2027, 2, 20))
        self.assertFalse(self._run())

    @freeze_time("2027-02-10")
    def test_a_rule_that_is_switched_off_announces_nothing(self):
        self._create_rule(active=False)
        self._create_yearly()
        self.assertFalse(self._run())

    def test_the_day_is_that_of_the_company(self):
        self.company.subscription_tz = "Pacific/Auckland"
        self._create_rule(days_before=10)
        self._create_yearly()
        with freeze_time("2027-02-18 10:00:00"):
            self.assertFalse(self._run())
        with freeze_time("2027-02-18 12:00:00"):
            self.assertTrue(self._run(), "it is the 19th in Auckland")


@tagged("standard", "post_install", "-at_install")
class TestWhomARuleIsFor(NoticeCase):
    """Plans, terms, trials and the order of the rules decide."""

    @freeze_time("2027-02-10")
    def test_a_rule_for_a_plan_is_for_no_other(self):
        rule = self._create_rule(plan_ids=[Command.set(self.yearly.ids)])
        subscription = self._create_yearly()
        monthly = self._create_subscription(date_next_invoice=date(2027, 2, 20))
        self.assertEqual(self._run().subscription_id, subscription)
        rule.plan_ids = False
        self.assertEqual(self._run().subscription_id, monthly)

    @freeze_time("2027-02-10")
    def test_short_periods_are_left_out(self):
        self._create_rule(min_term_months=12)
        subscription = self._create_yearly()
        self._create_subscription(date_next_invoice=date(2027, 2, 20))
        self.assertEqual(self._run().subscription_id, subscription)

    def test_months_within_a_commitment_are_no_renewals(self):
        self._create_rule(min_term_months=12)
        plan = self._create_plan(term_count=1, term_unit="year")
        subscription = self._create_subscription(
            plan_id=plan.id,
            date_start=date(2026, 3, 1),
            date_next_invoice=date(2027, 2, 1),
        )
        with freeze_time("2027-01-29"):
            self.assertFalse(self._run())
        with freeze_time("2027-01-30"):
            notice = self._run()
        self.assertEqual(notice.subscription_id, subscription)
        self.assertEqual(notice.date_event, date(2027, 3, 1))
        with freeze_time("2027-03-25"):
            subscription.date_next_invoice = date(2027, 4, 1)
            self.assertFalse(self._run(), "after the year it renews by the month")

    def test_the_renewal_of_a_term_is_announced_until_its_day(self):
        self._create_rule(min_term_months=12)
        plan = self._create_plan(term_count=1, term_unit="year")
        self._create_subscription(
            plan_id=plan.id,
            date_start=date(2026, 3, 1),
            date_next_invoice=date(2027, 3, 1),
        )
        with freeze_time("2027-03-01"):
            self.assertTrue(self._run())

    def test_k3_a_short_trial_needs_no_notice(self):
        self._create_rule("trial_end", min_trial_days=32)
        self._create_trial(date(2026, 4, 1), date(2026, 4, 15))
        self._create_trial(date(2026, 4, 1), date(2026, 5, 2))
        long = self._create_trial(date(2026, 4, 1), date(2026, 5, 3))
        with freeze_time("2026-04-14"):
            self.assertEqual(self._run().subscription_id, long)

    def test_a_second_rule_is_for_the_trials_that_the_first_leaves_out(self):
        long_rule = self._create_rule("trial_end", min_trial_days=32, sequence=1)
        short_rule = self._create_rule("trial_end", days_before=3, sequence=2)
        short = self._create_trial(date(2026, 4, 1), date(2026, 4, 15))
        long = self._create_trial(date(2026, 3, 1), date(2026, 4, 15))
        paying = self._create_subscription()
        days = self.env["subscription.notifier"]._get_days_before(
            short | long | paying, "trial_end"
        )
        self.assertEqual(days, {short.id: 3, long.id: 30, paying.id: 3})
        with freeze_time("2026-04-12"):
            self._run()
        self.assertEqual(short.notice_ids.rule_id, short_rule)
        self.assertEqual(long.notice_ids.rule_id, long_rule)

    def test_the_first_rule_that_fits_applies(self):
        self._create_rule(
            days_before=10, sequence=1, plan_ids=[Command.set(self.yearly.ids)]
        )
        general = self._create_rule(days_before=40, sequence=2)
        other_plan = self._create_plan(name="Other", interval_unit="year")
        special = self._create_yearly()
        other = self._create_subscription(
            plan_id=other_plan.id,
            date_start=date(2026, 3, 1),
            date_next_invoice=date(2027, 3, 1),
        )
        with freeze_time("2027-01-25"):
            notice = self._run()
            self.assertEqual(notice.subscription_id, other)
            self.assertEqual(notice.rule_id, general)
        with freeze_time("2027-02-19"):
            self.assertEqual(self._run().subscription_id, special)

    def test_the_days_that_a_change_has_to_wait_can_be_asked(self):
        self._create_rule(
            "price_change", days_before=60, plan_ids=[Command.set(self.yearly.ids)]
        )
        yearly, monthly = self._create_yearly(), self._create_subscription()
        days = self.env["subscription.notifier"]._get_days_before(
            yearly | monthly, "price_change"
        )
        self.assertEqual(days, {yearly.id: 60, monthly.id: 0})

    @freeze_time("2027-02-10")
    def test_each_company_has_its_own_rules_and_sender(self):
        other = self.env["res.company"].create(
            {"name": "Other", "email": "hello@other.example.com"}
        )
        self._create_rule(company_id=False, sequence=5)
        own = self._create_rule(company_id=other.id, sequence=1)
        ours = self._create_yearly()
        theirs = self._create_yearly(
            lines=[{"price_unit": 0}], company_id=other.id, partner_id=self.partner.id
        )
        notices = self._run()
        self.assertEqual(notices.subscription_id, ours | theirs)
        self.assertEqual(theirs.notice_ids.rule_id, own)
        self.assertNotEqual(ours.notice_ids.rule_id, own)
        self.assertEqual(theirs.notice_ids.company_id, other)
        self.assertIn("other.example.com", theirs.notice_ids.mail_mail_id.email_from)

    # === WHAT A RULE MAY SAY === #

    def test_a_rule_brings_the_template_of_its_kind(self):
        form = Form(self.env["subscription.notice.rule"])
        form.name = "Ours"
        for kind in ("receipt", "trial_end"):
            form.kind = kind
            template = self.env.ref(f"subscription_billing.mail_template_notice_{kind}")
            self.assertEqual(form.template_id, template)

    def test_a_template_for_something_else_is_refused(self):
        template = self.env.ref("account.email_template_edi_invoice")
        with self.assertRaisesRegex(ValidationError, "not one for notices"):
            self._create_rule(template_id=template.id)

    def test_days_out_of_order_are_refused(self):
        for vals in ({"days_latest": 31}, {"days_latest": -1}, {"min_term_months": -1}):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
                self._create_rule(**vals)

    @freeze_time("2027-02-10")
    def test_a_rule_that_has_sent_notices_is_kept(self):
        rule, unused = self._create_rule(sequence=1), self._create_rule(sequence=2)
        self._create_yearly()
        self._run()
        with self.assertRaisesRegex(UserError, "Archive it"):
            rule.unlink()
        unused.unlink()
        self.assertEqual(rule.notice_count, 1)


@tagged("standard", "post_install", "-at_install")
class TestWhatIsWritten(NoticeCase):
    """To whom, in which language, and what happens when it is not possible."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_rule("price_change")
        cls.subscription = cls._create_subscription(date_start=date(2026, 3, 10))

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-04-01"))

    def _by_subscription(self, notice):
        return notice.subscription_id.id

    def test_the_mail_is_queued_and_its_words_are_kept(self):
        notice = self._notify(self.subscription)
        mail = notice.mail_mail_id
        self.assertRecordValues(
            notice,
            [
                {
                    "partner_id": self.partner.id,
                    "partner_name": "Ada Lovelace",
                    "email": "ada@example.com",
                    "channel": "email",
                    "subject": mail.subject,
                    "body": mail.body_html,
                    "message_id": mail.message_id,
                    "mail_message_id": mail.mail_message_id.id,
                    "date_sent": False,
                }
            ],
        )
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertIn("hello@company.example.com", mail.email_from)

    def test_it_stands_in_the_conversation_where_replies_arrive(self):
        mail = self._notify(self.subscription).mail_mail_id
        self.assertEqual(mail.model, "subscription.subscription")
        self.assertEqual(mail.res_id, self.subscription.id)
        self.assertIn(mail.mail_message_id, self.subscription.message_ids)
        self.assertEqual(mail.author_id, self.company.partner_id)
        if self.company.catchall_email:
            self.assertIn(self.company.catchall_email, mail.reply_to)

    def test_it_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref(
            "subscription_billing.mail_template_notice_price_change"
        )
        template.with_context(
            lang="fr_FR"
        ).subject = "Nouveau prix le {{ object._format_date(object.date_event) }}"
        self.partner.lang = "fr_FR"
        english = self._create_subscription(
            partner_id=self.env["res.partner"]
            .create({"name": "Bob", "email": "bob@example.com", "lang": "en_US"})
            .id,
            date_start=date(2026, 3, 10),
        )
        notices = self._notify(
            self.subscription | english, amount_before=1000.5, amount_after=1200
        )
        french, english = notices.sorted(self._by_subscription)
        self.assertEqual(french.lang, "fr_FR")
        self.assertEqual(french.subject, "Nouveau prix le 1 mai 2026")
        self.assertIn("1 200,00", " ".join(french.body.split()))
        self.assertEqual(english.lang, "en_US")
        self.assertIn("May 1, 2026", english.subject)
        self.assertIn("1,200.00", english.body)

    def test_a_contact_without_address_is_reached_by_its_company(self):
        firm = self.env["res.partner"].create(
            {"name": "Firm", "is_company": True, "email": "firm@example.com"}
        )
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": firm.id, "email": False}
        )
        subscription = self._create_subscription(partner_id=contact.id)
        self.assertEqual(self._notify(subscription).email, "firm@example.com")

    def test_who_has_no_address_stops_nobody(self):
        silent = self.env["res.partner"].create({"name": "Silent"})
        odd = self.env["res.partner"].create({"name": "Odd", "email": "at home"})
        failing = self._create_subscription(partner_id=silent.id)
        failing |= self._create_subscription(partner_id=odd.id)
        notices = self._notify(failing | self.subscription).sorted(
            self._by_subscription
        )
        good, no_address, bad_address = notices
        self.assertEqual(good.state, "queued")
        self.assertTrue(good.mail_mail_id)
        self.assertEqual((no_address | bad_address).mapped("state"), ["failed"] * 2)
        self.assertIn("Silent has no e-mail address", no_address.failure_reason)
        self.assertIn("at home of Odd is not valid", bad_address.failure_reason)
        self.assertEqual(len(failing.activity_ids), 2)
        self.assertFalse(self._run(), "they have left the queue")

    def test_a_text_that_breaks_for_one_stops_nobody(self):
        template = self.env.ref(
            "subscription_billing.mail_template_notice_price_change"
        )
        bad = self._create_subscription(name="BAD")
        template.subject = "{{ 1 / (object.subscription_id.name != 'BAD') }}"
        with (
            self.assertLogs(NOTIFIER, "WARNING"),
            mute_logger(BATCH, RENDER, QWEB),
        ):
            notices = self._notify(self.subscription | bad).sorted(
                self._by_subscription
            )
        self.assertEqual(notices.mapped("state"), ["queued", "failed"])
        self.assertTrue(notices[0].mail_mail_id)
        self.assertFalse(notices[1].mail_mail_id)
        self.assertIn("Failed to render", notices[1].failure_reason)

    def test_what_waited_beyond_its_day_is_not_sent(self):
        self._create_rule()
        subscription = self._create_yearly()
        rule, domain = self._find_due("2027-02-10")
        with freeze_time("2027-02-10"):
            self.env["subscription.notifier"]._find_chunk(rule, domain)
        with freeze_time("2027-03-02"):
            self._run()
        notice = subscription.notice_ids
        self.assertEqual(notice.state, "cancelled")
        self.assertIn("after the event", notice.failure_reason)
        self.assertFalse(notice.mail_mail_id)

    def _find_due(self, day):
        """Return the one rule that looks ahead, and what it looks for."""
        with freeze_time(day):
            [due] = self.env["subscription.notifier"]._get_due_domains()
        return due

    def test_the_facts_of_a_change(self):
        product = self.env["product.product"].create({"name": "Seat"})
        notice = self._notify(
            self.subscription,
            amount_before=100,
            amount_after=120.5,
            reason="Costs have risen.",
            plan_before_id=self.yearly.id,
            lines=[
                {
                    "product_id": product.id,
                    "quantity_before": 2,
                    "quantity_after": 2.5,
                    "price_before": 50,
                    "price_after": 48.2,
                },
                {"name": "Setup", "price_after": 10},
            ],
        )
        facts = dict(notice._get_facts())
        nbsp = "\N{NO-BREAK SPACE}"
        self.assertEqual(
            {key: facts[key].replace(nbsp, "") for key in ("Seat", "Setup", "Price")},
            {
                "Seat": "2 × $50.00 → 2.5 × $48.20",
                "Setup": "$10.00",
                "Price": "$100.00 → $120.50 every month, taxes included",
            },
        )
        self.assertEqual(facts["Plan until now"], "Yearly")
        self.assertEqual(facts["Changes on"], "May 1, 2026")
        self.assertEqual(facts["Reason"], "Costs have risen.")
        for fact in ("Seat", "Costs have risen.", "Maintenance"):
            self.assertIn(fact, notice.body)

    def test_the_end_of_a_trial_says_what_follows(self):
        self._create_rule("trial_end")
        trial = self._create_trial(date(2026, 4, 1), date(2026, 5, 1))
        expected = {
            "active": ("Paid from", "from May 1, 2026 on you pay"),
            "paused": ("Pauses on", "After April 30, 2026 your subscription pauses"),
            "closed": (
                "Ends on",
                "April 30, 2026 is its last day, and you pay nothing",
            ),
        }
        for outcome, (label, text) in expected.items():
            trial.plan_id.trial_end_action = outcome
            trial.plan_id.trial_end_without_method = outcome
            notice = self._notify(trial, "trial_end", outcome)
            self.assertIn("trial ends on April 30, 2026", notice.subject)
            self.assertEqual(dict(notice._get_facts())[label], "May 1, 2026")
            self.assertIn(text, notice.body)

    def test_the_end_of_a_term_says_what_follows(self):
        self._create_rule("term_end")
        plan = self._create_plan(term_count=1, term_unit="month")
        subscription = self._create_subscription(plan_id=plan.id)
        expected = {
            "continue": "It goes on after that day until you cancel it",
            "renew": "It renews for the same time",
            "close": "and your subscription with it",
        }
        for outcome, text in expected.items():
            plan.term_end_action = outcome
            notice = self._notify(subscription, "term_end", outcome)
            self.assertIn(text, notice.body)
        plan.term_end_action = "renew"
        subscription.date_end = subscription.date_term_end
        notice = self._notify(subscription, "term_end", "a scheduled end")
        self.assertEqual(dict(notice._get_facts())["After that"], "It ends")

    def test_names_are_no_markup(self):
        self.partner.name = "<b>Bold</b>"
        self.assertIn("&lt;b&gt;Bold", self._notify(self.subscription).body)

    def test_every_template_renders_every_kind_of_notice(self):
        """Odoo tries a template on any notice when somebody saves it."""
        kinds = [
            k for k, _name in self.env["subscription.notice"]._fields["kind"].selection
        ]
        for kind in kinds:
            if kind != "price_change":
                self._create_rule(kind)
            self._notify(self.subscription, kind, "a test")
        notices = self.subscription.notice_ids
        self.assertEqual(len(notices), len(kinds))
        self.assertEqual(set(notices.mapped("state")), {"queued"})
        for kind in kinds:
            template = self.env.ref(f"subscription_billing.mail_template_notice_{kind}")
            rendered = template._generate_template(
                notices.ids, ("subject", "body_html")
            )
            for values in rendered.values():
                self.assertTrue(values["subject"])
                self.assertIn("Ada Lovelace", values["body_html"])
