from markupsafe import Markup
from odoo import fields, models
from odoo.exceptions import UserError


class DunningStep(models.Model):
    """What a step sends as a text message, or prints."""

    _inherit = "dunning.step"

    # === FIELDS === #

    action = fields.Selection(
        selection_add=[("sms", "Text Message"), ("letter", "Letter"), ("suspend",)],
        ondelete={"sms": "cascade", "letter": "cascade"},
    )
    sms_template_id = fields.Many2one(
        "sms.template",
        string="Text Message Template",
        domain="[('model', '=', 'dunning.case')]",
        ondelete="restrict",
        help="A template for dunning cases.",
    )

    _sms_template_required = models.Constraint(
        "CHECK (action != 'sms' OR sms_template_id IS NOT NULL)",
        "Choose the Text Message Template that the step sends.",
    )
    _letter_template_required = models.Constraint(
        "CHECK (action != 'letter' OR template_id IS NOT NULL)",
        "Choose the E-mail Template whose text the letter has.",
    )


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


class DunningAction(models.Model):
    """A letter that is printed, with others or alone."""

    _inherit = "dunning.action"

    # === FIELDS === #

    letter_subject = fields.Char(readonly=True)
    letter_body = fields.Html(sanitize=False, readonly=True)
    letter_lang = fields.Char(readonly=True)
    is_to_print = fields.Boolean(
        string="To Print", readonly=True, help="This letter was not printed yet."
    )

    _to_print_index = models.Index("(company_id, id) WHERE is_to_print IS TRUE")

    # === ACTIONS === #

    def action_print(self):
        """Print these letters in one document, and note that they are printed.

        :raises UserError: there is no letter among them
        """
        self.check_access("read")
        letters = self.filtered("letter_body")
        if not letters:
            raise UserError(self.env._("Only letters can be printed."))
        letters.sudo().is_to_print = False
        report = "subscription_billing_dunning.action_report_dunning_letter"
        return self.env.ref(report).report_action(letters)
