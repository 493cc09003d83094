from math import isfinite

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.http import request, route

from .payment import PAY, SubscriptionPay


class SubscriptionPayTransaction(SubscriptionPay):
    """Starts the payments: what is asked for is worked out here, whatever the page
    has sent."""

    # === ROUTES === #

    @route(f"{PAY}/<string:numbers>/transaction", type="jsonrpc", auth="user")
    def start_own_payment(self, numbers, **params):
        """Start one payment of invoices of who is logged in.

        :return: what core's payment form asks for
        """
        return self._start_invoice_payment(
            self._find_own_subscriptions(), numbers, PAY, params
        )

    @route(
        "/my/subscriptions/<int:subscription_id>/pay/<string:numbers>/transaction",
        type="jsonrpc",
        auth="public",
    )
    def start_subscription_payment(
        self, subscription_id, numbers, access_token=None, **params
    ):
        """Start one payment of invoices of a subscription.

        :return: what core's payment form asks for
        """
        subscription, secret = self._find_by_link(subscription_id, access_token)
        url = f"{subscription.access_url}/pay"
        return self._start_invoice_payment(subscription, numbers, url, params, secret)

    # === HELPERS === #

    def _start_invoice_payment(
        self, subscriptions, numbers, url, params, access_token=None
    ):
        """Start one payment.

        :param subscriptions: those whose invoices may be paid
        :param str numbers: the ids of the invoices, as the page has them
        :param dict params: what the page has sent
        """
        is_enrolling = params.pop("enrol", False) is True
        chosen = self._take_invoices(subscriptions, numbers, params.get("amount"))
        form = self._prepare_payment_form(subscriptions, chosen, url, access_token)
        option = self._read_payment_option(form, params)
        enrolment = {}
        if is_enrolling:
            enrolled = self._find_enrollable(subscriptions, chosen, form["partner_id"])
            enrolment = self._prepare_enrolment(form, option, enrolled)
            option["tokenization_requested"] = True
        company = chosen.company_id
        return self._process_transaction(
            form["partner_id"],
            chosen.currency_id.id,
            chosen.ids,
            len(chosen) > 1 and company.get_next_batch_payment_communication(),
            amount=form["amount"],
            landing_route=form["landing_route"],
            subscription_enrolment=enrolment,
            **option,
        )

    def _create_transaction(
        self, *args, subscription_enrolment=None, custom_create_values=None, **kwargs
    ):
        """Keep with a payment what its customer has agreed to."""
        return super()._create_transaction(
            *args,
            custom_create_values={
                **(custom_create_values or {}),
                **(subscription_enrolment or {}),
            },
            **kwargs,
        )

    def _take_invoices(self, subscriptions, numbers, amount):
        """Return the invoices to pay, which nobody else pays meanwhile.

        :param amount: what the page has shown
        :raises ValidationError: the page is out of date, or was not ours
        """
        asked = {int(each) for each in numbers.split("-") if each.isdecimal()}
        chosen = subscriptions._get_portal_owed().filtered(lambda m: m.id in asked)
        chosen._hold_for_portal_payment()
        owed = sum(chosen.mapped("amount_residual"))
        shown = self._cast_as_float(amount) or 0
        if (
            not asked
            or set(chosen._filter_portal_payable().ids) != asked
            or len(chosen.company_id) != 1
            or len(chosen.currency_id) != 1
            or not isfinite(shown)
            or chosen.currency_id.compare_amounts(shown, owed)
        ):
            raise ValidationError(
                request.env._(
                    "What you owe has changed since this page was opened. Load the "
                    "page again."
                )
            )
        return chosen

    def _prepare_enrolment(self, form, option, subscriptions):
        """Return what is kept with a payment to charge later ones automatically.

        :param option: as of ``_read_payment_option``
        :param subscriptions: what is charged from now on
        :raises ValidationError: the method could not be charged later
        """
        provider = form["providers_sudo"].filtered(
            lambda each: each.id == option["provider_id"]
        )
        method = form["payment_methods_sudo"].filtered(
            lambda each: each.id == option["payment_method_id"]
        )
        can_be_saved = option["flow"] == "token" or (
            provider.allow_tokenization
            and not provider.capture_manually
            and method.support_tokenization
        )
        if not can_be_saved or not subscriptions:
            raise ValidationError(
                request.env._(
                    "This payment method cannot be charged automatically. Choose "
                    "another one, or untick “Pay automatically from now on”."
                )
            )
        return {
            "portal_enrolment_ids": [Command.set(subscriptions.ids)],
            "portal_consent": subscriptions._get_consent_text(),
            "date_portal_consent": fields.Datetime.now(),
            "is_portal_consent_by_link": request.env.user._is_public(),
            "is_portal_enrolment_due": True,
        }
