from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.subscription_billing.controllers.portal import (
    SubscriptionPaymentPortal,
)

from .pages import SubscriptionPages
from .payment import PAY

METHODS = "/my/subscriptions/methods"
ONE = f"{METHODS}/<int:token_id>"
#: how a button moves a method: places down, None for the top
MOVES = {"first": None, "up": -1, "down": 1}
PAGE = {"type": "http", "auth": "user", "website": True}


class SubscriptionMethods(SubscriptionPages, SubscriptionPaymentPortal):
    """The page of the saved payment methods: what they pay, and in which order.

    They are those of the customer who is logged in, and of their company.
    """

    # === PAGE === #

    @route(METHODS, methods=["GET"], **PAGE)
    def show_saved_methods(self, **others):
        """Show the saved methods, and how to add one."""
        return self._show_methods_page(
            done=self._get_done_texts().get(others.get("done")),
            company_id=self._cast_as_int(others.get("company")),
        )

    @route(f"{METHODS}/added", methods=["GET"], **PAGE)
    def return_from_saving(self, **_others):
        """Lead on who comes back from saving a method."""
        number = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        saving = request.env["payment.transaction"].sudo().browse(number).exists()
        done = "method_added" if saving.token_id else "method_not_added"
        return self._return_to_methods(done)

    # === ACTIONS === #

    @route(f"{ONE}/move", methods=["POST"], **PAGE)
    def move_saved_method(self, token_id, direction="", **_others):
        """Have a method charged before or after others."""
        if direction not in MOVES:
            raise request.not_found()
        return self._change_methods(
            token_id,
            lambda token: token._move_in_order(
                request.env.user.partner_id, MOVES[direction]
            ),
            "methods_ordered",
        )

    @route(f"{ONE}/use", methods=["POST"], **PAGE)
    def use_saved_method(self, token_id, subscription_id=None, **_others):
        """Have a subscription paid with a method from now on."""
        number = self._cast_as_int(subscription_id) or 0

        def use(token):
            try:
                subscription = self._find_own_subscription(number)
            except AccessError as error:
                # Said of what is not theirs as of what does not exist.
                raise MissingError(self._get_missing_text()) from error
            partner = request.env.user.partner_id
            enrollable = subscription._filter_enrollable(partner)
            if not token._filter_portal_uses(enrollable):
                raise UserError(
                    request.env._("This method cannot pay for this subscription.")
                )
            subscription._pay_automatically(
                token, consent=token._get_portal_consent_text(), author=partner
            )

        return self._change_methods(token_id, use, "method_used")

    @route(f"{ONE}/remove", methods=["POST"], **PAGE)
    def remove_saved_method(self, token_id, **_others):
        """Remove a method that no subscription needs."""
        return self._change_methods(
            token_id, lambda token: token._remove_from_portal(), "method_removed"
        )

    @route()
    def archive_token(self, token_id):
        """Keep what alone pays a subscription on core's page too."""
        try:
            self._find_own_method(token_id)._check_is_spare()
        except MissingError:
            return None
        return super().archive_token(token_id)

    def _change_methods(self, token_id, work, done):
        """Do something with a method, and show the page again.

        :param work: ``work(token)``; nothing of it stays when it is refused
        :param str done: what the page tells then, a key of ``_get_done_texts``
        """
        try:
            with request.env.cr.savepoint():
                work(self._find_own_method(token_id))
        except MissingError:
            return self._show_methods_page(error=self._get_missing_text(), status=404)
        except UserError as error:
            return self._show_methods_page(error=str(error), status=400)
        return self._return_to_methods(done)

    # === HELPERS === #

    def _find_own_method(self, token_id):
        """Return a saved method of who is logged in, as superuser.

        :raises MissingError: there is none of this number, or it is somebody else's
        """
        known = request.env["payment.token"]._find_portal_methods(
            request.env.user.partner_id
        )
        token = known.filtered(lambda each: each.id == token_id)
        if not token:
            raise MissingError(self._get_missing_text())
        return token

    def _get_missing_text(self):
        """Return what is said of what does not exist, or is not theirs."""
        return request.env._("There is no such payment method or subscription.")

    def _return_to_methods(self, done):
        """Send the visitor back to the page of the methods.

        :param str done: what it tells first
        """
        return self._lead_to(METHODS, done=done)

    def _get_done_texts(self):
        """Tell what was done with a method."""
        env = request.env
        return {
            **super()._get_done_texts(),
            "method_added": env._("The payment method was saved."),
            "method_not_added": env._("No payment method was saved."),
            "method_used": env._("From now on, the subscription is paid with it."),
            "method_removed": env._("The payment method was removed."),
            "methods_ordered": env._("The order was changed."),
        }

    # === WHAT THE PAGE SHOWS === #

    def _show_methods_page(self, done=None, error=None, company_id=None, status=200):
        """Return the page of the saved methods.

        :param str done: what was done, in words
        :param str error: what was refused, in words
        :param int company_id: for whom a method can be added
        """
        partner = request.env.user.partner_id
        tokens = request.env["payment.token"]._find_portal_methods(partner)
        mine = self._find_own_subscriptions()
        paid = tokens._get_paid_subscriptions()
        enrollable = mine._filter_enrollable(partner)
        values = {
            "page_name": "subscription_methods",
            "subpage": request.env._("Payment Methods"),
            "methods": tokens,
            "paid": {token: paid[token] & mine for token in tokens},
            "usable": {t: t._filter_portal_uses(enrollable) for t in tokens},
            **self._prepare_late_invoices(mine),
            "done": done,
            "error": error,
            **self._prepare_saving_form(mine, company_id),
        }
        return self._render_page("portal_methods_page", values, status=status)

    def _prepare_late_invoices(self, subscriptions):
        """Return what can be paid now and is overdue, or could not be collected; and
        the page that asks for it."""
        payable = subscriptions._get_portal_owed()._filter_portal_payable()
        late = payable.filtered(
            lambda move: (
                move.collection_state == "failed"
                or (
                    move.invoice_date_due
                    and move.invoice_date_due
                    < move.company_id._get_subscription_today()
                )
            )
        )
        is_one_payment = len(late.company_id) == 1 and len(late.currency_id) == 1
        query = "&".join(f"invoice={number}" for number in late.ids)
        return {
            "late": late,
            "late_url": f"{PAY}?{query}" if is_one_payment else PAY,
        }

    def _prepare_saving_form(self, subscriptions, company_id):
        """Return what core's payment form shows to save a method.

        :param subscriptions: those of the customer; a method is of one of their
            companies
        """
        companies = subscriptions.company_id or request.env.company
        company = companies.filtered(lambda each: each.id == company_id)
        company = company or (request.env.company & companies) or companies[0]
        return {
            "companies": companies,
            "saving_company": company,
            **self._prepare_form_to_save(
                request.env.user.partner_id,
                company,
                transaction_route="/payment/transaction",
                landing_route=f"{METHODS}/added",
            ),
        }
