from odoo import api, models

from .subscription_notifier import Event

KIND = "payment_action"


class SubscriptionNotifier(models.AbstractModel):
    """Customers are told where to confirm a payment, as long as that is of use."""

    _inherit = "subscription.notifier"

    @api.model
    def _notify_of_confirmation(self, charges, is_again=False):
        """Tell the customers of charges that wait for them.

        :param bool is_again: whether to tell those who have been told before, too
        :return: the new notices
        """
        events = [
            Event(
                subscription=charge.subscription_id,
                key=self._get_confirmation_key(charge, is_again),
                date=charge.collection_invoice_id.company_id._get_subscription_today(),
                details={"transaction_id": charge.id},
                move=charge.collection_invoice_id,
            )
            for charge in charges.sudo()
            if charge.subscription_id
        ]
        return self._notify_of(KIND, events)

    @api.model
    def _get_confirmation_key(self, charge, is_again):
        """Return what tells the notices of one charge apart."""
        key = f"{charge._name},{charge.id}"
        if not is_again:
            return key
        told = self.env["subscription.notice"].sudo()
        count = told.search_count(
            [
                ("subscription_id", "=", charge.subscription_id.id),
                ("kind", "=", KIND),
                "|",
                ("key", "=", key),
                ("key", "=like", f"{key}/%"),
            ]
        )
        return f"{key}/{count + 1}"

    @api.model
    def _write_notices(self, notices):
        """Send no link to a payment that was confirmed or paid meanwhile."""
        over = notices.filtered(lambda notice: notice._is_confirmation_over())
        over._cancel(self.env._("There is nothing left to confirm."))
        return super()._write_notices(notices - over)
