from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.dispute import LOST, OPEN, WON
from .dispute_fields import HOLD_SCOPES


class SubscriptionDispute(models.Model):
    """What a dispute keeps from being charged: its invoice, and what else is held."""

    _inherit = "subscription.dispute"

    # === FIELDS === #

    hold_scope = fields.Selection(
        selection=HOLD_SCOPES,
        string="Automatic Charges Held",
        required=True,
        default="subscription",
        tracking=True,
        help="What is not charged by itself until somebody releases it. The disputed "
        "invoice is not charged in any case.",
    )
    is_hold_released = fields.Boolean(string="Hold Released", readonly=True)
    is_charging_allowed = fields.Boolean(
        string="Invoice May Be Charged Again", readonly=True
    )
    is_blocking = fields.Boolean(
        string="Blocks Its Invoice", compute="_compute_is_blocking", store=True
    )
    is_holding = fields.Boolean(
        string="Holds Charges", compute="_compute_is_blocking", store=True
    )

    _blocking_index = models.Index("(invoice_id, charge_id) WHERE is_blocking IS TRUE")
    _holding_index = models.Index("(company_id) WHERE is_holding IS TRUE")

    # === COMPUTE METHODS === #

    @api.depends(
        "kind", "state", "hold_scope", "is_hold_released", "is_charging_allowed"
    )
    def _compute_is_blocking(self):
        for dispute in self:
            is_lost = dispute.state in LOST
            is_open = dispute.state in OPEN and not dispute._is_left_alone()
            is_final = is_lost and not dispute.is_charging_allowed
            dispute.is_blocking = is_open or is_final
            dispute.is_holding = (
                dispute.hold_scope != "invoice"
                and not dispute.is_hold_released
                and (is_open or is_lost)
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Stop the invoices that are disputed."""
        disputes = super().create(vals_list)
        disputes._stop_charges()
        return disputes

    def write(self, vals):
        """Stop or release the invoices, and catch up on a charge that became known."""
        before = self._get_invoices()
        result = super().write(vals)
        if {"state", "charge_id", "hold_scope"} & vals.keys():
            self._stop_charges(before)
        if "charge_id" in vals:
            self.sudo()._on_charge_found()
        return result

    # === ACTIONS === #

    def action_release_hold(self):
        """Let the held subscriptions be charged again; the invoice stays stopped."""
        self.check_access("write")
        held = self.filtered("is_holding")
        if not held:
            raise UserError(self.env._("Nothing else is held by this dispute."))
        held.sudo().is_hold_released = True
        held._message_log_batch(
            bodies={
                dispute.id: self.env._(
                    "Automatic charges released by %(user)s.", user=self.env.user.name
                )
                for dispute in held
            }
        )
        self.env["subscription.collection"]._trigger_cron()

    def action_allow_charging(self):
        """Let the invoice be charged again by itself, although the dispute was lost."""
        self.check_access("write")
        if any(dispute.state not in LOST for dispute in self):
            raise UserError(
                self.env._(
                    "Only after a dispute was lost can its invoice be charged again. "
                    "Wait for the decision."
                )
            )
        self.sudo().write({"is_charging_allowed": True, "is_hold_released": True})
        self._stop_charges()
        self.env["subscription.collection"]._trigger_cron()

    # === BUSINESS METHODS === #

    def _is_left_alone(self):
        """Return whether it is a warning of fraud on which the company does nothing."""
        self.ensure_one()
        setting = self.company_id.subscription_fraud_warning
        return self.kind == "fraud_warning" and setting == "nothing"

    def _is_taking_back(self):
        """Return whether the customer has the money back, or may get it.

        Inquiries and warnings do not count: a refund is what ends them.
        """
        self.ensure_one()
        return self.kind == "dispute" and self.state not in WON

    def _is_withholding(self):
        """Return whether it takes back what stays paid in the books.

        What was lost and is owed again does not.
        """
        closing = self.movement_ids.filtered(lambda each: not each._is_at_provider())
        last = closing.sorted("id")[-1:]
        is_owed_again = last.kind == "given_up" and last.loss_handling == "reopen"
        return self._is_taking_back() and not is_owed_again

    def _get_amount_in(self, document):
        """Return the disputed amount in the currency of an invoice.

        :rtype: Decimal
        """
        self.ensure_one()
        amount = self.currency_id._convert(
            self.amount, document.currency_id, self.company_id, self.date_opened
        )
        return Decimal(str(amount))

    def _get_invoices(self):
        """Return the invoices that the disputed payments paid."""
        return self.sudo().invoice_id | self.sudo().charge_id.invoice_ids

    def _stop_charges(self, before=None):
        """Keep the invoices informed whether they may be charged.

        :param before: invoices that were disputed until now
        """
        invoices = self._get_invoices()
        if before:
            invoices |= before
        invoices._update_is_disputed()
        self.filtered("is_holding")._withdraw_unsent_charges()

    @api.model
    def _get_held(self, company):
        """Return what the disputes of a company hold, and those of its parents, whose
        payment providers its customers may have paid with.

        :return: subscriptions, and customers whose subscriptions are all held
        """
        holding = self.sudo().search(
            [("company_id", "parent_of", company.id), ("is_holding", "=", True)]
        )
        by_scope = holding.grouped("hold_scope")
        nothing = holding.browse()
        return (
            by_scope.get("subscription", nothing).subscription_id,
            by_scope.get("customer", nothing).commercial_partner_id,
        )

    def _withdraw_unsent_charges(self):
        """Call off what was about to be charged and is held now."""
        charges = self.env["payment.transaction"].sudo()
        for dispute in self.sudo():
            name, owner = "subscription_id", dispute.subscription_id
            if dispute.hold_scope == "customer":
                owner = dispute.commercial_partner_id
                name = "partner_id.commercial_partner_id"
            if owner:
                charges.search(
                    [
                        (name, "=", owner.id),
                        ("company_id", "child_of", dispute.company_id.id),
                        ("collection_invoice_id", "!=", False),
                        ("state", "=", "draft"),
                        ("date_sent", "=", False),
                    ]
                )._withdraw_unsent()
