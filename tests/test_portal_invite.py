"""Customers are invited to pay automatically, and to use the portal."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

CRON = "subscription_portal.ir_cron_send_invitations"
USER = "base.group_user,subscription_billing.group_subscription_user"


class InviteCase(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.write({"name": "Ada Lovelace", "email": "ada@example.com"})
        cls.bob = cls.env["res.partner"].create(
            {"name": "Bob", "email": "bob@example.com"}
        )
        cls.staff = new_test_user(cls.env, "staff", USER)
        cls.invitations = cls.env["subscription.invitation"].with_user(cls.staff)

    def _open_wizard(self, records, kind):
        """Open the dialog from a list, as a person does."""
        return (
            self.env["subscription.invitation.send"]
            .with_user(self.staff)
            .with_context(active_model=records._name, active_ids=records.ids)
            .create({"kind": kind})
        )

    def _invite(self, kind, records=None):
        """Invite customers, and have the e-mails written."""
        wizard = self._open_wizard(records or self.partner, kind)
        action = wizard.action_send()
        self._run_cron(CRON)
        return self.invitations.search(action["domain"])


@tagged("standard", "post_install", "-at_install")
class TestPortalInvite(InviteCase):
    # === WHO IS ASKED === #

    def test_customers_are_chosen_in_either_list(self):
        for records in (self.partner, self.subscription):
            wizard = self._open_wizard(records, "payment")
            self.assertEqual(wizard.partner_ids, self.partner)
            self.assertEqual(wizard.invited_count, 1)

    def test_who_cannot_be_asked_is_named_with_what_mends_it(self):
        names = ("Silent", "Archived", "Fed up", "Without")
        partners = self.env["res.partner"].create(
            [{"name": name, "email": f"{name[:3]}@example.com"} for name in names]
        )
        silent, archived, fed_up, _without = partners
        self._create_subscription(partner_id=silent.id)
        silent.email = "no address"
        self.env["mail.blacklist"].sudo()._add(fed_up.email)
        archived.active = False
        wizard = self._open_wizard(partners | self.partner, "payment")
        self.assertEqual(wizard.invited_count, 1)
        for name, text in zip(
            names,
            ("enter one on the", "restore the", "by telephone", "no running"),
            strict=True,
        ):
            self.assertRegex(wizard.obstacles, f"{name}</b> [^<]*{text}")
        wizard.action_send()
        asked = self.invitations.search([("partner_id", "in", partners.ids)])
        self.assertFalse(asked)

    def test_who_pays_automatically_is_not_asked(self):
        self._create_token()
        self.subscription.collection_method = "automatic"
        wizard = self._open_wizard(self.partner, "payment")
        self.assertIn("pays automatically already", wizard.obstacles)
        with self.assertRaisesRegex(UserError, "nobody to invite"):
            wizard.action_send()

    def test_who_has_logged_in_is_not_asked_for_an_account(self):
        self.env["res.users.log"].with_user(self.user).sudo().create({})
        wizard = self._open_wizard(self.partner, "account")
        self.assertIn("has logged in already", wizard.obstacles)

    def test_nobody_takes_over_an_address_that_is_taken(self):
        self.bob.email = "bob@example.com"
        new_test_user(self.env, "bob@example.com", "base.group_portal")
        wizard = self._open_wizard(self.bob, "account")
        self.assertIn("somebody else logs in", wizard.obstacles)

    def test_employees_are_not_asked_for_an_account(self):
        wizard = self._open_wizard(self.staff.partner_id, "account")
        self.assertIn("no customer", wizard.obstacles)

    def test_nobody_is_asked_twice_within_some_days(self):
        self._invite("account", self.bob)
        wizard = self._open_wizard(self.bob, "account")
        self.assertIn("wait a little", wizard.obstacles)
        self.assertEqual(self._open_wizard(self.bob, "payment").invited_count, 0)
        with freeze_time(fields.Datetime.now() + timedelta(days=8)):
            wizard.invalidate_recordset()
            self.assertEqual(wizard.invited_count, 1)

    # === THE E-MAIL === #

    def test_each_gets_an_email_of_their_own(self):
        invitation = self._invite("payment")
        mail = invitation.sudo().mail_mail_id
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertIn("/subscriptions/invitation/", mail.body_html)
        self.assertRecordValues(
            invitation, [{"state": "sent", "sent_count": 1, "is_due": False}]
        )
        self.assertEqual(invitation.mail_state, "outgoing")

    def test_one_that_cannot_be_written_stops_no_other(self):
        model = type(self.env["mail.template"])
        send = model.send_mail_batch

        def fail(template, ids, **options):
            asked = template.env["subscription.invitation"].browse(ids)
            if self.bob in asked.partner_id:
                raise UserError("No.")
            return send(template, ids, **options)

        self._create_subscription(partner_id=self.bob.id)
        module = "odoo.addons.subscription_portal.models.subscription_invitation_send"
        with patch.object(model, "send_mail_batch", fail), mute_logger(module):
            invitations = self._invite("payment", self.partner | self.bob)
        states = {each.partner_id: each.state for each in invitations}
        self.assertEqual(states, {self.partner: "sent", self.bob: "failed"})

    def test_many_are_asked_with_as_many_queries_as_few(self):
        def count(number):
            subscriptions = self._create_subscriptions(number)
            for partner in subscriptions.partner_id:
                partner.email = f"c{partner.id}@example.com"
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            wizard = self._open_wizard(subscriptions.partner_id, "payment")
            self.assertEqual(wizard.invited_count, number)
            wizard.action_send()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(2)
        few, many = count(5), count(50)
        self.assertLessEqual(many, few + 5)

    def test_more_than_fit_in_one_go_are_all_written(self):
        module = "odoo.addons.subscription_portal.models.subscription_invitation_send"
        subscriptions = self._create_subscriptions(5)
        for partner in subscriptions.partner_id:
            partner.email = f"c{partner.id}@example.com"
        wizard = self._open_wizard(subscriptions.partner_id, "payment")
        action = wizard.action_send()
        with patch(f"{module}.CHUNK", 2):
            for _each in range(3):
                self.env["subscription.invitation"]._cron_send()
        sent = self.invitations.search(action["domain"])
        self.assertEqual(set(sent.mapped("state")), {"sent"})
        self.assertEqual(len(sent), 5)

    # === WHAT BECAME OF IT === #

    def test_following_the_link_is_kept(self):
        subscription = self._create_subscription(partner_id=self.bob.id)
        invitation = self._invite("payment", self.bob)
        answer = self.url_open(invitation._get_url())
        self.assertEqual(answer.status_code, 200)
        self.assertIn(f"/my/subscriptions/{subscription.id}", answer.url)
        first = invitation.date_opened
        self.assertEqual(invitation.state, "opened")
        self.url_open(invitation._get_url())
        self.assertEqual(invitation.date_opened, first)

    def test_a_look_at_the_head_alone_is_no_visit(self):
        invitation = self._invite("payment")
        self.url_open(invitation._get_url(), method="HEAD")
        self.assertEqual(invitation.state, "sent")

    def test_while_nothing_is_open_it_leads_to_saving_a_method(self):
        url = self._invite("payment")._get_url()
        for login in ("ada", None):
            self.authenticate(login, login)
            answer = self.url_open(url)
            self.assertIn(f"{self.subscription.access_url}/automatic", answer.url)
            self.assertIn("By saving it, you agree", answer.text)

    def test_with_an_open_invoice_it_leads_to_the_payment(self):
        self.env["subscription.renewal"]._bill_now(self.subscription)
        invitation = self._invite("payment")
        answer = self.url_open(invitation._get_url())
        self.assertIn("/pay", answer.url)

    def test_links_that_are_none_lead_nowhere(self):
        good = self._invite("payment")._get_url()
        for url in (good[:-3], f"{good}AA", good.replace(good[-20:-10], "é")):
            answer = self.url_open(url, allow_redirects=False)
            self.assertTrue(answer.headers["Location"].endswith("/my"))
        with freeze_time(fields.Datetime.now() + timedelta(days=61)):
            answer = self.url_open(good, allow_redirects=False)
        self.assertTrue(answer.headers["Location"].endswith("/my"))

    def test_it_is_done_when_the_customer_agrees(self):
        invitation = self._invite("payment")
        self.subscription._pay_automatically(
            self._create_token(), consent="Yes", author=self.partner
        )
        self.assertRecordValues(
            invitation, [{"state": "done", "opened_rate": 1.0, "done_rate": 1.0}]
        )

    def test_it_is_done_when_the_customer_logs_in(self):
        invitation = self._invite("account")
        self.url_open("/web/login")
        self.authenticate(None, None)
        page = self._get_page("/web/login")
        [token] = page.xpath("//input[@name='csrf_token']/@value")
        data = {"login": "ada", "password": "ada", "csrf_token": token}
        self.url_open("/web/login", data=data)
        self.assertEqual(invitation.state, "done")

    def test_who_has_an_account_in_use_only_logs_in(self):
        invitation = self._invite("account")
        self.env["res.users.log"].with_user(self.user).sudo().create({})
        self.env.invalidate_all()
        answer = self.url_open(invitation._get_url())
        self.assertIn("/web/login", answer.url)
        self.assertNotIn("token=", answer.url)

    # === ONCE MORE === #

    def test_those_who_did_not_answer_are_reminded_once_in_some_days(self):
        self._create_subscription(partner_id=self.bob.id)
        invitations = self._invite("payment", self.partner | self.bob)
        action = invitations.action_remind()
        self.assertIn("0 will be reminded", action["params"]["message"])
        later = fields.Datetime.now() + timedelta(days=8)
        with freeze_time(later):
            done = invitations.filtered(lambda each: each.partner_id == self.bob)
            done.sudo().date_done = later
            action = invitations.action_remind()
            self.assertIn("1 will be reminded", action["params"]["message"])
            self._run_cron(CRON)
            self.assertEqual((invitations - done).sent_count, 2)
            self.assertEqual(done.sent_count, 1)
            action = invitations.action_remind()
            self.assertIn("0 will be reminded", action["params"]["message"])

    # === WHOSE THEY ARE === #

    def test_people_look_and_write_nothing_by_hand(self):
        invitation = self._invite("payment")
        with self.assertRaises(AccessError):
            invitation.write({"date_done": fields.Datetime.now()})
        with self.assertRaises(AccessError):
            invitation.with_user(self.user).read(["state"])
        plain = new_test_user(self.env, "plain", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["subscription.invitation"].with_user(plain).search([])

    def test_other_companies_do_not_see_it(self):
        invitation = self._invite("payment")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = new_test_user(
            self.env,
            "far",
            USER,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        model = self.env["subscription.invitation"].with_user(foreign)
        self.assertFalse(model.search([]) & invitation)


class InviteTours:
    def test_a_customer_chooses_a_password(self):
        invitation = self._invite("account", self.bob)
        url = invitation._get_url()
        self.start_tour(url, "subscription_portal_invitation")
        self.assertEqual(invitation.state, "done")
        self.assertTrue(self.bob.user_ids.share)

    def test_a_customer_follows_the_link_to_pay(self):
        self.env["subscription.renewal"]._bill_now(self.subscription)
        url = self._invite("payment")._get_url()
        self.start_tour(url, "subscription_portal_invitation_payment")


@tagged("standard", "post_install", "-at_install")
class TestInviteTours(InviteTours, InviteCase):
    browser_size = "1280x900"


@tagged("standard", "post_install", "-at_install")
class TestInviteToursOnPhones(InviteTours, InviteCase):
    browser_size = "390x844"
    touch_enabled = True
