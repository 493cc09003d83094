from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .batch import trigger_cron

#: one of them is needed to turn a switch
GROUPS = (
    "subscription_billing.group_subscription_user",
    "account.group_account_invoice",
)


class ResPartner(models.Model):
    """What does not happen by itself for a customer, whatever its subscriptions say.

    The switches are those of the paying company; its contacts' own do not count.
    """

    _inherit = "res.partner"

    # === FIELDS === #

    is_charging_off = fields.Boolean(
        string="No Automatic Charge",
        copy=False,
        tracking=True,
        help="Invoices are not charged to a saved payment method by themselves: the "
        "customer gets them to pay, and a person can still click Charge Now. When this "
        "is lifted, what is unpaid by then is charged at once.",
    )
    is_invoicing_off = fields.Boolean(
        string="No Automatic Invoice",
        copy=False,
        tracking=True,
        help="Periods that fall due are not invoiced by themselves; what people do is. "
        "When this is lifted, the periods that were left out are invoiced at once, one "
        "after the other.",
    )

    _invoicing_off_index = models.Index("(id) WHERE is_invoicing_off IS TRUE")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let only those turn a switch who may, by no default of a client either."""
        if not self._may_switch():
            off = dict.fromkeys(self._get_switches(), False)
            vals_list = [{**off, **vals} for vals in vals_list]
            self._refuse_switched(
                {name for vals in vals_list for name in off if vals[name]}
            )
        return super().create(vals_list)

    def write(self, vals):
        """Take up at once what was left undone, when a switch is lifted; let only
        those turn one who may."""
        if (given := vals.keys() & self._get_switches()) and not self._may_switch():
            self._refuse_switched(
                {
                    name
                    for name in given
                    if any(bool(vals[name]) != each[name] for each in self.sudo())
                }
            )
        charged = self._find_lifted("is_charging_off", vals)
        invoiced = self._find_lifted("is_invoicing_off", vals)
        result = super().write(vals)
        if charged:
            charged._collect_left_out()
        if invoiced:
            trigger_cron(self.env, "subscription_billing.ir_cron_renewal")
        return result

    # === BUSINESS METHODS === #

    @api.model
    def _get_switches(self):
        """Return the names of the fields that stop what happens by itself.

        :rtype: set[str]
        """
        return {"is_charging_off", "is_invoicing_off"}

    @api.model
    def _may_switch(self):
        """Return whether the user may turn switches: contacts alone are not enough."""
        return self.env.su or any(map(self.env.user.has_group, GROUPS))

    @api.model
    def _refuse_switched(self, names):
        """Refuse to turn some switches.

        :param set[str] names: their fields
        :raises AccessError: with their labels, if there are any
        """
        if names:
            labels = (
                self._fields[name]._description_string(self.env) for name in names
            )
            raise AccessError(
                self.env._(
                    "Only users of subscriptions or invoicing may change these: "
                    "%(fields)s.",
                    fields=", ".join(sorted(labels)),
                )
            )

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
