from odoo import api, fields, models

from .dunning_fields import CATEGORIES


class MailActivity(models.Model):
    """What whoever calls a customer about a dunning case needs to have before them."""

    _inherit = "mail.activity"

    # === FIELDS === #

    dunning_case_id = fields.Many2one(
        "dunning.case", string="Case", compute="_compute_dunning_case_id"
    )
    dunning_partner_id = fields.Many2one(
        related="dunning_case_id.partner_id", string="Customer", related_sudo=False
    )
    dunning_phone = fields.Char(
        string="Phone", compute="_compute_dunning_call", compute_sudo=True
    )
    dunning_currency_id = fields.Many2one(
        related="dunning_case_id.currency_id", string="Currency", related_sudo=False
    )
    dunning_amount = fields.Monetary(
        related="dunning_case_id.amount_overdue",
        string="Overdue",
        currency_field="dunning_currency_id",
        related_sudo=False,
    )
    dunning_best_action = fields.Char(
        string="Best Action", compute="_compute_dunning_call", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    @api.depends("res_model", "res_id")
    def _compute_dunning_case_id(self):
        ours = self.filtered(lambda activity: activity.res_model == "dunning.case")
        (self - ours).dunning_case_id = False
        for activity in ours:
            activity.dunning_case_id = activity.res_id

    @api.depends("dunning_case_id")
    def _compute_dunning_call(self):
        cases = self.dunning_case_id
        declines = cases._map_last_declines()
        self.dunning_phone = self.dunning_best_action = False
        for activity in self.filtered("dunning_case_id"):
            case = activity.dunning_case_id
            phones = (case._get_contact().phone, case.partner_id.phone)
            activity.dunning_phone = next(filter(None, phones), False)
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
