"""Fixtures of the tests about notices."""

from datetime import date
from unittest.mock import patch

from odoo.addons.mail.tests.common import MockEmail
from odoo.tools import mute_logger

from .common import SubscriptionCommon

MAIL = "odoo.addons.mail.models.mail_mail"


class NoticeCase(SubscriptionCommon, MockEmail):
    """A yearly plan, and no other rules than those that a test makes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["subscription.notice.rule"].search([]).active = False
        cls.yearly = cls._create_plan(name="Yearly", interval_unit="year")
        cls.company.email = "hello@company.example.com"

    # === RECORDS === #

    @classmethod
    def _create_rule(cls, kind="renewal", **vals):
        """Create a rule for every plan of the company, 30 days before."""
        return cls.env["subscription.notice.rule"].create(
            {"name": kind, "kind": kind, "attach_pdf": False, **vals}
        )

    @classmethod
    def _create_yearly(cls, **vals):
        """Create a subscription that renews on 1 March 2027."""
        return cls._create_subscription(
            plan_id=cls.yearly.id,
            **{
                "date_start": date(2026, 3, 1),
                "date_next_invoice": date(2027, 3, 1),
                **vals,
            },
        )

    @classmethod
    def _create_trial(cls, date_start, date_trial_end):
        """Create a subscription in its trial."""
        subscription = cls._create_subscription(
            state="draft", date_start=date_start, date_trial_end=date_trial_end
        )
        subscription._update_state("trial")
        return subscription

    # === RUNNING === #

    def _run(self):
        """Run the scheduled action; return the notices that are new."""
        before = self.env["subscription.notice"].search([])
        self._run_cron("subscription_billing.ir_cron_notify")
        return self.env["subscription.notice"].search([], order="id") - before

    def _send(self, notices, **options):
        """Let core's queue send the e-mails of these notices."""
        with self.mock_mail_gateway(**options):
            notices.mail_mail_id.send()
        self.env.invalidate_all()

    def _send_badly(self, notices):
        """Let core's queue try, with a mail server that fails."""
        with (
            self.mock_mail_gateway(),
            patch.object(self.registry["ir.mail_server"], "send_email") as send,
            mute_logger(MAIL),
        ):
            send.side_effect = OSError("The mail server is on fire.")
            notices.mail_mail_id.send()
        self.env.invalidate_all()

    def _notify(self, subscriptions, kind="price_change", key="1", **values):
        """Tell of an event on 1 May 2026, and write the e-mail."""
        notices = self.env["subscription.notifier"]._notify(
            subscriptions, kind, key, date(2026, 5, 1), values
        )
        self._run()
        return notices
