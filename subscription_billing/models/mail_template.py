from odoo import models


class MailTemplate(models.Model):
    """Notices are written in the conversation about their subscription."""

    _inherit = "mail.template"

    def _generate_template_static_values(
        self, res_ids, render_fields, render_results=None
    ):
        """Let the e-mail of a notice, and replies to it, belong to its subscription.

        The notice itself is a proof and has no conversation.
        """
        results = super()._generate_template_static_values(
            res_ids, render_fields, render_results=render_results
        )
        if self.model != "subscription.notice":
            return results
        notices = self.env["subscription.notice"].browse(res_ids)
        replies_to = notices.subscription_id._notify_get_reply_to()
        for notice in notices:
            subscription = notice.subscription_id
            values = results[notice.id]
            values.update(
                model=subscription._name,
                res_id=subscription.id,
                author_id=notice.company_id.partner_id.id,
            )
            values["reply_to"] = (
                values.get("reply_to") or replies_to[subscription.id] or False
            )
        return results
