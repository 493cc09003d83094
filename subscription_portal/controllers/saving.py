from odoo.addons.payment import utils as payment_utils
from odoo.http import request

from odoo.addons.subscription_billing.controllers.portal import (
    SubscriptionPaymentPortal,
)

from .pages import SubscriptionPages


class SubscriptionSaving(SubscriptionPages, SubscriptionPaymentPortal):
    """What pages have in common on which a payment method is saved."""

    def _prepare_form_to_save(
        self, partner, company, *, transaction_route, landing_route, prefix
    ):
        """Return what core's payment form shows to save a method.

        :param partner: the ``res.partner`` whose method it will be
        :param company: the company that may charge it
        :param str transaction_route: where the form goes
        :param str landing_route: where the visitor comes back to
        :param str prefix: of the reference
        :rtype: dict
        """
        report = {}
        providers = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                company.id,
                partner.id,
                0.0,
                force_tokenization=True,
                is_validation=True,
                report=report,
            )
        )
        offered = (
            request.env["payment.method"]
            .sudo()
            ._get_compatible_payment_methods(
                providers.ids, partner.id, force_tokenization=True, report=report
            )
        )
        reference = payment_utils.singularize_reference_prefix(prefix=prefix)
        return {
            "mode": "validation",
            "allow_token_selection": False,
            "partner_id": partner.id,
            "providers_sudo": providers,
            "payment_methods_sudo": offered,
            "tokens_sudo": request.env["payment.token"],
            "availability_report": report,
            "reference_prefix": reference,
            "transaction_route": transaction_route,
            "landing_route": landing_route,
            "access_token": payment_utils.generate_access_token(partner.id, None, None),
        }
