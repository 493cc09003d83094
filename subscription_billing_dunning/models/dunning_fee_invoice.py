from odoo import Command, fields, models
from odoo.tools.misc import format_date


class DunningFee(models.Model):
    """The invoice of a fee."""

    _inherit = "dunning.fee"

    # === BUSINESS METHODS === #

    def _prepare_invoice_vals(self, parts):
        """Return the values of the invoice: a line for each part.

        :param list[tuple] parts: of ``tools.fees.FeePart`` and its rounded amount
        """
        self.ensure_one()
        case, move, partner = self.case_id, self.move_id, self.case_id.partner_id
        company = self.company_id
        product = self.step_id._get_fee_product(company)
        position = move.fiscal_position_id
        taxes = position.map_tax(product.taxes_id._filter_taxes_by_company(company))
        fee = self.with_context(lang=partner.lang)
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "company_id": company.id,
            "currency_id": case.currency_id.id,
            "invoice_date": self.date_until,
            "invoice_date_due": self.date_until,
            "invoice_payment_term_id": False,
            "fiscal_position_id": position.id,
            "invoice_origin": move.name,
            "dunning_case_id": case.id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "name": fee._word_part(part),
                        "quantity": 1,
                        "price_unit": float(amount),
                        "tax_ids": [Command.set(taxes.ids)],
                    }
                )
                for part, amount in parts
                if amount
            ],
        }

    def _word_part(self, part):
        """Return what a line says: how its amount comes about."""
        self.ensure_one()
        number, base = self.move_id.name, self.currency_id.format(float(part.base))
        words = self.env["subscription.explanation"]
        rate = words._format_quantity(part.percent)
        if part.reason == "interest":
            end = fields.Date.add(part.date_start, days=part.days - 1)
            return self.env._(
                "Interest on %(base)s of invoice %(invoice)s: %(days)s days from "
                "%(start)s to %(end)s at %(rate)s %% per year",
                base=base,
                invoice=number,
                days=part.days,
                start=format_date(self.env, part.date_start),
                end=format_date(self.env, end),
                rate=rate,
            )
        if part.reason == "percent":
            return self.env._(
                "Late fee for invoice %(invoice)s: %(rate)s %% of %(base)s",
                invoice=number,
                rate=rate,
                base=base,
            )
        texts = {
            "fixed": self.env._("Late fee for invoice %(invoice)s", invoice=number),
            "minimum": self.env._(
                "Late fee for invoice %(invoice)s, up to the minimum", invoice=number
            ),
            "maximum": self.env._(
                "Late fee for invoice %(invoice)s, above the maximum: not charged",
                invoice=number,
            ),
        }
        return texts[part.reason]
