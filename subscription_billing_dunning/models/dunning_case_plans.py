from odoo import api, fields, models


class DunningCase(models.Model):
    """Promises and payment plans: while they are kept, nothing is done."""

    _inherit = "dunning.case"

    # === FIELDS === #

    agreement_ids = fields.One2many(
        "dunning.agreement", "case_id", string="Payment Plans", readonly=True
    )
    agreement_id = fields.Many2one(
        "dunning.agreement",
        string="Running Payment Plan",
        compute="_compute_agreement_id",
    )

    # === COMPUTE METHODS === #

    @api.depends("agreement_ids.state")
    def _compute_agreement_id(self):
        for case in self:
            running = case.agreement_ids.filtered(lambda each: each.state == "open")
            case.agreement_id = running[:1]

    # === ACTIONS === #

    def action_agree(self):
        """Open the dialog in which a promise or a payment plan is written down."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Promise or Payment Plan"),
            "res_model": "dunning.agree",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_id": self.id},
        }

    def action_cancel_agreement(self):
        """End the running payment plan: dunning goes on."""
        self.agreement_id.action_cancel()

    # === BUSINESS METHODS === #

    def _agree(self, parts, grace_days, note, *, is_collected=False):
        """Write down what was agreed, and rest.

        :param parts: ``tools.instalments.Instalment`` values
        :param bool is_collected: whether to charge them to the saved method
        """
        self.ensure_one()
        self.agreement_id._end("cancelled", self.env._("It is agreed anew."))
        overdue = self._get_overdue()
        agreement = self.env["dunning.agreement"].create(
            {
                "case_id": self.id,
                "user_id": self.env.uid,
                "date": self.company_id._get_subscription_today(),
                "amount": sum(overdue.mapped("amount_residual")),
                "move_ids": [fields.Command.set(overdue.ids)],
                "grace_days": grace_days,
                "note": note,
                "is_collected": is_collected,
                "instalment_ids": [
                    fields.Command.create(
                        {"date": part.date, "amount": float(part.amount)}
                    )
                    for part in parts
                ],
            }
        )
        agreement._follow()
        self._log_by_user(
            self.env._(
                "Agreed on %(count)s instalments, the first on %(date)s. %(note)s",
                count=len(parts),
                date=parts[0].date,
                note=note,
            )
        )

    def _update(self):
        """Look at the payment plans whenever money comes, or their day."""
        self.agreement_id._follow()
        return super()._update()
