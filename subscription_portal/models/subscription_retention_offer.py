import logging
from contextlib import closing

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date
from odoo.tools.misc import hmac

_logger = logging.getLogger(__name__)

#: the field that an offer of each kind needs
NEEDED_FIELDS = {
    "discount": "coupon_id",
    "pause": "pause_days",
    "plan": "plan_id",
    "product": "product_id",
    "trial": "trial_days",
}


class SubscriptionRetentionOffer(models.Model):
    """What customers are offered who are about to cancel, so that they stay.

    One at most, beside the button that cancels: nobody has to refuse it to leave.
    """

    _name = "subscription.retention.offer"
    _description = "Retention Offer"
    _order = "sequence, id"
    _check_company_auto = True

    # === FIELDS: TO WHOM === #

    name = fields.Char(
        string="Offer",
        required=True,
        translate=True,
        help="What the customer reads first, such as: Stay for half the price.",
    )
    text = fields.Html(
        translate=True, help="What the customer reads below; the terms follow it."
    )
    sequence = fields.Integer(default=10, help="The first one that fits is made.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, default=lambda self: self.env.company
    )
    reason_ids = fields.Many2many(
        "subscription.close.reason",
        string="Reasons",
        domain=[("is_portal", "=", True)],
        help="Made to customers who cancel for one of these. Empty: for any reason, "
        "told or not.",
    )
    plan_ids = fields.Many2many(
        "subscription.plan",
        "subscription_retention_offer_plan_rel",
        "offer_id",
        "plan_id",
        string="Plans",
        check_company=True,
        help="Made to customers on these plans. Empty: on any.",
    )
    held_out = fields.Integer(
        string="Hold Out (%)",
        default=10,
        help="Of 100 customers to whom this offer would be made, so many get none. How "
        "many of them stay shows what the offer is worth. Chance decides, once for "
        "each customer.",
    )

    # === FIELDS: WHAT === #

    kind = fields.Selection(
        selection=[
            ("discount", "Discount"),
            ("pause", "Pause"),
            ("plan", "Other Plan"),
            ("product", "Free Product"),
            ("trial", "Longer Trial"),
            ("contact", "Talk to Us"),
        ],
        default="discount",
        required=True,
    )
    coupon_id = fields.Many2one(
        "subscription.coupon",
        check_company=True,
        help="Its terms are the offer, its limits hold; it needs no code.",
    )
    pause_days = fields.Integer(string="Paused for (Days)", default=30)
    plan_id = fields.Many2one(
        "subscription.plan",
        string="New Plan",
        check_company=True,
        help="Customers on it already are not offered it.",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Free of Charge",
        check_company=True,
        domain="[('sale_ok', '=', True)]",
        help="One of it is added, at no charge, for as long as the subscription runs.",
    )
    trial_days = fields.Integer(string="Longer by (Days)", default=14)

    # === FIELDS: RESULTS === #

    cancellation_ids = fields.One2many(
        "subscription.cancellation", "offer_id", readonly=True
    )

    _held_out_is_percentage = models.Constraint(
        "CHECK (held_out >= 0 AND held_out <= 100)",
        "Hold Out (%) must be between 0 and 100.",
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("kind", *NEEDED_FIELDS.values())
    def _check_terms(self):
        """Refuse an offer of nothing."""
        for offer in self:
            name = NEEDED_FIELDS.get(offer.kind)
            if not name:
                continue
            value = offer[name]
            if not value or (name.endswith("_days") and value < 1):
                raise ValidationError(
                    self.env._(
                        "%(offer)s offers nothing yet. Enter %(field)s.",
                        offer=offer.name,
                        field=self._fields[name]._description_string(self.env),
                    )
                )

    # === ACTIONS === #

    def action_view_results(self):
        """Open what became of those who were offered this, and of the held out."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_portal.subscription_retention_report_action"
        )
        return {**action, "domain": [("offer_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    @api.model
    def _find_for(self, subscription, reason):
        """Return the offers for a customer who cancels, the best one first.

        :param reason: a ``subscription.close.reason``, or none
        """
        company = subscription.company_id
        offers = self.search([("company_id", "in", (False, company.id))])
        return offers.filtered(lambda offer: offer._is_for(subscription, reason))

    def _is_for(self, subscription, reason):
        """Return whether this is meant for who cancels a subscription for a reason."""
        self.ensure_one()
        return (not self.reason_ids or reason in self.reason_ids) and (
            not self.plan_ids or subscription.plan_id in self.plan_ids
        )

    def _is_holding_out(self, partner):
        """Return whether chance has decided that a customer is not made this offer.

        The same customer always gets the same answer: asking again changes nothing.
        """
        self.ensure_one()
        drawn = hmac(
            self.env(su=True), "subscription_retention_offer", (self.id, partner.id)
        )
        return int(drawn, 16) % 100 < self.held_out

    def _propose(self, subscription):
        """Return what this offer would do, None where it cannot be made.

        :return: a draft ``subscription.change`` with its preview; an empty one for
            what is no change of the agreement
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                return getattr(self, f"_propose_{self.kind}")(subscription)
        except UserError as error:
            _logger.info("%s does not get offer %s: %s", subscription, self, error)
            return None

    def _propose_discount(self, subscription):
        """Look whether the coupon can be redeemed."""
        with closing(self.env.cr.savepoint()):
            subscription._add_coupon(self.coupon_id)
        return self.env["subscription.change"]

    def _propose_pause(self, subscription):
        """Preview a pause that ends by itself."""
        if subscription.state != "active":
            raise UserError(self.env._("Only what is active can be paused."))
        today = subscription.company_id._get_subscription_today()
        return self._preview_change(
            subscription,
            kind="pause",
            timing="now",
            date_resume=fields.Date.add(today, days=self.pause_days),
        )

    def _propose_plan(self, subscription):
        """Preview the other plan."""
        if subscription.plan_id == self.plan_id:
            raise UserError(self.env._("The customer is on this plan already."))
        return self._preview_change(subscription, plan_id=self.plan_id.id)

    def _propose_product(self, subscription):
        """Preview what is added at no charge."""
        line = {"product_id": self.product_id.id, "quantity": 1, "discount": 100}
        return self._preview_change(
            subscription, line_ids=[fields.Command.create({"action": "add", **line})]
        )

    def _propose_trial(self, subscription):
        """Look whether there is a trial to extend."""
        if subscription.state != "trial":
            raise UserError(self.env._("There is no trial to extend."))
        return self.env["subscription.change"]

    def _propose_contact(self, _subscription):
        """Anybody may talk to us."""
        return self.env["subscription.change"]

    def _preview_change(self, subscription, **vals):
        """Return the draft of a change, with its preview."""
        change = self.env["subscription.change"].create(
            {"subscription_id": subscription.id, "note": self.name, **vals}
        )
        if change.plan_id:
            change._add_missing_lines()
        change.action_preview()
        return change

    def _get_terms(self, subscription):
        """Return in words what a customer gets who takes this offer."""
        self.ensure_one()
        today = subscription.company_id._get_subscription_today()
        if self.kind == "discount":
            return self.coupon_id.terms_label
        if self.kind == "pause":
            day = fields.Date.add(today, days=self.pause_days)
            return self.env._(
                "The service is paused today and goes on by itself on %(date)s.",
                date=format_date(self.env, day),
            )
        if self.kind == "plan":
            return self.env._("The plan becomes %(plan)s.", plan=self.plan_id.name)
        if self.kind == "product":
            return self.env._(
                "%(product)s is added, at no charge.", product=self.product_id.name
            )
        if self.kind == "trial":
            day = fields.Date.add(subscription.date_trial_end, days=self.trial_days)
            return self.env._(
                "Your trial ends on %(date)s.", date=format_date(self.env, day)
            )
        return self.env._("We get in touch with you. Nothing is cancelled before.")
