from base64 import b64encode
from io import BytesIO

import qrcode
from markupsafe import Markup
from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date
from odoo.tools.image import image_data_uri


def draw_code(url):
    """Return a QR code that a phone opens a page with, as a data URI."""
    file = BytesIO()
    qrcode.make(url, box_size=4, border=0).save(file, format="PNG")
    return image_data_uri(b64encode(file.getvalue()))


class DunningCase(models.Model):
    """Text messages and letters."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS: TEXT MESSAGES === #

    def _apply_sms(self, step, actions):
        """Send the customers a text message, by core's queue."""
        by_case = actions.grouped("case_id")
        template = step.sms_template_id.sudo()
        bodies = template._render_field("body", self.ids, compute_lang=True)
        for case in self:
            contact = case._get_contact()
            if not contact.phone_sanitized:
                raise UserError(
                    self.env._(
                        "%(partner)s has no valid phone number. Enter one, then repeat "
                        "the step.",
                        partner=contact.display_name,
                    )
                )
            by_case[case].sudo().mail_message_id = case._message_sms(
                bodies[case.id], partner_ids=contact.ids, put_in_queue=True
            )

    # === BUSINESS METHODS: LETTERS === #

    def _apply_letter(self, step, actions):
        """Write letters, which a person prints: many at once."""
        by_case = actions.grouped("case_id")
        template = step.template_id.sudo()
        bodies = template._render_field("body_html", self.ids, compute_lang=True)
        subjects = template._render_field("subject", self.ids, compute_lang=True)
        for case in self:
            letter = by_case[case][:1].sudo()
            letter.write(
                {
                    "letter_subject": subjects[case.id],
                    "letter_body": bodies[case.id],
                    "letter_lang": case._get_contact().lang
                    or case.company_id.partner_id.lang,
                    "is_to_print": True,
                }
            )
            body = Markup("<strong>{}</strong>{}").format(
                subjects[case.id], bodies[case.id]
            )
            by_case[case].sudo().mail_message_id = case._message_log(body=body)

    def _render_ways_to_pay(self):
        """Return how to pay what is open, for paper: by transfer to the account that
        the invoices name, or on the page that a phone finds."""
        self.ensure_one()
        asked = self._get_asked()
        account = asked.partner_bank_id[:1]
        references = asked.mapped(lambda move: move.payment_reference or move.name)
        return self.env["ir.qweb"]._render(
            "subscription_billing_dunning.letter_ways_to_pay",
            {
                "account": account,
                "amount": self._format_amount(sum(asked.mapped("amount_residual"))),
                "bank": ", ".join(filter(None, (account.bank_name, account.bank_bic))),
                "company": self.company_id,
                "last_day": format_date(self.env, self._get_last_day("pay")),
                "reference": ", ".join(references),
                "code": draw_code(self._get_pay_url()),
            },
            minimal_qcontext=True,
        )
