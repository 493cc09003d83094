from odoo import fields, models
from odoo.fields import Domain

from .batch import trigger_cron


class ResPartner(models.Model):
    """What does not happen by itself for a customer, whatever its subscriptions say.

    The switches are those of the paying company; its contacts' own do not count.
    """

    _inherit = "res.partner"

    # === FIELDS === #

    is_charging_off = fields.Boolean(
        string="No Automatic Charge",
        tracking=True,
        help="Invoices are not charged to a saved payment method by themselves: the "
        "customer gets them to pay, and a person can still click Charge Now. When this "
        "is lifted, what is unpaid by then is charged at once.",
    )
    is_invoicing_off = fields.Boolean(
        string="No Automatic Invoice",
        tracking=True,
        help="Periods that fall due are not invoiced by themselves; what people do is. "
        "When this is lifted, the periods that were left out are invoiced at once, one "
        "after the other.",
    )

    _invoicing_off_index = models.Index("(id) WHERE is_invoicing_off IS TRUE")

    # === CRUD METHODS === #

    def write(self, vals):
        """Take up at once what was left undone, when a switch is lifted."""
        charged = self._find_lifted("is_charging_off", vals)
        invoiced = self._find_lifted("is_invoicing_off", vals)
        result = super().write(vals)
        if charged:
            charged._collect_left_out()
        if invoiced:
            trigger_cron(self.env, "subscription_billing.ir_cron_renewal")
        return result

    # === BUSINESS METHODS === #

    def _find_lifted(self, switch, vals):
        """Return those of these customers for whom a write lifts a switch."""
        if switch not in vals or vals[switch]:
            return self.browse()
        return self.filtered(switch)

    def _collect_left_out(self):
        """Put what these customers owe, and was not charged, in line for the run."""
        moves = (
            self.env["account.move"]
            .sudo()
            .search(
                Domain("commercial_partner_id", "in", self.ids)
                & Domain("move_type", "=", "out_invoice")
                & Domain("state", "=", "posted")
                & Domain("payment_state", "in", ("not_paid", "partial"))
            )
        )
        moves.filtered("subscription_ids")._collect_again()
        self.env["subscription.collection"]._trigger_cron()
