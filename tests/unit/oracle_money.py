"""What the oracle's cases of money ask the tools, rounded as an invoice rounds."""

from decimal import ROUND_HALF_UP, Decimal

from odoo.addons.subscription_billing.tools.charge import Charge
from odoo.addons.subscription_billing.tools.pricing.terms import Band, BandTerms
from odoo.addons.subscription_billing.tools.proration import credit, part, share

CENT = Decimal("0.01")


def rounded(number, unit=CENT):
    """Round half up."""
    return Decimal(number).quantize(unit, ROUND_HALF_UP)


def price_of(price, span, recurrence, basis="natural"):
    """Return what a line that costs ``price`` a period owes for some days."""
    charge = Charge(
        line_id=1,
        kind="recurring",
        period=span,
        quantity=Decimal(1),
        gross=price,
        share=share(span, recurrence, basis),
    )
    return rounded(charge.amount)


def credit_of(billed, unserved, period, basis="natural"):
    """Return what is given back of ``billed`` for days that are not served."""
    ratio = part(unserved, period, basis)
    return rounded(credit(billed, Decimal(0), ratio, is_rest=unserved == period))


def band_terms(bands):
    """Return the terms of a price with a case's bands."""
    return BandTerms(
        bands=tuple(
            Band(last=band.up_to, rate=band.price, flat=band.flat, size=band.block)
            for band in bands
        )
    )
