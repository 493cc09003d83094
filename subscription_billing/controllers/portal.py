from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.payment import utils as payment_utils
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.http import request, route


class SubscriptionPaymentPortal(PortalAccount, PaymentPortal):
    """What customers pay by themselves: nothing that a charge may have taken already.

    Invoices show no button for it; the list of what is overdue, and pages that were
    opened before the charge was sent, would take the money a second time.

    Pages of payments begin here as well: what core's form shows to save a method, and
    how what it sends is read.
    """

    # === NOTHING TWICE === #

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

    # === CORE'S PAYMENT FORM === #

    def _prepare_form_to_save(
        self, partner, company, *, transaction_route, landing_route, prefix="V"
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
        return {
            "mode": "validation",
            "allow_token_selection": False,
            "partner_id": partner.id,
            "providers_sudo": providers,
            "payment_methods_sudo": offered,
            "tokens_sudo": request.env["payment.token"],
            "availability_report": report,
            "reference_prefix": payment_utils.singularize_reference_prefix(
                prefix=prefix
            ),
            "transaction_route": transaction_route,
            "landing_route": landing_route,
            "access_token": payment_utils.generate_access_token(partner.id, None, None),
        }

    def _start_saving(self, form, params, **vals):
        """Start to save a payment method, without a payment.

        :param dict form: as of ``_prepare_form_to_save``
        :param dict params: what the page has sent
        :param vals: of the ``payment.transaction``
        :return: what core's payment form asks for
        :raises ValidationError: the form does not show what was sent
        """
        transaction = self._create_transaction(
            **{
                **self._read_payment_option(form, params),
                "tokenization_requested": True,
            },
            amount=None,
            currency_id=None,
            partner_id=form["partner_id"],
            landing_route=form["landing_route"],
            reference_prefix=form["reference_prefix"],
            is_validation=True,
            custom_create_values=vals,
        )
        return transaction._get_processing_values()

    def _read_payment_option(self, form, params):
        """Return how the customer pays, as chosen in the form.

        :param dict form: what the form shows
        :param dict params: what the page has sent
        :raises ValidationError: the form does not show it
        """
        sent = {
            name: value
            for name, value in params.items()
            if name not in ("access_token", "payment_reference")
        }
        self._validate_transaction_kwargs(sent)
        option = {
            name: sent.get(name)
            for name in ("provider_id", "payment_method_id", "token_id", "flow")
        }
        if option["flow"] == "token":
            token = form["tokens_sudo"].filtered(lambda t: t.id == option["token_id"])
            option["provider_id"] = token.provider_id.id
            is_shown = bool(token)
        else:
            is_shown = (
                option["flow"] in ("direct", "redirect")
                and option["provider_id"] in form["providers_sudo"].ids
                and option["payment_method_id"] in form["payment_methods_sudo"].ids
            )
        if not is_shown or form.get("company_mismatch"):
            raise ValidationError(
                request.env._("This payment method cannot be used here.")
            )
        option["tokenization_requested"] = bool(sent.get("tokenization_requested"))
        return option
