from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.once import insert_once

from .dunning_fields import ACTIONS


class DunningAction(models.Model):
    """What was done about an invoice: the ledger of a case.

    The row is there before the action is: once for each case, step and invoice, by a
    unique index, so that nothing is done twice, whoever runs at the same time.
    """

    _name = "dunning.action"
    _description = "Dunning Action"
    _order = "id desc"
    _rec_name = "step_id"

    # === FIELDS === #

    case_id = fields.Many2one(
        "dunning.case", required=True, readonly=True, ondelete="restrict"
    )
    step_id = fields.Many2one(
        "dunning.step", required=True, readonly=True, index=True, ondelete="restrict"
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        related="case_id.partner_id", string="Customer", store=True
    )
    policy_id = fields.Many2one(
        related="step_id.policy_id", string="Policy", store=True
    )
    action = fields.Selection(selection=ACTIONS, required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ("done", "Done"),
            ("skipped", "Skipped"),
            ("failed", "Failed"),
        ],
        string="Status",
        default="done",
        required=True,
        readonly=True,
    )
    date = fields.Date(
        required=True, readonly=True, help="The company's day on which it was done."
    )
    amount = fields.Monetary(
        readonly=True, help="What was owed on the invoice at that time."
    )
    currency_id = fields.Many2one(related="case_id.currency_id")
    error = fields.Text(readonly=True, help="Why it could not be done.")
    mail_message_id = fields.Many2one(
        "mail.message",
        string="Message",
        readonly=True,
        ondelete="set null",
        help="What the customer was told.",
    )

    _once = models.UniqueIndex(
        "(case_id, step_id, move_id)", "This step was done for this invoice already."
    )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_failed(self):
        if any(action.state != "failed" for action in self):
            raise UserError(
                self.env._("What was done about an invoice cannot be deleted.")
            )

    # === BUSINESS METHODS === #

    @api.model
    def _claim(self, vals_list):
        """Create the rows that are not there yet; return these.

        :param list[dict] vals_list: values with the same fields each
        """
        claimed = insert_once(self, vals_list)
        self.env["dunning.case"].invalidate_model(["action_ids"], flush=False)
        claimed.modified(["case_id", "step_id"])
        return claimed
