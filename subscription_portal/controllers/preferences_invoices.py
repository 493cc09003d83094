from odoo.exceptions import UserError
from odoo.http import request, route

from .pages import MAX_ID
from .preferences import URL, SubscriptionPreferences

ROUTE = {"type": "http", "auth": "user", "website": True, "methods": ["POST"]}


class SubscriptionPreferencesInvoices(SubscriptionPreferences):
    """How invoices come, and who gets them."""

    # === ACTIONS === #

    @route(f"{URL}/invoices", **ROUTE)
    def save_invoicing(self, invoicing=None, **_others):
        """Choose how invoices come."""
        methods = self._get_invoicing_methods()
        if len(methods) < 2 or invoicing not in methods:
            problem = request.env._("Invoices come: choose one of the list.")
            return self._render_preferences(problem=problem, status=400)
        companies = self._find_own_subscriptions().company_id | request.env.company
        partner = request.env.user.partner_id.sudo()
        partner._choose_invoicing_method(invoicing, companies)
        return self._return_to_preferences("invoicing")

    @route(f"{URL}/address", **ROUTE)
    def choose_address(self, address_id=None, **_others):
        """Have what is invoiced from now on made out to another address."""
        address = self._get_billing_addresses().filtered(
            lambda each: str(each.id) == address_id
        )
        if not address:
            problem = request.env._("Invoices are made out to: choose one of the list.")
            return self._render_preferences(problem=problem, status=400)
        try:
            with request.env.cr.savepoint():
                self._find_own_subscriptions()._invoice_to(address)
        except UserError as error:
            return self._render_preferences(problem=str(error), status=400)
        return self._return_to_preferences("address")

    @route(f"{URL}/contacts/add", **ROUTE)
    def add_contact(self, contact_name="", contact_email="", **_others):
        """Send invoices to one more contact."""
        name, email = (
            str(text).replace("\0", "").strip()
            for text in (contact_name, contact_email)
        )
        try:
            with request.env.cr.savepoint():
                request.env.user.partner_id._add_invoice_contact(name, email)
        except UserError as error:
            return self._render_preferences(
                problem=str(error),
                typed={"contact_name": name, "contact_email": email},
                status=400,
            )
        return self._return_to_preferences("contact_added")

    @route(f"{URL}/contacts/<int:contact_id>/remove", **ROUTE)
    def remove_contact(self, contact_id, **_others):
        """Send a contact no more invoices."""
        partner = request.env.user.partner_id
        contact = partner._get_invoice_contacts().filtered(
            lambda each: 0 < contact_id <= MAX_ID and each.id == contact_id
        )
        if not contact:
            return self._return_to_preferences("contact_gone")
        partner._remove_invoice_contact(contact)
        return self._return_to_preferences("contact_removed")

    # === HELPERS === #

    def _get_preference_texts(self):
        env = request.env
        return {
            **super()._get_preference_texts(),
            "invoicing": env._("Your invoices come as you have chosen."),
            "contact_added": env._(
                "Your invoices are sent to the new contact as well."
            ),
            "address": env._("Your next invoices are made out to this address."),
            "contact_removed": env._("Your invoices are not sent there any more."),
            "contact_gone": env._("Your invoices are not sent there any more."),
        }

    def _prepare_preferences(self):
        """Add how invoices come, and who gets them."""
        partner = request.env.user.partner_id
        return {
            **super()._prepare_preferences(),
            "invoicing_methods": self._get_invoicing_methods(),
            "invoicing": partner.sudo()._get_invoicing_method(),
            "contacts": partner._get_invoice_contacts(),
            "addresses": self._get_billing_addresses(),
            "invoiced": self._find_own_subscriptions()._get_invoiced_to(),
        }

    def _get_billing_addresses(self):
        """Return the addresses that core offers to this customer for invoices."""
        partner = request.env.user.partner_id.sudo()
        return self._prepare_address_data(partner)["billing_addresses"]

    def _get_invoicing_methods(self):
        """Return the ways in which invoices are sent here, as core's page of the
        account offers them: by post where that is set up.

        :rtype: dict[str, str]
        """
        values = self._prepare_my_account_rendering_values()
        return values.get("invoice_sending_methods") or {}
