import logging

from odoo import api, fields, models

from odoo.addons.subscription_billing.models.batch import (
    lock_first,
    run_isolated,
    trigger_cron,
)

from .subscription_invitation import SEND_CRON

_logger = logging.getLogger(__name__)

#: e-mails that are written in one go
CHUNK = 200
TEMPLATES = {
    "payment": "subscription_portal.mail_template_invitation_payment",
    "account": "subscription_portal.mail_template_invitation_account",
}


class SubscriptionInvitation(models.Model):
    """Writes the e-mails of invitations, some at a time, into core's queue."""

    _inherit = "subscription.invitation"

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_send(self):
        """Write the next e-mails, and come back while there are more."""
        due = lock_first(self, [("is_due", "=", True)], "id", CHUNK)
        run_isolated(due, self._write_mails, self._on_error)
        if len(due) == CHUNK:
            trigger_cron(self.env, SEND_CRON)
        if due:
            trigger_cron(self.env, "mail.ir_cron_mail_scheduler_action")

    # === BUSINESS METHODS === #

    @api.model
    def _write_mails(self, invitations):
        """Put the e-mails of some invitations into core's queue; all or nothing.

        :return: the invitations
        """
        now = fields.Datetime.now()
        for kind, group in invitations.grouped("kind").items():
            template = self.env.ref(TEMPLATES[kind])
            mails = template.send_mail_batch(group.ids, force_send=False)
            for invitation, mail in zip(group, mails, strict=True):
                invitation.write(
                    {
                        "mail_mail_id": mail.id,
                        "date_sent": invitation.date_sent or now,
                        "date_last_sent": now,
                        "sent_count": invitation.sent_count + 1,
                        "is_due": False,
                    }
                )
        return invitations

    @api.model
    def _on_error(self, invitation, message):
        """Keep why the e-mail of one customer could not be written."""
        _logger.warning("Invitation %s not written: %s", invitation.id, message)
        invitation.write({"is_due": False, "error": message})
