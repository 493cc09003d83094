import logging

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list

from odoo.addons.subscription_billing.models.activity import MANAGERS

from .res_partner import ERASURE_ACTIVITY

_logger = logging.getLogger(__name__)

#: what is emptied; the name is replaced, and the country stays for the books
ERASED_FIELDS = (
    "email",
    "phone",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "vat",
    "company_registry",
    "company_name",
    "website",
    "function",
    "comment",
    "ref",
    "barcode",
    "tz",
    "user_id",
    "category_id",
    "image_1920",
    "is_invoice_copied",
)


class ResPartner(models.Model):
    """Personal data are erased: what the books and proofs need is kept, with nobody's
    name on the contact."""

    _inherit = "res.partner"

    # === FIELDS === #

    date_erased = fields.Datetime(
        string="Personal Data Erased On", readonly=True, copy=False
    )

    # === ACTIONS === #

    def action_erase_personal_data(self):
        """Ask for confirmation, and tell what is kept."""
        self.ensure_one()
        self._check_may_erase()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Erase Personal Data"),
            "res_model": "subscription.erasure",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _erase_personal_data(self):
        """Erase what is known of this person, and let the request be done.

        :raises AccessError: the user does not manage subscriptions
        :raises UserError: something still runs, with all that does
        """
        self.ensure_one()
        self._check_may_erase()
        if obstacles := self._get_erasure_obstacles():
            raise UserError("\n".join(obstacles))
        quiet = {"tracking_disable": True, "mail_notrack": True}
        people = self._get_people_to_erase().sudo().with_context(**quiet)
        names = people._get_erased_words()
        people._keep_invoices_as_they_are()
        people._erase_logins()
        people._erase_documents()
        people._erase_messages(names)
        people._erase_contacts()
        for person in people:
            person._log_erasure()
        _logger.info(
            "The personal data of contacts %s were erased by user %s.",
            people.ids,
            self.env.uid,
        )

    def _check_may_erase(self):
        """Refuse to erase to all but administrators of subscriptions.

        :raises AccessError: the user is none, or may not edit the contact
        """
        self.check_access("write")
        if not self.env.user.has_group(MANAGERS):
            raise AccessError(
                self.env._(
                    "Only an administrator of subscriptions erases personal data."
                )
            )

    def _get_people_to_erase(self):
        """Return the contacts that are meant: of a person all that is below, of a
        company its addresses, as its people are others."""
        self.ensure_one()
        everybody = self.with_context(active_test=False)
        family = everybody.search([("id", "child_of", self.ids)]).with_env(self.env)
        if not self.is_company:
            return family
        return self | family.filtered(lambda each: each.type != "contact")

    # === BUSINESS METHODS: WHAT STILL RUNS === #

    def _get_erasure_obstacles(self):
        """Return what has to come to its end first, a sentence for each thing.

        :rtype: list[str]
        """
        self.ensure_one()
        people = self._get_people_to_erase().sudo()
        texts = [
            people._tell_running_subscriptions(),
            people._tell_open_invoices(),
            people._tell_open_disputes(),
            people._tell_open_payments(),
            people._tell_colleagues(),
        ]
        return [text for text in texts if text]

    def _tell_running_subscriptions(self):
        """Return which subscriptions are not closed, or None."""
        running = self.env["subscription.subscription"].search(
            [
                ("state", "!=", "closed"),
                "|",
                ("partner_id", "in", self.ids),
                ("partner_invoice_id", "in", self.ids),
            ]
        )
        return running and self.env._(
            "These subscriptions are not closed: %(names)s.",
            names=format_list(self.env, running.mapped("name")),
        )

    def _tell_open_invoices(self):
        """Return which invoices and credit notes are drafts, or not paid, or None."""
        moves = self._find_documents_to_erase("account.move").filtered(
            lambda move: (
                move.is_invoice(include_receipts=True)
                and move.state != "cancel"
                and (
                    move.state == "draft"
                    or move.payment_state in ("not_paid", "partial")
                )
            )
        )
        return moves and self.env._(
            "These invoices are not settled: %(names)s.",
            names=format_list(self.env, [move.display_name for move in moves]),
        )

    def _tell_open_disputes(self):
        """Return which disputes are not decided, or None."""
        disputes = self._find_documents_to_erase("subscription.dispute").filtered(
            lambda dispute: not dispute.date_closed
        )
        return disputes and self.env._(
            "These disputes are not decided: %(names)s.",
            names=format_list(self.env, [each.display_name for each in disputes]),
        )

    def _tell_open_payments(self):
        """Return which payments are under way, or None."""
        payments = self._find_documents_to_erase("payment.transaction").filtered(
            lambda payment: payment.state in ("pending", "authorized")
        )
        return payments and self.env._(
            "These payments are under way: %(names)s.",
            names=format_list(self.env, payments.mapped("reference")),
        )

    def _tell_colleagues(self):
        """Return who works here, whose data are not the portal's, or None."""
        users = self.user_ids.filtered(lambda user: not user.share)
        return users and self.env._(
            "These users work here: %(names)s.",
            names=format_list(self.env, users.mapped("name")),
        )

    def _find_documents_to_erase(self, model):
        """Return the documents of these people, of all companies.

        :param str model: has a ``partner_id``
        """
        documents = self.env[model].with_context(active_test=False)
        return documents.search([("partner_id", "in", self.ids)])

    # === BUSINESS METHODS: ERASING THE PERSON === #

    def _get_erased_words(self):
        """Return the words that tell who these people are, the longest first.

        :rtype: list[str]
        """
        words = {
            word.strip()
            for person in self
            for word in (person.name, person.email, person.phone)
            if word and len(word.strip()) > 2
        }
        return sorted(words, key=len, reverse=True)

    def _keep_invoices_as_they_are(self):
        """Store the PDF of the invoices that have none yet: a later one would be of
        nobody."""
        moves = self._find_documents_to_erase("account.move").filtered(
            lambda move: (
                move.state == "posted"
                and move.is_sale_document()
                and not move.invoice_pdf_report_id
            )
        )
        for company_moves in moves.grouped("company_id").values():
            self.env["account.move.send"]._generate_and_send_invoices(
                company_moves, sending_methods=[], extra_edis=[]
            )

    def _erase_logins(self):
        """Take their logins from them, as core does for who deletes their account."""
        users = self.with_context(active_test=False).user_ids.with_env(self.env)
        if portal_users := users.filtered("share"):
            portal_users._deactivate_portal_user()

    def _erase_contacts(self):
        """Empty the contacts, and archive them."""
        self.env["res.partner.bank"].search(
            [("partner_id", "in", self.ids)]
        ).active = False
        self.activity_feedback([ERASURE_ACTIVITY])
        self.activity_ids.unlink()
        for person in self:
            person.write(
                {
                    "name": self.env._("Erased contact %(number)s", number=person.id),
                    **dict.fromkeys(ERASED_FIELDS, False),
                    "date_erased": fields.Datetime.now(),
                    "active": False,
                }
            )

    def _log_erasure(self):
        """Tell in the chatter that it was done and by whom, and no more."""
        self._message_log(
            body=self.env._(
                "Personal data were erased by %(user)s.", user=self.env.user.name
            )
        )
