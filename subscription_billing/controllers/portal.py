from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.http import request, route


class SubscriptionPaymentPortal(PortalAccount, PaymentPortal):
    """What customers pay by themselves: nothing that a charge may have taken already.

    Invoices show no button for it; the list of what is overdue, and pages that were
    opened before the charge was sent, would take the money a second time.
    """

    @route()
    def overdue_invoices_transaction(self, payment_reference, **kwargs):
        """Refuse an amount from a page that counts in what is charged by now."""
        if not request.env.user._is_public():
            self._check_overdue_amount(self._cast_as_float(kwargs.get("amount")))
        return super().overdue_invoices_transaction(payment_reference, **kwargs)

    def _get_overdue_invoices_domain(self, partner_id=None):
        """Leave out what a charge is taking, or has taken perhaps."""
        domain = Domain(super()._get_overdue_invoices_domain(partner_id))
        overdue = request.env["account.move"].sudo().search(domain)
        charged = overdue.filtered(lambda move: move._has_sent_charge())
        return domain & Domain("id", "not in", charged.ids) if charged else domain

    def _check_overdue_amount(self, amount):
        """Refuse to take more than what is overdue and not being charged.

        :param float amount: what the page asks for
        :raises ValidationError: the page is older than a charge
        """
        invoices = request.env["account.move"].search(
            self._get_overdue_invoices_domain()
        )
        owed = sum(invoices.mapped("amount_total"))
        currency = invoices.currency_id[:1]
        if not invoices or currency.compare_amounts(amount or 0, owed) > 0:
            raise ValidationError(
                request.env._(
                    "What you owe has changed since this page was opened: your saved "
                    "payment method may be being charged. Load the page again."
                )
            )

    def _process_transaction(
        self, partner_id, currency_id, invoice_ids, payment_reference, **kwargs
    ):
        """Let nobody pay what a charge is taking, or has taken perhaps."""
        charged = request.env["account.move"].browse(invoice_ids)._find_charged()
        if charged:
            raise ValidationError(
                request.env._(
                    "%(invoices)s: your saved payment method is being charged. There "
                    "is nothing to pay before the outcome of that is known.",
                    invoices=", ".join(charged.mapped("display_name")),
                )
            )
        return super()._process_transaction(
            partner_id, currency_id, invoice_ids, payment_reference, **kwargs
        )
