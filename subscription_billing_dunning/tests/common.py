"""Fixtures of dunning: a policy, customers who do not pay, and the days that pass."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo import Command

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

#: the day on which the invoices of these tests are due
DUE = date(2026, 3, 1)
RUN = "subscription_billing_dunning.ir_cron_dunning"


class DunningCommon(SubscriptionCommon):
    """A policy of four steps, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["dunning.policy"].search([]).active = False
        cls.template = cls.env.ref(
            "subscription_billing_dunning.mail_template_dunning_friendly"
        )
        cls.policy = cls._create_policy(
            {"name": "Remind", "days": 3, "action": "email"},
            {"name": "Remind again", "days": 10, "grace_days": 3, "action": "email"},
            {"name": "Suspend", "days": 20, "grace_days": 5, "action": "suspend"},
            {"name": "Close", "days": 40, "grace_days": 5, "action": "close"},
        )

    # === RECORDS === #

    @classmethod
    def _create_policy(cls, *steps, **vals):
        """Create a policy; its steps get a sequence and a template where needed."""
        return cls.env["dunning.policy"].create(
            {
                "name": "Policy",
                "company_id": cls.company.id,
                "date_start": False,
                "step_ids": [
                    Command.create(
                        {
                            "sequence": number,
                            "template_id": cls.template.id,
                            **step,
                        }
                    )
                    for number, step in enumerate(steps)
                ],
                **vals,
            }
        )

    def _bill(self, **vals):
        """Return the invoice, due on ``DUE``, of a subscription to pay."""
        with freeze_time(f"{DUE} 08:00:00"):
            subscription = self._create_subscription(date_start=DUE, **vals)
            self._run_renewal()
        return subscription.invoice_ids

    def _pay(self, invoice, day=None):
        """Let the money of an invoice come in, as an accountant records it."""
        with freeze_time(f"{day or DUE} 12:00:00"):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard.create({}).action_create_payments()

    # === TIME === #

    def _dun(self, day, hour="08:00:00"):
        """Run the scheduled action on a day."""
        with freeze_time(f"{day} {hour}"):
            self._run_cron(RUN)

    def _dun_daily(self, first, count):
        """Run the scheduled action on so many days in a row."""
        for number in range(count):
            self._dun(first + timedelta(days=number))

    def _get_case(self, invoice):
        """Return the case of an invoice, if it has one."""
        return invoice.dunning_case_id

    def _get_story(self, case):
        """Return what was done in a case: (month-day, name of the step), in order."""
        return [
            (f"{action.date:%m-%d}", action.step_id.name)
            for action in case.action_ids.sorted("id")
        ]
