"""The oracle's cases of pricing models: what so many units cost."""

from odoo.addons.subscription_billing.tools.pricing.package import PackageTerms
from odoo.addons.subscription_billing.tools.pricing.percentage import PercentageTerms
from odoo.addons.subscription_billing.tools.pricing.rating import rate

from . import oracle_kinds as kinds
from .oracle_cases import each
from .oracle_money import band_terms


@each(kinds.Tiered)
def test_a_quantity_costs_what_its_bands_say(case):
    terms = band_terms(case.bands)
    found = {q: rate(case.model, q, terms).amount for q in case.expected}
    assert found == case.expected


@each(kinds.TieredParts)
def test_an_amount_is_explained_by_its_bands(case):
    rating = rate("graduated", case.quantity, band_terms(case.bands))
    assert tuple(step.amount for step in rating.steps) == case.expected
    assert rating.amount == case.total


@each(kinds.Package)
def test_a_package_that_is_begun_counts_whole(case):
    terms = PackageTerms(price=case.price, size=case.size, included=case.free)
    assert rate("package", case.quantity, terms).amount == case.expected


@each(kinds.Percentage)
def test_a_volume_costs_a_percentage_and_its_events_a_fee(case):
    terms = PercentageTerms(
        percentage=case.percent,
        fee=case.fixed,
        included=case.free_volume,
        free_events=case.free_events,
    )
    found = rate("percentage", case.volume, terms, events=case.events).amount
    assert found == case.expected


@each(kinds.UsageInvoice)
def test_usage_in_arrears_comes_with_the_month_ahead(case):
    usage = rate("graduated", case.quantity, band_terms(case.bands)).amount
    assert usage == case.usage
    assert case.price + usage == case.expected
