from markupsafe import Markup
from odoo import models
from odoo.exceptions import UserError


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
                    "letter_lang": case._get_contact().lang,
                    "is_to_print": True,
                }
            )
            body = Markup("<strong>{}</strong>{}").format(
                subjects[case.id], bodies[case.id]
            )
            by_case[case].sudo().mail_message_id = case._message_log(body=body)
