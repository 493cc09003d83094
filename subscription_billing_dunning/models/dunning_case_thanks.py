import logging

from odoo import models

from odoo.addons.subscription_billing.models.batch import run_isolated

from .dunning_fields import TOLD_ACTIONS

_logger = logging.getLogger(__name__)

THANKS = "subscription_billing_dunning.mail_template_dunning_thanks"


class DunningCase(models.Model):
    """A word of thanks when all is paid, and a question: how were the reminders?"""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _close(self):
        """Thank those who have paid after a reminder."""
        result = super()._close()
        template = self.env.ref(THANKS, raise_if_not_found=False)
        thanked = self.filtered(lambda case: case._is_to_be_thanked())
        if template and thanked:
            run_isolated(
                thanked, lambda cases: cases._thank(template), self._on_thanks_error
            )
        return result

    def _is_to_be_thanked(self):
        """Return whether this customer was late and reminded, has paid, and may be
        written."""
        self.ensure_one()
        return (
            self.policy_id.is_thanking
            and bool(self.date_opened)
            and bool(self._get_last_contact())
            and self.outcome == "paid"
            and not self.partner_id.is_reminder_off
            and self._has_email()
        )

    def _get_last_contact(self):
        """Return the last step of which the customer was told something."""
        self.ensure_one()
        told = self.action_ids.filtered(
            lambda each: each.action in TOLD_ACTIONS and each.state == "done"
        )
        return told.sorted("id")[-1:]

    def _thank(self, template):
        """Queue the e-mails; return these cases."""
        self._queue_mails(template)
        return self

    def _on_thanks_error(self, case, message):
        """Leave a case closed of which nobody could be thanked."""
        _logger.error("%s got no thanks: %s", case.display_name, message)

    def _get_feedback_url(self, answer):
        """Return where the customer gives an answer, without a login.

        :param str answer: as of ``dunning.feedback``
        """
        self.ensure_one()
        return f"{self.get_base_url()}{self._get_link('feedback')}?answer={answer}"
