from odoo import fields, models
from odoo.exceptions import UserError


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
        # Who only looks, as an auditor does, sends none.
        if letters.case_id.has_access("write"):
            letters.sudo().is_to_print = False
        report = "subscription_billing_dunning.action_report_dunning_letter"
        return self.env.ref(report).report_action(letters, config=False)
