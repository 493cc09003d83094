from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.http import request, route

from .pages import of_subscription
from .payment_transaction import SubscriptionPayTransaction

AUTOMATIC = "/my/subscriptions/<int:subscription_id>/automatic"
PAGE = {"type": "http", "auth": "public", "methods": ["GET"], "website": True}


class SubscriptionAutomatic(SubscriptionPayTransaction):
    """Where customers agree to pay a subscription automatically while nothing is to be
    paid, by login or by link: they save a method for it.

    The agreement is kept with the transaction that saves the method, and carried out
    by it.
    """

    # === ROUTES === #

    @route(AUTOMATIC, **PAGE)
    @of_subscription
    def show_automatic(self, subscription, access_token, **others):
        """Show what paying automatically means, and how to save a method."""
        form = self._prepare_automatic_form(subscription, access_token)
        return self._render_subpage(
            "portal_automatic_page",
            subscription,
            access_token,
            request.env._("Pay automatically"),
            done=self._get_done_texts().get(others.get("done")),
            is_automatic=subscription._is_paid_automatically(),
            own_methods=self._find_own_methods(subscription),
            **form,
        )

    @route(f"{AUTOMATIC}/transaction", type="jsonrpc", auth="public")
    def start_automatic(self, subscription_id, access_token=None, **params):
        """Start to save the method, with what its customer agreed to.

        :return: what core's payment form asks for
        """
        subscription, secret = self._find_by_link(subscription_id, access_token)
        form = self._prepare_automatic_form(subscription, secret)
        option = self._read_payment_option(form, params)
        enrolment = self._prepare_enrolment(form, option, form["enrollable"])
        return self._start_saving(form, params, **enrolment)

    @route(f"{AUTOMATIC}/back", **PAGE)
    @of_subscription
    def return_from_automatic(self, subscription, access_token, **_others):
        """Lead on who comes back from saving the method."""
        number = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        saving = request.env["payment.transaction"].sudo().browse(number).exists()
        if subscription in saving.portal_enrolment_ids and saving._is_enrolled():
            return self._return_to(subscription, "automatic", access_token)
        url = f"{subscription.access_url}/automatic"
        return self._lead_to(url, done="not_automatic", access_token=access_token)

    # === HELPERS === #

    def _get_done_texts(self):
        """Tell whether the method is charged from now on."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "automatic": env._("From now on, invoices are paid automatically."),
            "not_automatic": env._("No payment method was saved. You can try again."),
        }

    def _prepare_automatic_form(self, subscription, access_token):
        """Return what core's payment form shows to save a method for a subscription,
        and what is agreed to with it."""
        partner = request.env.user.partner_id.sudo()
        if request.env.user._is_public():
            partner = subscription.partner_invoice_id
        enrollable = subscription._filter_enrollable(partner)
        url = f"{subscription.access_url}/automatic"
        return {
            **self._prepare_form_to_save(
                partner,
                subscription.company_id,
                transaction_route=f"{url}/transaction",
                landing_route=self._get_address(
                    f"{url}/back", access_token=access_token
                ),
            ),
            "access_token": access_token,
            "enrollable": enrollable,
            "consent": enrollable._get_consent_text() if enrollable else None,
        }

    def _find_own_methods(self, subscription):
        """Return the saved methods of who is logged in that may pay a subscription."""
        tokens = request.env["payment.token"].sudo()
        if request.env.user._is_public():
            return tokens
        mine = tokens._find_portal_methods(request.env.user.partner_id)
        return mine.filtered(lambda token: token._filter_portal_uses(subscription))
