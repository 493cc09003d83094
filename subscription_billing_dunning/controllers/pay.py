from math import isfinite

from odoo.addons.payment import utils as payment_utils
from odoo.exceptions import ValidationError
from odoo.http import request, route

from odoo.addons.subscription_billing.controllers.portal import (
    SubscriptionPaymentPortal,
)

from ..models.dunning_case_link import PAGES
from .link import ROUTE, find_case, render_page

PAGE = f"{PAGES['pay']}/<string:token>"


class DunningPayment(SubscriptionPaymentPortal):
    """The page of a case: what is overdue, one payment for all of it, and another
    method for what comes later.

    Whoever has the link pays for the customer: not with the customer's saved methods,
    unless he is logged in, nor with those of somebody else who is.
    """

    # === PAGES === #

    @route(PAGE, methods=["GET"], **ROUTE)
    def show_overdue(self, token, **_others):
        """Show what is overdue, and how to pay it."""
        case, is_good = find_case("pay", token)
        if not is_good:
            return self._offer_new_link(token)
        if case._is_lost():
            return render_page("pay_lost", case=case)
        page = case._prepare_pay_page()
        if case.state == "closed" or not page["moves"]:
            return render_page("pay_settled", case=case)
        form = self._prepare_pay_form(case, token) if page["payable"] else {}
        has_methods = bool(case._get_charged_subscriptions())
        method_url = f"{PAGES['pay']}/{token}/method" if has_methods else None
        return render_page("pay_page", **{**form, **page, "method_url": method_url})

    @route(f"{PAGE}/method", methods=["GET"], **ROUTE)
    def show_method(self, token, **_others):
        """Show how to save another payment method, without paying now."""
        case, is_good = find_case("pay", token)
        if not is_good:
            return self._offer_new_link(token)
        if case.state == "closed" or not case._get_charged_subscriptions():
            return render_page("pay_settled", case=case)
        return render_page(
            "pay_method",
            case=case,
            pay_url=f"{PAGES['pay']}/{token}",
            **self._prepare_method_form(case, token),
        )

    @route(f"{PAGE}/link", methods=["POST"], **ROUTE)
    def send_link(self, token, **_others):
        """Mail a new link to the customer, if there is one; say the same if not."""
        case, is_good = find_case("pay", token)
        if case and not is_good:
            case._send_new_link()
        return render_page("link_sent")

    # === PAYMENTS === #

    @route(f"{PAGE}/transaction", type="jsonrpc", auth="public")
    def pay_overdue(self, token, amount=None, **kwargs):
        """Start one payment for all that can be paid now.

        :param amount: what the page has shown
        :return: what core's payment form asks for
        """
        case = self._find_open_case(token)
        payable = case._get_payable()
        owed = sum(payable.mapped("amount_residual"))
        shown = self._cast_as_float(amount) or 0
        if (
            not payable
            or not isfinite(shown)
            or case.currency_id.compare_amounts(shown, owed)
        ):
            raise ValidationError(
                request.env._(
                    "What you owe has changed since this page was opened. Load the "
                    "page again."
                )
            )
        form = self._prepare_pay_form(case, token)
        values = self._get_chosen(form, kwargs)
        return self._process_transaction(
            form["partner_id"],
            case.currency_id.id,
            payable.ids,
            len(payable) > 1 and case.company_id.get_next_batch_payment_communication(),
            amount=owed,
            landing_route=form["landing_route"],
            **values,
        )

    @route(f"{PAGE}/method/transaction", type="jsonrpc", auth="public")
    def save_method(self, token, **kwargs):
        """Start saving a method, without a payment."""
        case = self._find_open_case(token)
        form = self._prepare_method_form(case, token)
        chosen = self._get_chosen(form, kwargs)
        transaction = self._create_transaction(
            **{**chosen, "tokenization_requested": True},
            amount=None,
            currency_id=None,
            partner_id=form["partner_id"],
            landing_route=form["landing_route"],
            reference_prefix=payment_utils.singularize_reference_prefix(prefix="V"),
            is_validation=True,
            custom_create_values={"dunning_case_id": case.id},
        )
        return transaction._get_processing_values()

    # === HELPERS === #

    def _find_open_case(self, token):
        """Return the case of a link that pays.

        :raises ValidationError: it is not ours, too old, or the case is closed
        """
        case, is_good = find_case("pay", token)
        if not is_good or case.state == "closed":
            raise ValidationError(
                request.env._("This link has expired. Load the page again.")
            )
        return case

    def _offer_new_link(self, token):
        """Return the page that is shown for links that have expired, or are wrong."""
        return render_page(
            "link_expired", status=403, send_url=f"{PAGES['pay']}/{token}/link"
        )

    def _prepare_pay_form(self, case, token):
        """Return what core's payment form shows of a payment for a case."""
        payable = case._get_payable()
        owed = sum(payable.mapped("amount_residual"))
        values = self._get_common_page_view_values(
            invoices_data={
                "partner": case.partner_id,
                "company": case.company_id,
                "total_amount": owed,
                "currency": case.currency_id,
                "amount_residual": owed,
                "landing_route": f"{PAGES['pay']}/{token}",
                "transaction_route": f"{PAGES['pay']}/{token}/transaction",
            }
        )
        return self._hide_methods(values)

    def _prepare_method_form(self, case, token):
        """Return what core's payment form shows to save a method for a case."""
        partner = case.partner_id
        report = {}
        providers = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                case.company_id.id,
                partner.id,
                0.0,
                force_tokenization=True,
                is_validation=True,
                report=report,
            )
        )
        methods = (
            request.env["payment.method"]
            .sudo()
            ._get_compatible_payment_methods(
                providers.ids, partner.id, force_tokenization=True, report=report
            )
        )
        return {
            "mode": "validation",
            "allow_token_selection": False,
            "partner_id": partner.id,
            "providers_sudo": providers,
            "payment_methods_sudo": methods,
            "tokens_sudo": request.env["payment.token"],
            "availability_report": report,
            "transaction_route": f"{PAGES['pay']}/{token}/method/transaction",
            "landing_route": f"{PAGES['pay']}/{token}",
        }

    @staticmethod
    def _hide_methods(values):
        """Show saved methods to nobody but their owner."""
        if request.env.user._is_public():
            values["tokens_sudo"] = values["tokens_sudo"].browse()
        return values

    def _get_chosen(self, form, params):
        """Return what the customer has chosen in a form.

        :param dict form: what the form shows
        :param dict params: what the client has sent
        :raises ValidationError: the form does not show it
        """
        params.pop("payment_reference", None)
        params.pop("access_token", None)
        self._validate_transaction_kwargs(params)
        chosen = {
            name: params.get(name)
            for name in ("provider_id", "payment_method_id", "token_id", "flow")
        }
        chosen["tokenization_requested"] = bool(params.get("tokenization_requested"))
        if chosen["flow"] == "token":
            is_shown = chosen["token_id"] in form["tokens_sudo"].ids
        else:
            is_shown = (
                chosen["flow"] in ("direct", "redirect")
                and chosen["provider_id"] in form["providers_sudo"].ids
                and chosen["payment_method_id"] in form["payment_methods_sudo"].ids
            )
        if not is_shown:
            raise ValidationError(
                request.env._("This payment method cannot be used here.")
            )
        return chosen
