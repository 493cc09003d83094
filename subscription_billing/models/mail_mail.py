from odoo import models


class MailMail(models.Model):
    """The mail queue tells the notices what has become of their e-mails."""

    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Take the row of the e-mail before it goes out.

        A conflict with another transaction after that would roll back what is known of
        it, and send it a second time.
        """
        if self._is_about_subscription():
            self.flush_recordset()
        return super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        """Keep the proof before core deletes the e-mails that are done with.

        Core calls this when an e-mail is out or has failed, in the transaction that
        says so. Who changes a notice takes the row of its e-mail first, as here.
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
        if mails := self.filtered(lambda mail: mail._is_about_subscription()):
            self.env["subscription.notice"].sudo()._follow_mails(mails.sudo())

    def _is_about_subscription(self):
        """Return whether the e-mail belongs to a subscription, as a notice does."""
        return self.model == "subscription.subscription"
