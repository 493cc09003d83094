from math import isfinite

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
        values = self._read_payment_option(form, kwargs)
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
        return self._start_saving(form, kwargs, dunning_case_id=case.id)

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
        url = f"{PAGES['pay']}/{token}"
        return self._prepare_form_to_save(
            case.partner_id,
            case.company_id,
            transaction_route=f"{url}/method/transaction",
            landing_route=url,
        )

    @staticmethod
    def _hide_methods(values):
        """Show saved methods to nobody but their owner."""
        if request.env.user._is_public():
            values["tokens_sudo"] = values["tokens_sudo"].browse()
        return values
