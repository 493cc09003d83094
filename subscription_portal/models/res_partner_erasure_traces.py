import re

from markupsafe import Markup, escape
from odoo import models
from odoo.fields import Domain

#: what core copies to each payment
PAYMENT_FIELDS = (
    "partner_email",
    "partner_address",
    "partner_zip",
    "partner_city",
    "partner_phone",
)
#: the documents whose messages go on without the names
TALKED_ABOUT = ("subscription.subscription", "subscription.cancellation.request")


class ResPartner(models.Model):
    """What is erased of a person outside the contact: notes, messages and copies."""

    _inherit = "res.partner"

    # === BUSINESS METHODS: DOCUMENTS === #

    def _erase_documents(self):
        """Erase what documents tell of these people besides that it was them.

        Addons that keep more extend this.
        """
        self._find_documents_to_erase("payment.token").filtered("active").active = False
        self._find_documents_to_erase("payment.transaction").write(
            {
                "partner_name": self.env._("Erased"),
                **dict.fromkeys(PAYMENT_FIELDS, False),
            }
        )
        self._find_documents_to_erase("subscription.cancellation").note = False
        erased = self.env._("Erased")
        self._find_documents_to_erase("subscription.cancellation.request").write(
            {"customer_name": erased, "email": erased, "reason": False}
        )
        subscriptions = self._find_documents_to_erase("subscription.subscription")
        subscriptions.write(
            {"note": False, "close_note": False, "client_order_ref": False}
        )
        subscriptions.change_ids.filtered("note").note = False

    # === BUSINESS METHODS: MESSAGES === #

    def _erase_messages(self, words):
        """Remove the messages about the contacts, and names from those about their
        documents.

        :param list[str] words: what tells who they are
        """
        Message = self.env["mail.message"]
        Message.search(
            [("model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()
        self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()
        self.env["mail.followers"].search([("partner_id", "in", self.ids)]).unlink()
        Message.search([("author_id", "in", self.ids)]).email_from = False
        messages = Message.search(
            Domain.OR(
                Domain("model", "=", model)
                & Domain("res_id", "in", self._find_documents_to_erase(model).ids)
                for model in TALKED_ABOUT
            )
        )
        for message in messages:
            body = self._erase_words(message.body, words)
            if body != message.body:
                message.body = body
        messages.tracking_value_ids.filtered(
            lambda value: {value.old_value_char, value.new_value_char} & set(words)
        ).unlink()

    def _erase_words(self, body, words):
        """Return a text with other words in place of those that tell who it was.

        :param markupsafe.Markup body: the text
        :param list[str] words: what tells who they are
        :rtype: markupsafe.Markup
        """
        text, erased = str(body), str(escape(self.env._("[erased]")))
        for word in words:
            whole = rf"(?<!\w){re.escape(str(escape(word)))}(?!\w)"
            text = re.sub(whole, lambda _found: erased, text)
        return Markup(text)
