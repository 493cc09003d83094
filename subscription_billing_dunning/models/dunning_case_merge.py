from odoo import api, models
from odoo.fields import Domain


class DunningCase(models.Model):
    """Customers who turn out to be one: their cases become one, too."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    @api.model
    def _join(self, src_partners, dst_partner):
        """Let one case of these customers go on in each currency and company.

        That is the one of the customer who stays, if it is open. What was done about
        any of the invoices counts in it, so that nothing is done twice.

        :param src_partners: the ``res.partner`` that go
        :param dst_partner: the one that stays
        :return: the cases that go on
        """
        partners = src_partners | dst_partner
        cases = self.sudo().search(
            Domain("partner_id", "in", partners.ids) & Domain("state", "!=", "closed"),
            order="id",
        )
        cases.lock_for_update()
        kept = cases.browse()
        for same in cases.grouped(lambda c: (c.company_id, c.currency_id)).values():
            case = same.sorted(lambda c: (c.state, c.partner_id != dst_partner))[:1]
            case._take_over(same - case)
            kept |= case
        self.env.flush_all()
        return kept

    def _take_over(self, others):
        """Go on with what is owed in other cases; these are closed."""
        self.ensure_one()
        if not others:
            return
        others._end_other_agreements(self)
        (self | others)._keep_opened()
        self.write(self._prepare_joined(others))
        if self.date_handed_over:
            self._end_plans_of_agency(others)
        others.move_ids._without_line_checks().dunning_case_id = self
        for field in ("action_ids", "agreement_ids", "fee_ids"):
            others[field].write({"case_id": self.id})
        # The index looks at each row: none may be open beside this one.
        others._close()
        others.write(self._prepare_emptied())
        self.message_post(
            body=self.env._(
                "The customers were merged. This case goes on with what was owed in "
                "%(cases)s, and with what was done there.",
                cases=", ".join(others.mapped("display_name")),
            )
        )
        for case in others:
            case.message_post(
                body=self.env._(
                    "The customers were merged: this goes on in another case."
                )
            )

    def _keep_opened(self):
        """Keep of each invoice since when its own case was open: what was paid before
        was paid in time, however old the case is that it is in from now on."""
        for case in self:
            opened = case.date_opened or case.company_id._get_subscription_today()
            moves = case.move_ids.filtered(lambda move: not move.dunning_date_opened)
            moves._without_line_checks().dunning_date_opened = opened

    @api.model
    def _prepare_emptied(self):
        """Return the values of cases that owe and tell nothing any more: all of it is
        in the one that goes on."""
        totals = dict.fromkeys(("amount_overdue", "invoice_count"), 0)
        return {
            **totals,
            "date_oldest": False,
            "experiment_id": False,
            "version": False,
        }

    def _end_plans_of_agency(self, others):
        """End what was agreed with the customer: an agency collects now."""
        text = self.env._("The customers were merged, and an agency has the case.")
        (self | others).agreement_id._end("cancelled", text)

    def _end_other_agreements(self, kept):
        """End what was agreed in cases that do not go on, where that one has a plan."""
        running = self.agreement_ids.filtered(lambda each: each.state == "open")
        spare = running if kept.agreement_id else running[1:]
        if not spare:
            return
        text = self.env._("The customers were merged: agree on one plan for all.")
        spare._end("cancelled", text)
        kept._ask_person(text)

    def _prepare_joined(self, others):
        """Return the values by which this case rests as long as any of them does, waits
        for a person if one of them does, is with the agency that has one, and is as old
        as the oldest."""
        cases = self | others
        held = cases.filtered("is_held").sorted("date_hold_until")[-1:]
        handed_over = cases.filtered("date_handed_over")[:1]
        opened = cases.filtered("date_opened").mapped("date_opened")
        return {
            "date_handed_over": handed_over.date_handed_over,
            "agency_id": handed_over.agency_id.id,
            "date_hold_until": held.date_hold_until,
            "date_opened": min(opened, default=False),
            "hold_reason": held.hold_reason,
            "error": self.error or next(filter(None, others.mapped("error")), False),
        }
