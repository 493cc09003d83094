from odoo import api, fields, models

from .dunning_fields import CATEGORIES

CALL_FIELDS = (
    "dunning_partner_id",
    "dunning_phone",
    "dunning_currency_id",
    "dunning_amount",
    "dunning_best_action",
)


class MailActivity(models.Model):
    """What whoever calls a customer about a dunning case needs to have before them."""

    _inherit = "mail.activity"

    # === FIELDS === #

    dunning_case_id = fields.Many2one(
        "dunning.case", string="Case", compute="_compute_dunning_case_id"
    )
    dunning_partner_id = fields.Many2one(
        "res.partner", string="Customer", compute="_compute_dunning_call"
    )
    dunning_phone = fields.Char(string="Phone", compute="_compute_dunning_call")
    dunning_currency_id = fields.Many2one(
        "res.currency", string="Currency", compute="_compute_dunning_call"
    )
    dunning_amount = fields.Monetary(
        string="Overdue",
        currency_field="dunning_currency_id",
        compute="_compute_dunning_call",
    )
    dunning_best_action = fields.Char(
        string="Best Action", compute="_compute_dunning_call"
    )

    # === COMPUTE METHODS === #

    @api.depends("res_model", "res_id")
    def _compute_dunning_case_id(self):
        ours = self.filtered(lambda activity: activity.res_model == "dunning.case")
        (self - ours).dunning_case_id = False
        for activity in ours:
            # The model may be chosen before the record.
            activity.dunning_case_id = activity.res_id or False

    @api.depends("res_model", "res_id")
    def _compute_dunning_call(self):
        ours = self.filtered("dunning_case_id")
        for name in CALL_FIELDS:
            (self - ours)[name] = False
        declines = ours.dunning_case_id.sudo()._map_last_declines()
        for activity in ours:
            case = activity.dunning_case_id.sudo()
            phones = (case._get_contact().phone, case.partner_id.phone)
            activity.dunning_partner_id = case.partner_id
            activity.dunning_phone = next(filter(None, phones), False)
            activity.dunning_currency_id = case.currency_id
            activity.dunning_amount = case.amount_overdue
            activity.dunning_best_action = case._get_best_action(declines.get(case.id))

    # === ACTIONS === #

    def action_open_dunning_case(self):
        """Open the case that a call is about."""
        self.ensure_one()
        return self.dunning_case_id._get_records_action(context={"create": False})


class DunningCase(models.Model):
    """What to say in a call."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _map_last_declines(self):
        """Return why the last charge of what is unpaid was declined.

        :rtype: dict[int, str], the category by case
        """
        rows = self.env["payment.transaction"]._read_group(
            [
                ("collection_invoice_id.dunning_case_id", "in", self.ids),
                ("collection_invoice_id.payment_state", "in", ("not_paid", "partial")),
                ("collection_invoice_id.collection_state", "=", "failed"),
                ("state", "=", "error"),
            ],
            groupby=["collection_invoice_id"],
            aggregates=["id:max"],
        )
        last = {move: charge for move, charge in rows}
        charges = self.env["payment.transaction"].browse(last.values())
        return {
            charge.collection_invoice_id.dunning_case_id.id: charge.decline_category
            for charge in charges.sorted("id")
        }

    def _get_best_action(self, declined):
        """Return what to ask the customer for, in a sentence.

        :param declined: the category of the last decline, None without one
        """
        self.ensure_one()
        if self.error:
            return self.env._("Mend the step that could not be done.")
        if self.agreement_ids[:1].state == "broken":
            return self.env._("Ask why the plan was not kept; agree on a new one.")
        if declined in dict(CATEGORIES) and declined != "retry":
            return self.env._("Ask for another payment method; send a payment link.")
        if declined == "retry":
            return self.env._("Ask when the money is there; agree on a promise.")
        return self.env._("Ask when it will be paid; agree on a promise.")
