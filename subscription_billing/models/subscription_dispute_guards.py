from odoo import models
from odoo.exceptions import UserError

from .derived import refuse_derived, refuse_internal


class SubscriptionDispute(models.Model):
    """What of a dispute people write, and until when.

    What the provider has said, and what was booked, is no matter of opinion.
    """

    _inherit = "subscription.dispute"

    # === CRUD METHODS === #

    def write(self, vals):
        """Take the provider's facts from the provider only."""
        refuse_internal(
            self,
            [vals],
            self.env._("The payment provider says them, or a button of the dispute."),
        )
        refuse_derived(self, [vals])
        if "loss_handling" in vals:
            self._check_loss_is_open(vals["loss_handling"])
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _check_loss_is_open(self, handling):
        """Refuse to change what becomes of a loss that is booked.

        :param str handling: as in ``loss_handling``
        :raises UserError: the first such dispute
        """
        for dispute in self.sudo():
            if dispute.amount_lost and dispute.loss_handling != handling:
                raise UserError(
                    self.env._(
                        "When Lost: the loss of %(dispute)s is booked already: "
                        "%(handling)s. Write an invoice where the customer owes it "
                        "after all, or a credit note where it does not.",
                        dispute=dispute.display_name,
                        handling=dispute._get_label("loss_handling"),
                    )
                )
