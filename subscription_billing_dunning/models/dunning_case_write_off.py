from odoo import fields, models
from odoo.exceptions import UserError


class DunningCase(models.Model):
    """Giving up what is overdue, and claiming it again."""

    _inherit = "dunning.case"

    # === FIELDS === #

    write_off_ids = fields.One2many(
        "dunning.write.off", "case_id", string="Write-Offs", readonly=True
    )

    # === ACTIONS === #

    def action_write_off(self):
        """Open the dialog that writes off what is overdue."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write Off"),
            "res_model": "dunning.write.off.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_case_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _apply_write_off(self, step, actions):
        """Write off what is overdue."""
        for case, mine in actions.grouped("case_id").items():
            overdue = mine.move_id.filtered(lambda move: move._is_overdue())
            case._write_off(overdue, step.name, step_id=step.id)

    def _write_off(self, moves, reason, *, step_id=False, is_forgiven=False):
        """Write off what is left of some invoices of this case.

        :param str reason: why, in words
        :param int step_id: the ``dunning.step`` that wants it, if one does
        :param bool is_forgiven: whether the subscriptions go on as if it was paid
        :raises UserError: one of them cannot be written off
        """
        self.ensure_one()
        if not moves:
            return
        moves._check_ending()
        write_offs = self.env["dunning.write.off"]._claim(
            [
                {
                    "case_id": self.id,
                    "step_id": step_id,
                    "move_id": move.id,
                    "company_id": self.company_id.id,
                    "partner_id": self.partner_id.id,
                    "date": self.company_id._get_subscription_today(),
                    "amount": move.amount_residual,
                    "reason": reason,
                    "is_forgiven": is_forgiven,
                    "state": "booked",
                }
                for move in moves
            ]
        )
        if write_offs.move_id != moves:
            raise UserError(self.env._("One of these invoices is written off already."))
        self.agreement_id._end("cancelled", self.env._("The rest is written off."))
        write_offs._book()
        moves._call_off_confirmations()
        self._log_write_off(write_offs, reason)
        self._update()

    def _log_write_off(self, write_offs, reason):
        """Keep on the case and the invoices who has given up how much, and why."""
        self.ensure_one()
        for each in write_offs:
            text = self.env._(
                "%(amount)s of %(invoice)s is written off: %(reason)s",
                amount=self.currency_id.format(each.amount),
                invoice=each.move_id.name,
                reason=reason,
            )
            self._log_by_user(text)
            each.move_id.message_post(body=text, author_id=self.env.user.partner_id.id)

    def _reopen(self, moves):
        """Follow up again what is owed after all, in the case that is open by now.

        :param moves: invoices of this case
        """
        self.ensure_one()
        case = self
        if self.state == "closed":
            case = self.search(
                [
                    ("partner_id", "=", self.partner_id.id),
                    ("currency_id", "=", self.currency_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("state", "!=", "closed"),
                ]
            )
        if not case:
            case = self
            self.write({"state": "open", "date_closed": False, "outcome": False})
        moves._without_line_checks().dunning_case_id = case
        case._update()
        case._look_again()
