from odoo import SUPERUSER_ID, http
from odoo.http import request

PAGE = "/payment/stripe/confirm/<int:tx_id>"
#: what PostgreSQL takes as an id
LAST_ID = 2**31 - 1
#: the address of the page lets its reader pay: nobody keeps it, or learns of it
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


class ConfirmationController(http.Controller):
    """The page on which a customer confirms a payment that their bank asks about.

    Whoever has the link may see it. Looking at it changes nothing; what does comes as
    JSON, which no form of another site can send.
    """

    @http.route(PAGE, type="http", auth="public", methods=["GET"], sitemap=False)
    def show(self, tx_id, access_token="", **_others):
        """Show what is to be confirmed, or how it stands."""
        charge = self._find_charge(tx_id, access_token)
        if charge:
            response = request.render(
                "subscription_billing_stripe.confirmation_page",
                charge._prepare_confirmation_page(),
            )
        else:
            response = request.render(
                "subscription_billing_stripe.confirmation_invalid", status=404
            )
        response.headers.update(HEADERS)
        return response

    @http.route(f"{PAGE}/start", type="jsonrpc", auth="public")
    def start(self, tx_id, access_token="", **_others):
        """Open the payment for its customer.

        :return: what Stripe.js needs to confirm it; nothing when the page has to say
            why it cannot be confirmed
        """
        charge = self._find_charge(tx_id, access_token)
        return (charge and charge._start_stripe_confirmation()) or {}

    @http.route(f"{PAGE}/done", type="jsonrpc", auth="public")
    def finish(self, tx_id, access_token="", **_others):
        """Ask Stripe what has become of the payment; the page then shows it."""
        if charge := self._find_charge(tx_id, access_token):
            charge._finish_confirmation()
        return {}

    def _find_charge(self, tx_id, access_token):
        """Return the charge of a link, as superuser; nothing when the link is wrong.

        A charge that does not exist is no other case than one of somebody else. From
        then on the visitor is answered in the customer's language.
        """
        transactions = request.env["payment.transaction"].with_user(SUPERUSER_ID)
        charge = transactions.browse(tx_id if 0 < tx_id <= LAST_ID else 0).exists()
        charge = charge.filtered(lambda tx: tx._is_confirmation_token(access_token))
        lang = charge.partner_id.lang
        if request.env["res.lang"]._get_data(code=lang):
            request.update_context(lang=lang)
        return charge.with_context(lang=request.env.lang)
