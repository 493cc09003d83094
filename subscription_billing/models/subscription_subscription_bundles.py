from dataclasses import replace

from odoo import Command, models
from odoo.tools import groupby

#: where bundles stand on an invoice: after the lines that belong to none
BUNDLE_SEQUENCE = 200


class SubscriptionSubscription(models.Model):
    """Bundles on invoices: a heading with the one price, and below it a line for each
    product that books its share of the revenue.

    The heading hides the prices of these lines on what the customer gets, unless they
    differ in their taxes.
    """

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _prepare_invoice_lines_vals(self, charges):
        """Return the values of all lines of a document, bundles last.

        What follows a heading belongs to it, so that the other lines come first.
        """
        if not any(line.bundle_id for line in self.line_ids):
            return super()._prepare_invoice_lines_vals(charges)
        sold = [(self._get_bundle_line(charge), charge) for charge in charges]
        plain = [charge for line, charge in sold if not line]
        lines = super()._prepare_invoice_lines_vals(plain)
        for whole, parts in self._split_bundles([each for each in sold if each[0]]):
            below = super()._prepare_invoice_lines_vals(parts)
            taxes = {frozenset(vals["tax_ids"][0][2]) for vals in below}
            heading = self._prepare_heading_vals(whole, has_one_price=len(taxes) == 1)
            lines += [{**v, "sequence": BUNDLE_SEQUENCE} for v in (heading, *below)]
        return lines

    def _get_bundle_line(self, charge):
        """Return the line that sells the bundle of a charge, none for other charges."""
        line = self.line_ids.browse(charge.line_id)
        return line if charge.line_id and line.bundle_id else line.browse()

    def _split_bundles(self, sold):
        """Return pairs of a charge of a whole bundle and those of its products.

        A credit comes in parts already, each from the claim that it gives back.

        :param sold: pairs of a line that sells a bundle, and a charge of it
        """
        for (line, kind, _period), group in groupby(
            sold, key=lambda pair: (pair[0], pair[1].kind, pair[1].period)
        ):
            charges = [charge for _line, charge in group]
            if kind == "credit":
                gross = sum(charge.gross for charge in charges)
                yield replace(charges[0], gross=gross, component_id=0), charges
            else:
                for charge in charges:
                    yield charge, line._get_component_charges(charge)

    def _prepare_heading_vals(self, charge, has_one_price):
        """Return the values of the line above what a bundle includes.

        :param tools.charge.Charge charge: of the whole bundle
        :param bool has_one_price: whether to hide those below; not where the products
            differ in their taxes, whose bases an invoice has to tell
        """
        line = self.line_ids.browse(charge.line_id)
        is_credit, is_explained = bool(charge.origin_id), self._is_explained()
        if is_credit:
            texts = [self._get_credit_line_name(line, charge)]
        else:
            texts = [self._get_recurring_line_name(line, charge)]
        if line.quantity != 1 and (is_credit or not is_explained):
            texts.append(self._get_quantity_text(line.quantity))
        if line.discount and not (is_credit or is_explained):
            texts.append(self._get_discount_text(line.discount))
        return {
            "display_type": "line_section",
            "name": "\n".join(texts),
            "collapse_prices": has_one_price,
        }

    def _prepare_recurring_line_vals(self, charge):
        """Bill a product of a bundle as itself: its account, taxes and analytic."""
        vals = super()._prepare_recurring_line_vals(charge)
        if not charge.component_id:
            return vals
        line = self.line_ids.browse(charge.line_id)
        component = line.bundle_id.line_ids.browse(charge.component_id)
        return {
            **vals,
            "product_id": component.product_id.id,
            "product_uom_id": component.product_id.uom_id.id,
            "name": self._get_component_name(component),
            "tax_ids": [Command.set(line._get_component_taxes(component).ids)],
            "analytic_distribution": line._get_component_analytic(component),
        }

    def _prepare_credit_line_vals(self, charge):
        """Name what is given back of a bundle as it was billed."""
        vals = super()._prepare_credit_line_vals(charge)
        claim = self.period_ids.browse(charge.origin_id)
        if claim.component_id:
            vals["name"] = claim.move_line_id.name
        return vals

    def _prepare_period_vals(self, charge):
        """Note which product of a bundle a claim is of."""
        vals = super()._prepare_period_vals(charge)
        if charge.component_id:
            vals["component_id"] = charge.component_id
        return vals

    def _get_component_name(self, component):
        """Return the name of an included product, in the customer's language."""
        product = component.product_id.with_context(lang=self.partner_invoice_id.lang)
        return product.display_name
