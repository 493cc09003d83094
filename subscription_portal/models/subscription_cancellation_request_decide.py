from datetime import timedelta
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import hash_sign, verify_hash_signed

from odoo.addons.subscription_billing.models.batch import (
    keep_others_away,
    trigger_cron,
)

from .subscription_cancellation_request import ANSWER_CRON, OPEN_STATES
from .subscription_cancellation_request_answer import TO_DO

#: what the links open, and for how long they are good
PAGES = {"sent": timedelta(days=1), "confirm": timedelta(days=30)}
URL = "/subscriptions/cancel"


class SubscriptionCancellationRequest(models.Model):
    """Carries out what was declared: by the customer's link, or by a person."""

    _inherit = "subscription.cancellation.request"

    # === ACTIONS === #

    def action_take_up(self):
        """Answer a request without a match, for the subscription that was chosen."""
        self.ensure_one()
        subscription = self.subscription_id
        if self.state != "no_match":
            return
        if not subscription or subscription.state == "draft":
            raise UserError(
                self.env._("Choose the subscription that is meant, one that has begun.")
            )
        self.write(
            {
                "state": "received",
                "partner_id": subscription.partner_id.id,
                "company_id": subscription.company_id.id,
                "date_answered": False,
            }
        )
        trigger_cron(self.env, ANSWER_CRON)

    def action_carry_out(self):
        """Carry out what was declared, as it was declared."""
        self._check_is_matched()
        self._carry_out(self.kind)

    def action_carry_out_ordinary(self):
        """Carry it out as an ordinary cancellation, at the earliest possible day."""
        self._check_is_matched()
        self._carry_out("ordinary")

    def action_refuse(self):
        """Refuse what was declared, and write the customer why."""
        self._check_is_matched()
        for request in self.filtered(lambda each: each.state in OPEN_STATES):
            if not request.refusal:
                raise UserError(
                    self.env._("Fill in Reason for Refusal: the customer gets it.")
                )
            request._decide("refused")
            request.message_post(
                body=request.refusal,
                subject=request._get_refusal_subject(),
                partner_ids=request.partner_id.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )

    def action_view_change(self):
        """Open what ends the subscription."""
        self.ensure_one()
        return self.change_id.get_formview_action()

    # === BUSINESS METHODS: LINKS === #

    def _get_link(self, page):
        """Return the path of a page about this request.

        :param str page: a key of ``PAGES``
        """
        self.ensure_one()
        token = hash_sign(
            self.sudo().env,
            f"{self._name}.{page}",
            [self.id],
            expiration=PAGES[page],
        )
        return f"{URL}/{page}/{token}"

    @api.model
    def _read_link(self, page, token):
        """Return the request of a link that is still good, else none.

        :param str page: a key of ``PAGES``
        :param str token: whatever somebody has sent
        """
        try:
            values = verify_hash_signed(self.sudo().env, f"{self._name}.{page}", token)
        except (ValueError, OverflowError):
            values = None
        return self.browse(values and values[0]).exists()

    # === BUSINESS METHODS: WRITING TO THE CUSTOMER === #

    def _get_refusal_subject(self):
        """Return the subject of the e-mail that refuses it, in the customer's language,
        whatever the language of who decides."""
        self.ensure_one()
        env = self.with_context(lang=self.partner_id.lang).env
        return env._(
            "Your declaration about %(contract)s", contract=self.subscription_id.name
        )

    # === BUSINESS METHODS: CARRYING OUT === #

    def _may_carry_out_alone(self):
        """Return whether the customer's confirmation is all that it takes.

        Nobody can tell by rules whether an extraordinary reason is good, and what to do
        about a withdrawal that comes too late.
        """
        self.ensure_one()
        if self.subscription_id.state == "closed":
            return False
        if self.kind == "ordinary":
            return self.subscription_id.plan_id.is_portal_close
        return self.kind == "withdrawal" and self._is_in_time()

    def _confirm_by_customer(self, shown):
        """Take the customer's word that it was them, and carry it out where possible.

        :param str shown: the ``_get_shown_key`` of what the customer has seen
        :return: whether it was confirmed; if not, there is something new to look at
        :rtype: bool
        """
        self.ensure_one()
        keep_others_away(self)
        if self.state not in OPEN_STATES:
            return True
        if shown != self._get_shown_key():
            return False
        if self.state == "received":
            self.write({"state": "confirmed", "date_confirmed": fields.Datetime.now()})
        if self._may_carry_out_alone():
            self._carry_out(self.kind)
        return True

    def _get_shown_key(self):
        """Return what stands for what the page shows before it is confirmed."""
        self.ensure_one()
        first = self._get_first_day_without(self.kind)
        shown = (self.kind, first, self._get_fee(self.kind), self.state)
        return sha256(repr(shown).encode()).hexdigest()

    def _get_first_day_without(self, kind):
        """Return the first day without service, when it is carried out today.

        :param str kind: as which it is carried out
        :rtype: datetime.date
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        last = None
        if kind == "ordinary":
            last = self.date_end if self.kind == "ordinary" else None
            last = last or self._get_earliest_last_day()
        elif kind == "extraordinary":
            last = self.date_wished
        return max(today, fields.Date.add(last, days=1)) if last else today

    def _get_earliest_last_day(self):
        """Return the last day of an ordinary cancellation that arrived on that day."""
        self.ensure_one()
        subscription = self.subscription_id._as_of(self._get_day_received())
        return fields.Date.subtract(subscription._get_portal_end(), days=1)

    def _get_last_day_shown(self):
        """Return the last day that the customer reads: what is so, or would be."""
        self.ensure_one()
        subscription = self.subscription_id
        if self.state == "done" or self._is_ending(self.kind):
            return subscription._get_portal_last_day()
        first = self._get_first_day_without(self.kind)
        # Who withdraws on the first day has had no day at all.
        return max(fields.Date.subtract(first, days=1), subscription.date_start)

    def _is_released(self, kind):
        """Return whether notice and commitment are no matter: for whoever withdraws or
        leaves for a good reason, and where they allowed it when it was declared."""
        self.ensure_one()
        first = self._get_first_day_without(kind)
        return kind != "ordinary" or first < self.subscription_id._get_earliest_end()

    def _get_fee(self, kind):
        """Return what leaving early costs, before taxes."""
        self.ensure_one()
        if self._is_released(kind) or self._is_ending(kind):
            return 0.0
        first = self._get_first_day_without(kind)
        return self.subscription_id._get_termination_fee(first)

    def _is_ending(self, kind):
        """Return whether the subscription ends by then anyway."""
        self.ensure_one()
        subscription = self.subscription_id
        first = self._get_first_day_without(kind)
        is_near = subscription.date_end and subscription.date_end < first
        return subscription.state == "closed" or bool(is_near)

    def _carry_out(self, kind):
        """End the subscriptions, by the engine; what is decided is left alone.

        :param str kind: as which it is carried out
        :raises UserError: the engine refuses
        """
        for request in self:
            keep_others_away(request)
            if request.state not in OPEN_STATES:
                continue
            if not request._is_ending(kind):
                request.change_id = request._create_close(kind)
                request.change_id.action_confirm()
            request._decide("done")
            request._decide_others()
            request.subscription_id.sudo()._send_cancelled()

    def _create_close(self, kind):
        """Return the change that ends the subscription, not yet confirmed."""
        self.ensure_one()
        is_early = kind != "ordinary"
        return (
            self.env["subscription.change"]
            .sudo()
            .create(
                {
                    "subscription_id": self.subscription_id.id,
                    "kind": "close",
                    "timing": "date",
                    "date": self._get_first_day_without(kind),
                    "is_credited": is_early,
                    "is_forced": self._is_released(kind),
                    "note": self.reason,
                }
            )
        )

    def _decide(self, state):
        """Keep how it went on; nobody needs to look at it any more."""
        self.write({"state": state, "date_decided": fields.Datetime.now()})
        self.activity_unlink([TO_DO])
        for request in self:
            labels = dict(self._fields["state"]._description_selection(self.env))
            request.subscription_id._message_log(
                body=self.env._(
                    "%(kind)s of %(date)s: %(state)s.",
                    kind=request._get_kind_label(),
                    date=request._format_received(),
                    state=labels[state],
                )
            )

    def _decide_others(self):
        """Let those go that are carried out by this one: who is afraid sends twice."""
        self.ensure_one()
        others = self.search(
            [
                ("subscription_id", "=", self.subscription_id.id),
                ("state", "in", OPEN_STATES),
                ("date_answered", "!=", False),
                ("id", "!=", self.id),
            ]
        ).filtered(lambda each: each.kind == "ordinary" and each._is_ending("ordinary"))
        others.change_id = self.change_id
        others._decide("done")

    def _check_is_matched(self):
        """Refuse to decide on what belongs to no subscription."""
        self.check_access("write")
        if self.filtered(lambda each: each.state == "no_match"):
            raise UserError(
                self.env._("Choose the subscription that is meant, and take it up.")
            )
