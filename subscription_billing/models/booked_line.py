from decimal import Decimal
from fractions import Fraction

from ..tools.refund import TaxedAmount


class BookedLine:
    """A line of an invoice as it stands in the books, in the words of core's taxes.

    On its own, as its fields say, a line may be worth a cent more or less: taxes are
    rounded for the invoice as a whole.

    :param base_line: the line in the tax computation of its invoice, rounded
    """

    def __init__(self, base_line):
        self._base_line = base_line
        self._taxes = [
            tax
            for tax in base_line["tax_details"]["taxes_data"]
            if not tax["is_reverse_charge"]
        ]
        #: what it is worth in the currency of the invoice
        self.worth = self._read("_currency")

    def _read(self, suffix):
        """Return what the line is worth in one of the two currencies.

        :param suffix: of the names of its amounts; empty for the company's currency
        :rtype: TaxedAmount
        """
        details = self._base_line["tax_details"]
        untaxed = Decimal(str(details[f"total_excluded{suffix}"]))
        delta = Decimal(str(details[f"delta_total_excluded{suffix}"]))
        return TaxedAmount(
            untaxed + delta,
            tuple(Decimal(str(tax[f"tax_amount{suffix}"])) for tax in self._taxes),
            tuple(Decimal(str(tax[f"base_amount{suffix}"])) for tax in self._taxes),
        )

    def prepare_part_vals(self, before, amount, company_currency):
        """Return price and tax amounts of the line that gives a part of this one back.

        Core's ``_reduce_base_lines_to_target_amount`` would not do: it loses a cent of
        tax that the line has only together with the others of its invoice.

        :param before: what was given back of it before, Decimal, including taxes
        :param amount: what is given back now, Decimal, including taxes
        """
        total = Fraction(self.worth.total)
        shares = Fraction(before) / total, Fraction(before + amount) / total
        currency = self._base_line["currency_id"]
        part = self.worth.get_part(*shares, _get_step(currency))
        company_part = self._read("").get_part(*shares, _get_step(company_currency))
        included = sum(
            amount
            for tax, amount in zip(self._taxes, part.taxes, strict=True)
            if tax["price_include"]
        )
        values = {
            **self._base_line,
            "computation_key": f"refund_{self._base_line['record'].id}",
            "quantity": 1.0,
            "discount": 0.0,
            "price_unit": float(part.untaxed + included),
            "manual_total_excluded_currency": float(part.untaxed),
            "manual_total_excluded": float(company_part.untaxed),
            "manual_tax_amounts": self._prepare_tax_amounts(part, company_part),
        }
        export = currency.env["account.tax"]._export_base_line_extra_tax_data
        return {"price_unit": values["price_unit"], "extra_tax_data": export(values)}

    def _prepare_tax_amounts(self, part, company_part):
        """Return the amounts of the taxes of a part, by the id of the tax."""
        return {
            str(tax["tax"].id): {
                "tax_amount_currency": float(part.taxes[number]),
                "base_amount_currency": float(part.bases[number]),
                "tax_amount": float(company_part.taxes[number]),
                "base_amount": float(company_part.bases[number]),
            }
            for number, tax in enumerate(self._taxes)
        }


def _get_step(currency):
    """Return the smallest amount of a currency."""
    return Decimal(str(currency.rounding))
