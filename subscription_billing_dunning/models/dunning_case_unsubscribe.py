from odoo import api, fields, models


class DunningCase(models.Model):
    """Customers who want no reminders by e-mail or text message."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _apply_step(self, step, actions):
        """Spare those reminders who do not want them; write down why."""
        spared = self.browse()
        if step._is_reminder():
            spared = self.filtered("partner_id.is_reminder_off")
            actions.filtered(lambda each: each.case_id in spared)._pass_over(
                self.env._("The customer wants no payment reminders.")
            )
        told = self - spared
        mine = actions.filtered(lambda each: each.case_id in told)
        return super(DunningCase, told)._apply_step(step, mine) if told else None

    def _apply_email(self, step, actions):
        """Let e-mails that may be refused say so."""
        reminder = step.with_context(dunning_reminder=step._is_reminder())
        return super()._apply_email(reminder, actions)

    def _queue_mails(self, template):
        """Tell mail programs how to end reminders; the layout tells their readers."""
        mails = super()._queue_mails(template)
        if template.env.context.get("dunning_reminder"):
            for case, mail in zip(self, mails, strict=True):
                mail.headers = repr(case._prepare_unsubscribe_headers())
        return mails

    def _prepare_unsubscribe_headers(self):
        """Return the headers of RFC 8058: mail programs end reminders by one click."""
        self.ensure_one()
        return {
            "List-Unsubscribe": f"<{self._get_unsubscribe_url()}/off>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def _get_unsubscribe_url(self):
        """Return where the customer ends reminders, without a login."""
        self.ensure_one()
        return f"{self.get_base_url()}{self._get_link('reminders')}"

    def _switch_reminders(self, *, is_wanted):
        """Send the customer reminders or not, as the customer has said."""
        self.ensure_one()
        partner = self.partner_id
        if partner.is_reminder_off != is_wanted:
            return
        partner.is_reminder_off = not is_wanted
        partner._message_log(
            body=self.env._("The customer wants payment reminders again.")
            if is_wanted
            else self.env._(
                "The customer wants no payment reminders: by the link in %(case)s.",
                case=self._get_html_link(),
            )
        )


class ResPartner(models.Model):
    """Whether a customer wants reminders."""

    _inherit = "res.partner"

    # === FIELDS === #

    is_reminder_off = fields.Boolean(
        string="No Payment Reminders",
        tracking=True,
        help="This customer gets no reminders by e-mail or text message; legal notices "
        "are sent. Customers choose it with a link in the reminders.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_notice_switches(self):
        """Let customers do without reminders wherever they choose their e-mails."""
        return super()._get_notice_switches() | {
            "is_reminder_off": self.env._("Reminders of payments that are overdue")
        }

    def _get_notice_owner(self, switch):
        """Remind a company, not a person in it."""
        if switch == "is_reminder_off":
            return self.commercial_partner_id
        return super()._get_notice_owner(switch)
