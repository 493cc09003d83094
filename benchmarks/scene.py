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
    """Return customers that were invoiced before."""
    return env["res.partner"].create(
        [
            {"name": f"Customer {number:06}", "customer_rank": 1}
            for number in range(count)
        ]
    )


def make_tokens(env: api.Environment, partners):
    """Return a saved card, which pays, for each partner."""
    card = {"provider_ref": "benchmark", "demo_simulated_state": "done"}
    return create_tokens(demo_provider(env), partners, [card] * len(partners))


def create_tokens(provider, partners, cards: list[dict]):
    """Return a token for each partner.

    :param cards: what the provider knows of each
    """
    env = provider.env
    method = env.ref("payment.payment_method_card")
    return env["payment.token"].create(
        [
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": partner.id,
                "payment_details": "4242",
                **card,
            }
            for partner, card in zip(partners, cards, strict=True)
        ]
    )


def charge_by_core(invoice, token) -> None:
    """Charge a card for an invoice, pay and reconcile it, as Odoo alone does."""
    charge = invoice.env["payment.transaction"].create(
        {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "amount": invoice.amount_residual,
            "currency_id": invoice.currency_id.id,
            "partner_id": invoice.partner_id.id,
            "operation": "offline",
            "invoice_ids": [Command.set(invoice.ids)],
        }
    )
    charge._charge_with_token()
    charge._post_process()
