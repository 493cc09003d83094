from dataclasses import dataclass

from odoo import api, fields, models

from ..tools.recurrence import Period
from .subscription_entitlement_balance import BALANCE_DEPENDENCIES

AVAILABILITIES = [
    ("available", "Available"),
    ("overage", "Beyond"),
    ("used_up", "Used Up"),
    ("not_started", "Not Started"),
    ("ended", "Ended"),
    ("not_included", "Not Included"),
    ("paused", "Paused"),
    ("suspended", "Suspended"),
    ("closed", "Closed"),
    ("none", "None"),
]
#: what a customer may claim
ENTITLED = frozenset({"available", "overage"})
#: states in which nothing may be claimed now, and what they are called here
BLOCKING_STATES = {
    "draft": "not_started",
    "paused": "paused",
    "suspended": "suspended",
    "closed": "closed",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a customer is entitled, and to how much.

    :param reason: a key of ``AVAILABILITIES``
    :param message: the same in words, for people
    :param left: in the unit of the service; 0 with the reason ``overage``, which is
        entitled to more at a price
    """

    is_entitled: bool
    left: float
    reason: str
    message: str
    subscription: models.Model
    entitlement: models.Model


class SubscriptionEntitlement(models.Model):
    """Whether a service may be claimed on a day, and why not."""

    _inherit = "subscription.entitlement"

    # === FIELDS === #

    availability = fields.Selection(
        selection=AVAILABILITIES,
        compute="_compute_availability",
        help="Whether the customer may claim the service now.",
    )

    # === COMPUTE METHODS === #

    @api.depends(*BALANCE_DEPENDENCIES, "overage")
    def _compute_availability(self):
        answers = self._get_answers()
        for entitlement in self:
            answer = answers.get(entitlement)
            entitlement.availability = answer.reason if answer else "not_started"

    # === BUSINESS METHODS: THE QUESTION === #

    def _get_answers(self, day=None):
        """Return for each entitlement whether it may be claimed, and how much.

        :param datetime.date day: the company's today by default
        :rtype: dict[subscription.entitlement, Answer]
        """
        ledgers = self._get_ledgers()
        return {
            entitlement: entitlement._get_answer(ledger, day or entitlement._get_day())
            for entitlement, ledger in ledgers.items()
        }

    def _get_best_answer(self, what, day=None):
        """Return the best answer of those of these entitlements that mean a service.

        :param what: the service: see ``subscription.subscription._is_entitled``
        :rtype: Answer
        """
        answers = self.filtered(lambda each: each._means(what))._get_answers(day)
        nothing = Answer(
            is_entitled=False,
            left=0.0,
            reason="none",
            message=self.env._(
                "%(service)s is not included.", service=what.display_name
            ),
            subscription=self.env["subscription.subscription"],
            entitlement=self.browse(),
        )
        ranks = [reason for reason, _label in AVAILABILITIES]
        return min(
            answers.values(),
            key=lambda answer: (ranks.index(answer.reason), -answer.left),
            default=nothing,
        )

    def _means(self, what):
        """Return whether this is an entitlement to a service.

        :raises ValueError: ``what`` is of a model that names no service
        """
        self.ensure_one()
        named = {
            "product.product": self.product_id,
            "product.template": self.product_id.product_tmpl_id,
            "subscription.entitlement": self,
            "subscription.plan.entitlement": self.plan_entitlement_id,
        }
        if what._name not in named:
            raise ValueError(f"{what} is no service that a customer may claim.")
        return bool(what & named[what._name])

    def _get_answer(self, ledger, day):
        """Return the answer that the ledger of this entitlement gives on ``day``."""
        reason = self._get_reason(ledger, day)
        balance = ledger.balance(day) if reason in ENTITLED else None
        left = float(balance.left) if balance else 0.0
        return Answer(
            is_entitled=reason in ENTITLED,
            left=left,
            reason=reason,
            message=self._get_reason_text(reason, left),
            subscription=self.subscription_id,
            entitlement=self,
        )

    def _get_reason(self, ledger, day):
        """Return whether the service may be claimed on ``day``, as an availability.

        The state of the subscription says so for today; of days that are over only
        the dates are known.
        """
        self.ensure_one()
        if reason := self._get_obstacle(ledger, day):
            return reason
        if ledger.balance(day).left:
            return "available"
        return "used_up" if self.overage == "refused" else "overage"

    def _get_obstacle(self, ledger, day):
        """Return why nothing at all may be claimed on ``day``, None when it may."""
        self.ensure_one()
        subscription = self.subscription_id
        state = subscription.state
        if state == "draft" or (day >= self._get_day() and state in BLOCKING_STATES):
            return BLOCKING_STATES[state]
        if day < self.date_start:
            return "not_started"
        if any(end and day > end for end in (self.date_end, subscription.date_end)):
            return "ended"
        today = Period(day, fields.Date.add(day, days=1))
        if subscription.pause_ids._get_spans(today):
            return "paused"
        is_held = any(
            h.units and h.span.date_start <= day < h.span.date_end for h in ledger.held
        )
        return None if is_held else "not_included"

    def _get_reason_text(self, reason, left):
        """Return an availability in a sentence."""
        self.ensure_one()
        unit = self.product_uom_id.name
        texts = {
            "available": self.env._(
                "%(left)s %(unit)s left.", left=f"{left:g}", unit=unit
            ),
            "overage": self._get_overage_text(),
            "used_up": self.env._("Nothing is left in this period."),
            "not_started": self.env._("It has not started yet."),
            "ended": self.env._("It has ended."),
            "not_included": self.env._(
                "%(product)s is not on the subscription.",
                product=self.included_with_id.display_name,
            ),
            "paused": self.env._("The subscription is paused."),
            "suspended": self.env._("The subscription is suspended."),
            "closed": self.env._("The subscription is closed."),
        }
        return texts[reason]

    def _get_overage_text(self):
        """Return what one more unit costs, in words."""
        self.ensure_one()
        if self.overage == "free":
            return self.env._("Nothing is left; more is recorded and not billed.")
        return self.env._(
            "Nothing is left; more costs %(price)s per %(unit)s.",
            price=self.currency_id.format(self.overage_price),
            unit=self.product_uom_id.name,
        )

    def _prepare_summary_vals(self):
        """Return how many services may be claimed of those that have not ended, and
        that in words, for the smart buttons."""
        running = self.filtered(
            lambda each: each.availability not in ("ended", "closed")
        )
        available = running.filtered(lambda each: each.availability in ENTITLED)
        summary = self.env._(
            "%(available)s of %(count)s available",
            available=len(available),
            count=len(running),
        )
        if len(running) == 1:
            summary = self.env._(
                "%(left)s of %(total)s left",
                left=f"{running.quantity_left:g}",
                total=f"{running.quantity_total:g}",
            )
        return {
            "entitlement_count": len(running),
            "entitlement_available_count": len(available),
            "entitlement_summary": summary,
        }
