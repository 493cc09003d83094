from contextlib import closing
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import consteq

from odoo.addons.subscription_billing.models.batch import (
    keep_others_away,
    trigger_cron,
)
from odoo.addons.subscription_billing.models.once import insert_once

#: how long an order waits for its payment method
PATIENCE = timedelta(days=7)
STARTED_TEMPLATE = "subscription_portal.mail_template_signup"
RENEWAL = "subscription_billing.ir_cron_renewal"


class SubscriptionSignup(models.Model):
    """An order that a visitor has placed on the sign-up page.

    The page gives each order a key before it is placed: sent twice, it is placed once.
    """

    _name = "subscription.signup"
    _description = "Sign-Up"
    _order = "id desc"
    _rec_name = "subscription_id"

    # === FIELDS === #

    key = fields.Char(
        required=True, readonly=True, copy=False, groups="base.group_system"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null"
    )
    is_new_customer = fields.Boolean(readonly=True)
    subscription_id = fields.Many2one(
        "subscription.subscription",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    plan_id = fields.Many2one("subscription.plan", required=True, readonly=True)
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit")
    consent = fields.Text(
        string="Agreement",
        required=True,
        readonly=True,
        help="What the customer has agreed to, word for word.",
    )
    terms = fields.Html(
        readonly=True, sanitize=False, help="The terms as they were shown."
    )
    date = fields.Datetime(string="Ordered On", required=True, readonly=True)
    date_started = fields.Datetime(readonly=True)
    state = fields.Selection(
        selection=[("begun", "Waits for a Method"), ("started", "Started")],
        string="Status",
        required=True,
        readonly=True,
    )

    _key_unique = models.UniqueIndex("(key)")

    # === CRUD METHODS === #

    @api.autovacuum
    def _gc_unfinished(self):
        """Forget orders for which no payment method came, and who placed them."""
        limit = fields.Datetime.now() - PATIENCE
        for signup in self.search([("state", "=", "begun"), ("date", "<", limit)]):
            partner = signup.partner_id if signup.is_new_customer else None
            signup.subscription_id.unlink()
            signup.unlink()
            if partner:
                # Payments, mails or people may know the contact by now.
                partner.active = False

    # === BUSINESS METHODS: ORDERING === #

    @api.model
    def _preview(self, order, contact):
        """Return the first invoices of an order, and place nothing.

        :param dict order: company, plan, product, quantity and coupon code
        :param contact: the ``res.partner`` who orders, or values of a new one
        :rtype: list[ForecastInvoice]
        :raises UserError: it cannot be ordered like this
        """
        with closing(self.env.cr.savepoint()):
            subscription = self._create_draft(order, contact)
            today = order["company"]._get_subscription_today()
            return self.env["subscription.forecast"]._preview(
                subscription, count=2, until=fields.Date.add(today, days=366)
            )

    @api.model
    def _place(self, key, order, contact, consent):
        """Place an order, once.

        :param str key: of the page that it was sent from
        :param dict order: company, plan, product, quantity and coupon code
        :param contact: the ``res.partner`` who orders, or values of a new one
        :param str consent: what the customer agreed to, word for word
        :return: the order; that of before for a key that is known
        """
        now = fields.Datetime.now()
        vals = {
            "key": key,
            "company_id": order["company"].id,
            "plan_id": order["plan"].id,
            "product_id": order["product"].id,
            "quantity": order["quantity"],
            "consent": consent,
            "terms": order["plan"].terms,
            "date": now,
            "state": "begun",
            "is_new_customer": isinstance(contact, dict),
        }
        signup = insert_once(self, [vals])
        if not signup:
            return self.search([("key", "=", key)])
        subscription = self._create_draft(order, contact)
        signup.write(
            {"subscription_id": subscription.id, "partner_id": subscription.partner_id}
        )
        if not signup._needs_method():
            signup._start()
        return signup

    @api.model
    def _create_draft(self, order, contact):
        """Return the draft of a subscription, with its coupon.

        :param contact: the ``res.partner`` who orders, or values of a new one
        """
        company = order["company"]
        if isinstance(contact, dict):
            contact = self.env["res.partner"].create(contact)
        subscription = (
            self.env["subscription.subscription"]
            .with_company(company)
            .create(
                {
                    "partner_id": contact.id,
                    "company_id": company.id,
                    "user_id": False,
                    "plan_id": order["plan"].id,
                    "line_ids": [
                        Command.create(
                            {
                                "product_id": order["product"].id,
                                "quantity": order["quantity"],
                            }
                        )
                    ],
                }
            )
        )
        if order["coupon"]:
            subscription._add_coupon(order["coupon"])
        return subscription

    def _has_key(self, key):
        """Return whether a visitor knows the key of this order."""
        return bool(self) and consteq(self.sudo().key.encode(), key.encode())

    # === BUSINESS METHODS: STARTING === #

    def _needs_method(self):
        """Return whether a payment method has to be saved before it starts."""
        self.ensure_one()
        subscription, plan = self.subscription_id, self.plan_id
        if subscription.collection_method != "automatic":
            return False
        is_trial = bool(subscription.date_trial_end)
        if is_trial and not plan.is_trial_method_required:
            return False
        return not subscription.has_payment_method

    def _start(self, token=None):
        """Start the subscription, once; with the method that was saved for it.

        :param token: the ``payment.token``, where there is one
        """
        self.ensure_one()
        keep_others_away(self)
        if self.state != "begun":
            return
        subscription = self.subscription_id
        if token:
            subscription.payment_token_id = token
        subscription.action_confirm()
        self.env["subscription.consent"]._record(
            "order",
            subscription,
            partner=self.partner_id,
            text=self.consent,
            date=self.date,
        )
        self.write({"state": "started", "date_started": fields.Datetime.now()})
        subscription._message_log(
            body=self.env._(
                "Ordered on the sign-up page on %(date)s: “%(text)s”",
                date=fields.Datetime.to_string(self.date),
                text=self.consent,
            ),
            author_id=self.partner_id.id,
        )
        if not self.partner_id.user_ids:
            self.partner_id.signup_prepare()
        self.env.ref(STARTED_TEMPLATE).send_mail(subscription.id)
        trigger_cron(self.env, RENEWAL)
