from odoo import api, models
from odoo.exceptions import UserError

from .derived import refuse_internal, without_internal_defaults


class SubscriptionChange(models.Model):
    """What of a change is written by whom, and when.

    A draft is written as one likes: what it may do is checked when it is confirmed.
    After that nothing of it is edited, else a day could be chosen that the check would
    have refused. Buttons call it off or try it again.
    """

    _inherit = "subscription.change"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Begin as a draft: only the buttons decide."""
        refuse_internal(self, vals_list, self._get_button_text())
        model = without_internal_defaults(self)
        return super(SubscriptionChange, model).create(vals_list)

    def write(self, vals):
        """Keep what has been decided."""
        refuse_internal(self, [vals], self._get_button_text())
        self._check_is_open()
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    def _get_button_text(self):
        """Return how a person does what a written value would."""
        return self.env._("Confirm the change, call it off or try it again instead.")

    def _check_is_open(self):
        """Refuse to edit a change that has been decided.

        :raises UserError: with what to do instead
        """
        decided = self.filtered(lambda change: change.state != "draft")
        if not decided or self.env.su:
            return
        if decided[0].state == "scheduled":
            raise UserError(
                self.env._(
                    "%(change)s is scheduled and cannot be edited. Call it off and "
                    "prepare another change.",
                    change=decided[0].display_name,
                )
            )
        raise UserError(
            self.env._(
                "%(change)s is over and is kept as it was.",
                change=decided[0].display_name,
            )
        )

    def _check_day(self):
        """Refuse a day on which this change cannot be made.

        Other terms can hold from a day that has passed; the rest cannot be undone.
        """
        self.ensure_one()
        subscription = self.subscription_id
        today = subscription.company_id._get_subscription_today()
        if self.kind != "modify" and self.date < today:
            raise UserError(
                self.env._(
                    "Effective On %(date)s must not be in the past.", date=self.date
                )
            )
        # What has not begun yet can be closed at once.
        if self.kind != "close" and self.date < subscription.date_start:
            raise UserError(
                self.env._(
                    "Effective On %(date)s is before %(start)s, the Start Date of "
                    "%(subscription)s. Choose that date or a later one.",
                    date=self.date,
                    start=subscription.date_start,
                    subscription=subscription.display_name,
                )
            )
