from dataclasses import replace
from decimal import Decimal

from odoo import fields, models

from ..tools.fees import late_fee


class DunningCase(models.Model):
    """Fees for what is paid late, on invoices of their own."""

    _inherit = "dunning.case"

    # === FIELDS === #

    fee_ids = fields.One2many(
        "dunning.fee", "case_id", string="Late Fees", readonly=True
    )
    fee_count = fields.Integer(string="Fees", compute="_compute_fee_count")

    # === COMPUTE METHODS === #

    def _compute_fee_count(self):
        for case in self:
            booked = case.fee_ids.filtered(lambda fee: fee.state == "booked")
            case.fee_count = len(booked)

    # === ACTIONS === #

    def action_waive_fees(self):
        """Open the dialog that waives the fees of these cases."""
        self.check_access("write")
        return self.fee_ids.action_waive()

    # === BUSINESS METHODS === #

    def _apply_fee(self, step, actions):
        """Bill what each invoice costs more because it is late."""
        vals_list, fees = [], self.env["dunning.fee"]
        charged = fees._find_charged(actions.move_id, step.policy_id)
        for action in actions:
            if fee := action._book_fee(is_charged=action.move_id in charged):
                claimed, parts = fee
                fees |= claimed
                vals_list.append(claimed._prepare_invoice_vals(parts))
        if not fees:
            return
        # The fee says where its invoice comes from, as its lines do.
        invoices = self.env["account.move"].sudo().with_context(mail_create_nolog=True)
        moves = invoices.create(vals_list)
        for fee, move in zip(fees, moves, strict=True):
            fee.sudo().fee_move_id = move
        moves.action_post()
        self._update()


class DunningAction(models.Model):
    """A step that books a fee for one invoice."""

    _inherit = "dunning.action"

    # === BUSINESS METHODS === #

    def _book_fee(self, *, is_charged):
        """Claim the fee of the invoice of this action; None when there is none.

        :param bool is_charged: whether another policy has charged for it before
        :return: the ``dunning.fee``, and its parts with their amounts, rounded
        """
        self.ensure_one()
        if reason := self._get_fee_obstacle(is_charged=is_charged):
            return self._pass_over(reason)
        fee, last = self._get_late_fee(is_charged=is_charged)
        amounts, remainder = self._round_parts(fee, last.remainder)
        if sum(amounts) <= 0:
            return self._pass_over(self.env._("There is nothing to charge."))
        claimed = self.env["dunning.fee"]._claim(
            {
                "case_id": self.case_id.id,
                "step_id": self.step_id.id,
                "move_id": self.move_id.id,
                "company_id": self.company_id.id,
                "partner_id": self.case_id.partner_id.id,
                "kind": self.step_id.fee_kind,
                "date_from": last.date_until or self.move_id._get_day_due(),
                "date_until": self.date,
                "amount": float(sum(amounts)),
                "remainder": float(remainder),
                "state": "booked",
            }
        )
        if not claimed:
            return self._pass_over(self.env._("This fee was booked before."))
        return claimed, list(zip(fee.parts, amounts, strict=True))

    def _get_fee_obstacle(self, *, is_charged):
        """Return why this invoice bears no fee, None when it does."""
        self.ensure_one()
        if self.move_id.sudo().dunning_fee_ids:
            return self.env._("A late fee bears no fee.")
        is_business = self.case_id.partner_id.is_company
        if self.step_id.fee_kind == "statutory" and not is_business:
            return self.env._("The statutory fee is for businesses.")
        if self.move_id._get_day_due() >= self.date:
            return self.env._("The invoice is not late yet.")
        if is_charged and not self.step_id._is_interest():
            return self.env._("Another policy has booked a fee for this invoice.")
        return None

    def _get_late_fee(self, *, is_charged):
        """Return the fee that is not booked yet, and the last booking of interest.

        :param bool is_charged: leaves out the amount that is due once
        :rtype: tuple[tools.fees.Fee, dunning.fee]
        :raises UserError: a reference rate is missing
        """
        self.ensure_one()
        step, move = self.step_id, self.move_id
        last = self.env["dunning.fee"]
        rates = {}
        if step._is_interest():
            last = last._find_last_interest(move)
        due = move._get_day_due()
        if step.fee_kind == "statutory":
            first = fields.Date.add(due, days=1)
            found = self.env["dunning.reference.rate"]._map_rates(first, self.date)
            rates = {day: Decimal(str(percent)) for day, percent in found.items()}
        terms = step._get_fee_terms(move, is_first=not last)
        fee = late_fee(
            replace(terms, amount=Decimal(0)) if is_charged else terms,
            amount=move._get_open_amounts(),
            date_due=due,
            date_from=last.date_until or None,
            today=self.date,
            is_business=self.case_id.partner_id.is_company,
            rates=rates,
        )
        return fee, last

    def _round_parts(self, fee, carried):
        """Return the amounts of the parts, which add up to the rounded fee.

        :param float carried: what rounding has left over before
        :return: a list of amounts, and what is left over now
        """
        currency = self.case_id.currency_id
        exact, booked, amounts = Decimal(str(carried)), Decimal(0), []
        for part in fee.parts:
            exact += part.amount
            rounded = Decimal(str(currency.round(float(exact))))
            amounts.append(rounded - booked)
            booked = rounded
        return amounts, exact - booked

    def _pass_over(self, reason):
        """Write down why nothing was done."""
        self.write({"state": "skipped", "error": reason})
