from odoo import models


class MailMail(models.Model):
    """The mail queue tells the notices what has become of their e-mails."""

    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Keep the proof before core deletes the e-mails that are done with.

        Core calls this when an e-mail is out or has failed, in the transaction that
        says so. Its row is locked by then, and a notice is changed by nobody else.
        """
        self._tell_notices()
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )

    def cancel(self):
        result = super().cancel()
        self._tell_notices()
        return result

    def mark_outgoing(self):
        result = super().mark_outgoing()
        self._tell_notices()
        return result

    def _tell_notices(self):
        """Update the notices among these e-mails, most of which are none."""
        mails = self.filtered(lambda mail: mail.model == "subscription.subscription")
        if mails:
            self.env["subscription.notice"].sudo()._follow_mails(mails.sudo())
