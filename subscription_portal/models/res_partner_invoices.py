from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

#: how many contacts a customer names who get invoices
MOST_CONTACTS = 10


class ResPartner(models.Model):
    """Who gets a customer's invoices, and how they come.

    A contact of the type Invoice would be another address to invoice; who gets a copy
    is none.
    """

    _inherit = "res.partner"

    # === FIELDS === #

    is_invoice_copied = fields.Boolean(
        string="Gets Invoices",
        copy=False,
        tracking=True,
        help="Invoices, credit notes and receipts that are e-mailed to this company, "
        "or to anybody in it, are sent to this contact as well.",
    )

    # === BUSINESS METHODS: HOW === #

    def _get_invoicing_method(self):
        """Return how invoices are sent to this customer, as core reads it.

        :return: a key of ``invoice_sending_method``
        :rtype: str
        """
        self.ensure_one()
        return self.commercial_partner_id.invoice_sending_method or "email"

    def _choose_invoicing_method(self, method, companies):
        """Have invoices sent in another way.

        :param str method: a key of ``invoice_sending_method``
        :param companies: the ``res.company`` records whose invoices are meant
        """
        self.ensure_one()
        for company in companies:
            payer = self.commercial_partner_id.with_company(company)
            payer.invoice_sending_method = method

    def _get_portal_address(self):
        """Return the name and the address of this contact, on one line."""
        self.ensure_one()
        lines = self._display_address(without_company=True).splitlines()
        return ", ".join(filter(None, map(str.strip, (self.name or "", *lines))))

    # === BUSINESS METHODS: WHO === #

    def _get_invoice_contacts(self):
        """Return who gets the invoices of this customer besides the one addressed."""
        family = self.commercial_partner_id
        return self.sudo().search(
            [("id", "child_of", family.ids), ("is_invoice_copied", "=", True)],
            order="name, id",
        )

    def _add_invoice_contact(self, name, email):
        """Send the invoices of this customer to one more contact.

        Somebody who is known already is not created anew.

        :param str name: what the contact is called
        :param str email: its one address
        :raises UserError: with the field that is wrong
        """
        self.ensure_one()
        address = self._check_invoice_contact(name, email)
        family = self.sudo().commercial_partner_id
        contact = self.sudo().search(
            [("id", "child_of", family.ids), ("email_normalized", "=", address)],
            limit=1,
        )
        if contact.is_invoice_copied:
            raise UserError(self.env._("Email: your invoices are sent there already."))
        if len(self._get_invoice_contacts()) >= MOST_CONTACTS:
            raise UserError(
                self.env._(
                    "Your invoices are sent to %(count)s contacts: remove one first.",
                    count=MOST_CONTACTS,
                )
            )
        if contact:
            contact.is_invoice_copied = True
            return contact
        return contact.create(
            {
                "name": name,
                "email": address,
                "parent_id": family.id,
                "type": "contact",
                "lang": self.lang,
                "is_invoice_copied": True,
            }
        )

    def _check_invoice_contact(self, name, email):
        """Return the address of a contact, normalized.

        :raises UserError: with the field that is wrong
        """
        if not name or len(name) > 100:
            raise UserError(self.env._("Name: enter 1 to 100 characters."))
        address = len(email) <= 254 and email_normalize(email)
        if not address:
            raise UserError(
                self.env._("Email: enter one address, such as name@example.com.")
            )
        return address

    def _remove_invoice_contact(self, contact):
        """Send a contact no more invoices; one that was named for it alone, in the
        portal, is archived."""
        contact = contact.sudo()
        contact.is_invoice_copied = False
        is_ours = contact.create_uid.share and not contact.user_ids
        if is_ours and contact != self.commercial_partner_id:
            contact.active = False
