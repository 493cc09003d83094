from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.http import request, route

from odoo.addons.subscription_billing.controllers.portal import (
    SubscriptionPaymentPortal,
)

from .pages import SubscriptionPages, of_subscription

PAY = "/my/subscriptions/pay"
#: what is told of a payment, by its state
RESULTS = {
    "draft": "unheard",
    "pending": "paying",
    "authorized": "paying",
    "done": "paid",
    "cancel": "not_paid",
    "error": "not_paid",
}
#: after these there may be something left to pay
UNPAID = ("unheard", "not_paid")


class SubscriptionPay(SubscriptionPages, SubscriptionPaymentPortal):
    """The pages on which customers pay: the invoices of one subscription, or of all.

    First they choose what, then how. A page is of one person and one address: what
    belongs to whom is looked up anew each time.
    """

    # === PAGES === #

    @route(PAY, type="http", auth="user", methods=["GET"], website=True)
    def show_own_payment(self, **others):
        """Show what is open of all subscriptions of who is logged in."""
        mine = self._find_own_subscriptions()
        return self._show_payment_page(mine, PAY, others)

    @route(
        "/my/subscriptions/<int:subscription_id>/pay",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
    )
    @of_subscription
    def show_subscription_payment(self, subscription, access_token, **others):
        """Show what is open of a subscription, to its customer or by its link."""
        url = f"{subscription.access_url}/pay"
        return self._show_payment_page(
            subscription, url, others, access_token, subscription=subscription
        )

    # === THE WAY BACK === #

    @route(f"{PAY}/back", type="http", auth="user", methods=["GET"], website=True)
    def return_from_own_payment(self, **_others):
        """Lead on who comes back from a payment of several subscriptions."""
        return self._lead_to(PAY, done=self._get_payment_result())

    @route(
        "/my/subscriptions/<int:subscription_id>/pay/back",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
    )
    @of_subscription
    def return_from_payment(self, subscription, access_token, **_others):
        """Lead on who comes back from a payment of one subscription."""
        result = self._get_payment_result()
        if result not in UNPAID:
            return self._return_to(subscription, result, access_token=access_token)
        url = f"{subscription.access_url}/pay"
        return self._lead_to(url, done=result, access_token=access_token)

    def _get_payment_result(self):
        """Return what became of the payment the visitor comes from.

        :return: a key of ``_get_done_texts``; empty where nothing is known of it
        :rtype: str
        """
        number = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        payment = request.env["payment.transaction"].sudo().browse(number).exists()
        if payment.state == "done" and payment._is_enrolled():
            return "enrolled"
        return RESULTS.get(payment.state, "")

    def _get_done_texts(self):
        """Tell what became of a payment."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "paid": env._("Thank you: your payment has arrived."),
            "enrolled": env._(
                "Thank you: your payment has arrived, and from now on invoices are "
                "paid automatically."
            ),
            "paying": env._(
                "Your payment is being processed. Please do not pay again meanwhile."
            ),
            "unheard": env._(
                "We have not heard yet whether the payment was made. Please look again "
                "in some minutes, before you pay again."
            ),
            "not_paid": env._("The payment was not made. You can try again."),
        }

    # === WHAT A PAGE SHOWS === #

    def _show_payment_page(
        self, subscriptions, url, others, access_token=None, subscription=None
    ):
        """Return the page on which invoices are chosen and paid.

        :param subscriptions: those whose invoices may be paid on it
        :param str url: its address
        :param subscription: the only one it is about, if it is
        """
        subscriptions.fetch(["name", "plan_id"])  # each invoice names its own
        owed = subscriptions._get_portal_owed()
        payable = owed._filter_portal_payable()
        chosen, error = self._read_chosen_invoices(payable)
        values = {
            "page_name": "subscription" if subscription else "subscription_pay",
            "subscription": subscription,
            "subscription_url": subscription
            and self._get_address(subscription.access_url, access_token=access_token),
            "subpage": request.env._("Pay"),
            "groups": payable.grouped(lambda move: (move.company_id, move.currency_id)),
            "coming": owed - payable,
            "billed": subscriptions,
            "chosen": chosen,
            "asked": self._read_invoice_numbers(),
            "error": error,
            "done": self._get_done_texts().get(others.get("done")),
            "is_unpaid": others.get("done") in UNPAID,
            "pay_url": url,
            "choose_url": self._get_address(url, access_token=access_token),
            "link_token": access_token,
        }
        if chosen:
            values |= self._prepare_payment_form(
                subscriptions, chosen, url, access_token
            )
        return self._render_page(
            "portal_pay_page", values, status=400 if error else 200
        )

    def _read_invoice_numbers(self):
        """Return the ids of the invoices that the address of the page names."""
        named = request.httprequest.args.getlist("invoice")
        return [int(number) for number in named if number.isdecimal()]

    def _read_chosen_invoices(self, payable):
        """Return which invoices are to be paid, and why not, if that is refused.

        What is not theirs, does not exist or is paid by now is refused alike.

        :param payable: what can be paid on this page
        :return: the ``account.move`` records, and a text
        """
        numbers = self._read_invoice_numbers()
        if not request.httprequest.args.getlist("invoice"):
            # There is nothing to choose where there is but one.
            return payable if len(payable) == 1 else payable.browse(), None
        chosen = payable.filtered(lambda move: move.id in numbers)
        if len(chosen) != len(set(numbers)) or not chosen:
            return payable.browse(), request.env._(
                "Not all that was chosen can be paid here. Choose again, please."
            )
        if len(chosen.company_id) > 1 or len(chosen.currency_id) > 1:
            return payable.browse(), request.env._(
                "Choose invoices of one company and one currency at a time."
            )
        return chosen, None

    # === CORE'S PAYMENT FORM === #

    def _prepare_payment_form(self, subscriptions, chosen, url, access_token):
        """Return what core's payment form shows to pay some invoices.

        :param subscriptions: those of the page
        :param chosen: the invoices
        """
        owed = sum(chosen.mapped("amount_residual"))
        numbers = "-".join(map(str, chosen.ids))
        values = self._get_common_page_view_values(
            invoices_data={
                "partner": chosen[0].partner_id,
                "company": chosen.company_id,
                "total_amount": owed,
                "currency": chosen.currency_id,
                "amount_residual": owed,
                "landing_route": self._get_address(
                    f"{url}/back", access_token=access_token
                ),
                "transaction_route": f"{url}/{numbers}/transaction",
            },
            access_token=access_token,
        )
        values["amount"] = owed
        values["tokens_sudo"] = self._find_usable_methods(values["providers_sudo"])
        enrollable = self._find_enrollable(subscriptions, chosen, values["partner_id"])
        can_enrol = values["tokens_sudo"] or self._can_save_method(values)
        values["portal_consent"] = (
            enrollable._get_consent_text() if enrollable and can_enrol else None
        )
        return values

    def _find_usable_methods(self, providers):
        """Return the saved methods with which the visitor may pay, in their order.

        Those of their company are theirs too; who came by a link sees none.
        """
        tokens = request.env["payment.token"].sudo()
        if request.env.user._is_public():
            return tokens
        return tokens._find_portal_methods(request.env.user.partner_id).filtered(
            lambda token: (
                token.provider_id in providers and not token._get_charge_obstacle()
            )
        )

    def _find_enrollable(self, subscriptions, chosen, partner_id):
        """Return those subscriptions of some invoices that who pays may have charged
        from now on."""
        partner = request.env["res.partner"].sudo().browse(partner_id)
        return (chosen.subscription_ids & subscriptions)._filter_enrollable(partner)

    @staticmethod
    def _can_save_method(values):
        """Return whether a new method of the form could be charged later."""
        providers = values["providers_sudo"].filtered(
            lambda provider: (
                provider.allow_tokenization and not provider.capture_manually
            )
        )
        return any(
            method.support_tokenization and method.provider_ids & providers
            for method in values["payment_methods_sudo"]
        )
