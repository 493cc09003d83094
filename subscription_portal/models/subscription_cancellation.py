from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.subscription_billing.models.activity import schedule_once
from odoo.addons.subscription_billing.models.batch import keep_others_away

#: who goes back and forth within this time cancels once
SAME_VISIT = timedelta(days=1)
TO_DO = "mail.mail_activity_data_todo"


class SubscriptionCancellation(models.Model):
    """A customer in the portal who was about to cancel: why, what was offered, and how
    it went on. Written by the pages alone."""

    _name = "subscription.cancellation"
    _description = "Cancellation"
    _order = "date desc, id desc"
    _rec_name = "subscription_id"

    # === FIELDS === #

    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True
    )
    plan_id = fields.Many2one(
        "subscription.plan",
        required=True,
        readonly=True,
        help="The plan on that day.",
    )
    date = fields.Datetime(
        string="Asked On", required=True, readonly=True, default=fields.Datetime.now
    )
    close_reason_id = fields.Many2one(
        "subscription.close.reason", string="Reason", readonly=True, ondelete="restrict"
    )
    note = fields.Text(readonly=True, help="In the customer's words.")
    offer_id = fields.Many2one(
        "subscription.retention.offer",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What was offered, or would have been to who was held out.",
    )
    is_held_out = fields.Boolean(
        string="Held Out",
        readonly=True,
        help="No offer was shown, to learn who stays without.",
    )
    change_id = fields.Many2one(
        "subscription.change",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="What the offer changes.",
    )
    state = fields.Selection(
        selection=[
            ("open", "Not Finished"),
            ("kept", "Took the Offer"),
            ("cancelled", "Cancelled"),
            ("undone", "Cancelled, Then Undone"),
        ],
        string="Status",
        default="open",
        required=True,
        readonly=True,
    )
    date_decided = fields.Datetime(string="Decided On", readonly=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    mrr = fields.Monetary(
        string="MRR", readonly=True, help="What the subscription brought on that day."
    )

    # === BUSINESS METHODS: ASKING === #

    @api.model
    def _ask(self, subscription, reason, note):
        """Return the record of a customer who is about to cancel, with the offer.

        :param reason: a ``subscription.close.reason``, or none
        :param str note: in the customer's words
        """
        keep_others_away(subscription)
        told = {"close_reason_id": reason.id, "note": note}
        cancellation = self._find_open(subscription)
        if cancellation:
            cancellation.write(told)
        else:
            cancellation = self.create(
                {
                    "subscription_id": subscription.id,
                    "company_id": subscription.company_id.id,
                    "partner_id": subscription.partner_id.commercial_partner_id.id,
                    "plan_id": subscription.plan_id.id,
                    "mrr": subscription.mrr,
                    **told,
                }
            )
        cancellation._choose_offer()
        return cancellation

    @api.model
    def _find_open(self, subscription):
        """Return what the customer has begun, and has not finished."""
        return self.search(
            [
                ("subscription_id", "=", subscription.id),
                ("state", "=", "open"),
                ("date", ">=", fields.Datetime.now() - SAME_VISIT),
            ],
            limit=1,
        )

    def _choose_offer(self):
        """Choose what is offered: the first that fits the reason and can be made.

        Whoever has seen one sees no other in this visit.
        """
        self.ensure_one()
        subscription = self.subscription_id
        offers = self.env["subscription.retention.offer"]._find_for(
            subscription, self.close_reason_id
        )
        if self.offer_id:
            offers &= self.offer_id
        elif self._was_asked_lately():
            return
        self.change_id = False
        for offer in offers:
            change = offer._propose(subscription)
            if change is not None:
                self.write(
                    {
                        "offer_id": offer.id,
                        "is_held_out": offer._is_holding_out(self.partner_id),
                        "change_id": change.id,
                    }
                )
                return

    def _was_asked_lately(self):
        """Return whether the customer was made an offer, or held out, lately."""
        months = self.company_id.subscription_offer_months
        if not months:
            return False
        since = fields.Datetime.subtract(fields.Datetime.now(), months=months)
        return bool(
            self.search_count(
                [
                    ("partner_id", "=", self.partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("offer_id", "!=", False),
                    ("date", ">=", since),
                ],
                limit=1,
            )
        )

    def _get_offer(self):
        """Return the offer to show, if one is to be made."""
        offers = self.offer_id
        if self.state != "open" or self.is_held_out:
            return offers.browse()
        subscription, reason = self.subscription_id, self.close_reason_id
        return offers.filtered(lambda offer: offer._is_for(subscription, reason))

    # === BUSINESS METHODS: DECIDING === #

    def _accept(self, shown):
        """Carry out the offer, when what was shown of it is still true.

        :param str shown: as of ``subscription.change._confirm_shown``, for an offer
            that changes the agreement
        :return: whether it is carried out
        :rtype: bool
        """
        self.ensure_one()
        keep_others_away(self)
        offer, subscription = self._get_offer(), self.subscription_id
        if offer.kind == "discount":
            subscription._add_coupon(offer.coupon_id)
        elif offer.kind == "trial":
            subscription._extend_trial(offer.trial_days)
        elif offer.kind == "contact":
            self._ask_person()
        elif not self.change_id._confirm_shown(shown):
            return False
        subscription._message_log(
            body=self.env._(
                "The customer was about to cancel, and took an offer: %(offer)s",
                offer=offer.name,
            )
        )
        self._decide("kept")
        return True

    def _ask_person(self):
        """Ask whoever is responsible to get in touch with the customer."""
        subscription = self.subscription_id
        message = self.env._(
            "%(customer)s is about to cancel and would like to talk to us first. "
            "Reason: %(reason)s",
            customer=subscription.partner_id.display_name,
            reason=self.note or self.close_reason_id.name or self.env._("not told"),
        )
        schedule_once(subscription, TO_DO, message, subscription.user_id)

    def _decide(self, state):
        """Keep how it went on."""
        self.write({"state": state, "date_decided": fields.Datetime.now()})
