"""What every benchmark needs in a database: a provider, a product, customers, cards."""

from odoo import Command, api

from .workbench import BenchmarkError

TAX_PERCENT = 15


def demo_provider(env: api.Environment):
    """Return the demo payment provider of the company, switched on."""
    provider = env["payment.provider"].search(
        [("code", "=", "demo"), ("company_id", "=", env.company.id)], limit=1
    )
    if provider.state == "disabled":
        provider.state = "test"
    return provider


def sale_tax(env: api.Environment):
    """Return the company's sales tax, which must be the one of the figures."""
    tax = env.company.account_sale_tax_id
    if tax.amount != TAX_PERCENT or tax.price_include:
        raise BenchmarkError(
            f"The company's sales tax is {tax.name}: the figures need one of "
            f"{TAX_PERCENT} % on top of the price."
        )
    return tax


def make_product(env: api.Environment, name: str):
    """Return a new service with the company's sales tax.

    It names its income account, which `subscription_oca` does not find elsewhere.
    """
    journal = env["account.journal"].search(
        [("type", "=", "sale"), ("company_id", "=", env.company.id)], limit=1
    )
    return env["product.product"].create(
        {
            "name": name,
            "type": "service",
            "list_price": 50.0,
            "taxes_id": [Command.set(sale_tax(env).ids)],
            "property_account_income_id": journal.default_account_id.id,
        }
    )


def make_partners(env: api.Environment, count: int):
    """Return new customers."""
    return env["res.partner"].create(
        [{"name": f"Customer {number:06}"} for number in range(count)]
    )


def make_tokens(env: api.Environment, partners):
    """Return a saved card, which pays, for each partner."""
    provider = demo_provider(env)
    method = env.ref("payment.payment_method_card")
    return env["payment.token"].create(
        [
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": partner.id,
                "payment_details": "1234",
                "provider_ref": "benchmark",
                "demo_simulated_state": "done",
            }
            for partner in partners
        ]
    )
