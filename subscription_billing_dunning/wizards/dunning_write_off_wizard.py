from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningWriteOffWizard(models.TransientModel):
    """Which invoices are written off, and why."""

    _name = "dunning.write.off.wizard"
    _description = "Write Off"

    # === FIELDS === #

    case_id = fields.Many2one("dunning.case", required=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    move_ids = fields.Many2many(
        "account.move",
        string="Invoices",
        compute="_compute_move_ids",
        store=True,
        readonly=False,
        domain="[('dunning_case_id', '=', case_id), ('state', '=', 'posted'), "
        "('payment_state', 'in', ('not_paid', 'partial'))]",
    )
    amount = fields.Monetary(
        string="Given Up",
        compute="_compute_amount",
        help="What is left of the invoices, including taxes.",
    )
    reason = fields.Text(required=True, help="Kept on the case and the invoices.")
    is_forgiven = fields.Boolean(
        string="Forgive",
        help="The subscriptions go on as if this was paid. Otherwise what is suspended "
        "or paused because of it stays so.",
    )

    # === COMPUTE METHODS === #

    @api.depends("case_id")
    def _compute_move_ids(self):
        # Computed as superuser: a form may name a case of anybody.
        self.case_id.sudo(False).check_access("read")
        for wizard in self:
            wizard.move_ids = wizard.case_id._get_overdue()

    @api.depends("move_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(wizard.move_ids.mapped("amount_residual"))

    # === CONSTRAINTS === #

    @api.constrains("case_id", "move_ids")
    def _check_moves(self):
        """Show nobody a case of another company, and write off only what is in it."""
        # Constraints are checked as superuser.
        self.sudo(False).case_id.check_access("read")
        for wizard in self:
            if strangers := wizard.move_ids - wizard.case_id.move_ids:
                raise UserError(
                    self.env._(
                        "Invoices: %(invoice)s is not in this case.",
                        invoice=strangers[0].display_name,
                    )
                )

    # === ACTIONS === #

    def action_write_off(self):
        """Write the invoices off.

        :raises UserError: none is chosen, no reason is given, or one cannot be
        """
        self.ensure_one()
        self.case_id.check_access("write")
        if not self.reason.strip():
            raise UserError(self.env._("Fill in Reason: why it is given up."))
        if not self.move_ids:
            raise UserError(self.env._("Choose Invoices: what is given up."))
        self.case_id.sudo()._write_off(
            self.move_ids.sudo(), self.reason, is_forgiven=self.is_forgiven
        )
        return {"type": "ir.actions.act_window_close"}
