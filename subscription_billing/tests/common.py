"""Fixtures shared by the tests of this addon and of those that build on it."""

from odoo import Command
from odoo.tests import Form, TransactionCase


class SubscriptionCommon(TransactionCase):
    """A company with a chart of accounts, a monthly plan, a product and a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.company = cls.env.company
        cls.company.subscription_tz = "UTC"
        cls.tax = cls.env["account.tax"].create(
            {"name": "Sales tax 15 %", "amount": 15, "type_tax_use": "sale"}
        )
        cls.plan = cls._create_plan(name="Monthly")
        cls.product = cls.env["product.product"].create(
            {
                "name": "Maintenance",
                "type": "service",
                "list_price": 100,
                "taxes_id": [Command.set(cls.tax.ids)],
            }
        )
        cls.partner = cls.env["res.partner"].create(
            {"name": "Ada Lovelace", "email": "ada@example.com"}
        )

    # === RECORDS === #

    @classmethod
    def _create_plan(cls, **vals):
        """Create a plan, monthly unless ``vals`` say otherwise."""
        return cls.env["subscription.plan"].create(
            {"name": "Plan", "interval_count": 1, "interval_unit": "month", **vals}
        )

    @classmethod
    def _prepare_subscription_vals(cls, lines=None, **vals):
        """Return the values of a subscription on the monthly plan, with one line.

        :param list[dict] lines: values of the lines
        """
        return {
            "partner_id": cls.partner.id,
            "plan_id": cls.plan.id,
            "line_ids": [
                Command.create({"product_id": cls.product.id, **line})
                for line in lines or [{}]
            ],
            **vals,
        }

    @classmethod
    def _create_subscription(cls, lines=None, **vals):
        """Create an active subscription that is due on its start date."""
        return cls.env["subscription.subscription"].create(
            cls._prepare_subscription_vals(lines, **{"state": "active", **vals})
        )

    @classmethod
    def _create_subscriptions(cls, count, **vals):
        """Create active subscriptions of as many customers."""
        partners = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(count)]
        )
        return cls.env["subscription.subscription"].create(
            [
                cls._prepare_subscription_vals(
                    **{"state": "active", "partner_id": partner.id, **vals}
                )
                for partner in partners
            ]
        )

    @classmethod
    def _include_service(cls, plan, product=None, **vals):
        """Include a service in a plan, once a quarter unless ``vals`` say otherwise."""
        return cls.env["subscription.plan.entitlement"].create(
            {
                "plan_id": plan.id,
                "product_id": (product or cls.product).id,
                "interval_unit": "quarter",
                **vals,
            }
        )

    @classmethod
    def _use_service(cls, entitlement, quantity=1, **vals):
        """Record a use of an entitlement, today by default."""
        return entitlement.env["subscription.consumption"].create(
            {"entitlement_id": entitlement.id, "quantity": quantity, **vals}
        )

    @classmethod
    def _create_token(cls, partner=None, state="done", **vals):
        """Save a payment method with the demo provider.

        :param str state: what becomes of its charges: done, pending, cancel or error
        """
        provider = cls.env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", cls.company.id)], limit=1
        )
        if provider.state != "test":
            provider.state = "test"
        return cls.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id
                or cls.env.ref("payment_demo.payment_method_demo").id,
                "partner_id": (partner or cls.partner).id,
                "provider_ref": "test",
                "payment_details": "4242",
                "demo_simulated_state": state,
                **vals,
            }
        )

    # === USAGE === #

    @classmethod
    def _create_meter(cls, **vals):
        """Create a meter that adds up calls, unless ``vals`` say otherwise."""
        return cls.env["subscription.meter"].create(
            {"name": "Calls", "code": "calls", **vals}
        )

    @classmethod
    def _create_metered(cls, meter, **vals):
        """Create an active subscription with a line that bills what a meter counts."""
        return cls._create_subscription([{"meter_id": meter.id}], **vals)

    @classmethod
    def _record(cls, subscription, meter, *events):
        """Record events of a subscription; keys are made up where there are none.

        :param list[dict] events: fields of the events
        :return: what ``record`` says of each
        """
        usage = cls.env["subscription.usage"]
        known = usage.search_count([])
        return usage.record(
            [
                {
                    "key": f"event-{known + number}",
                    "meter": meter.code,
                    "subscription": subscription.name,
                    "quantity": 1,
                    **event,
                }
                for number, event in enumerate(events)
            ]
        )

    # === FORMS === #

    def _open_form(self, action, user=None):
        """Open the form of a window action, as a person does.

        :param dict action: what a button returned
        :param user: the person, the current user by default
        """
        model = self.env[action["res_model"]].with_user(user or self.env.user)
        record = model.with_context(**action["context"]).browse(action.get("res_id"))
        view_id = action["views"][0][0] if action.get("views") else False
        return Form(record, view_id or None)

    # === SCHEDULED ACTIONS === #

    def _run_cron(self, name):
        """Run a scheduled action as the scheduler does: until nothing is left to do.

        The scheduler gives an action some seconds at a time, in which it is called
        several times; the last of these may come too late to do anything.

        :param str name: XML id
        """
        cron = self.env.ref(name)
        is_finished = False
        last_id = 0
        with self.enter_registry_test_mode():
            while not is_finished:
                is_well = cron.method_direct_trigger() is True
                steps = self.env["ir.cron.progress"].search(
                    [("cron_id", "=", cron.id), ("id", ">", last_id)], order="id desc"
                )
                last_id = steps[:1].id or last_id
                is_going_on = any(steps.mapped("done")) and steps[:1].remaining
                is_finished = not (is_well and is_going_on)
        self.env.invalidate_all()

    def _run_renewal(self):
        self._run_cron("subscription_billing.ir_cron_renewal")

    def _run_collection(self):
        self._run_cron("subscription_billing.ir_cron_collection")
