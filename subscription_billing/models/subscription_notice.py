from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.clock import local_date
from ..tools.notices import is_late
from .once import insert_once
from .subscription_notice_rule import KINDS

#: what becomes of a notice when its e-mail is in a state
MAIL_STATES = {
    "outgoing": "queued",
    "sent": "sent",
    "received": "sent",
    "exception": "failed",
    "cancel": "cancelled",
}


class SubscriptionNotice(models.Model):
    """The proof: what a customer was told, when, and in which words.

    A row is written once for each event, by ``_create_once``; the scheduled action then
    writes the e-mail. The row follows the e-mail until it is sent, and is not changed
    after that, whatever becomes of the e-mail.

    What it says is in ``subscription_notice_content``.
    """

    _name = "subscription.notice"
    _description = "Notice"
    _order = "id desc"

    # === FIELDS: THE EVENT === #

    subscription_id = fields.Many2one(
        "subscription.subscription",
        required=True,
        ondelete="restrict",
        readonly=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True
    )
    kind = fields.Selection(selection=KINDS, required=True, readonly=True)
    rule_id = fields.Many2one(
        "subscription.notice.rule",
        required=True,
        ondelete="restrict",
        index=True,
        readonly=True,
    )
    key = fields.Char(
        string="Event",
        required=True,
        readonly=True,
        help="What tells one event of a kind from another: its day, or its record.",
    )
    date_event = fields.Date(
        string="Event On",
        required=True,
        readonly=True,
        help="The day that the notice is about.",
    )
    date_due = fields.Date(
        string="Due On", readonly=True, help="The day from which it could be sent."
    )
    date_latest = fields.Date(
        string="In Time Until",
        readonly=True,
        help="The last day on which it comes early enough; empty when any day is.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    details = fields.Json(
        readonly=True, help="What the event changes, for the text of the notice."
    )

    # === FIELDS: THE MESSAGE === #

    channel = fields.Selection(
        selection=[("email", "E-mail")], default="email", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Recipient", index="btree_not_null", readonly=True
    )
    partner_name = fields.Char(string="Sent To", readonly=True)
    email = fields.Char(string="E-mail", readonly=True)
    lang = fields.Char(string="Language", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Html(sanitize=False, readonly=True, help="The message as sent.")
    message_id = fields.Char(
        string="Message-Id",
        readonly=True,
        help="The number under which mail servers have logged the message.",
    )
    mail_mail_id = fields.Many2one(
        "mail.mail",
        string="Outgoing E-mail",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    mail_message_id = fields.Many2one(
        "mail.message", string="Message", ondelete="set null", readonly=True
    )

    # === FIELDS: WHAT BECAME OF IT === #

    state = fields.Selection(
        selection=[
            ("queued", "Queued"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="queued",
        required=True,
        readonly=True,
    )
    date_queued = fields.Datetime(
        string="Queued At", readonly=True, help="When the e-mail was written."
    )
    date_sent = fields.Datetime(
        string="Sent At", readonly=True, help="When the mail server took the e-mail."
    )
    is_late = fields.Boolean(
        string="Late", readonly=True, help="Sent with too few days left to the event."
    )
    failure_reason = fields.Text(readonly=True)

    _once_per_event = models.UniqueIndex(
        "(subscription_id, kind, key)", "The customer has been told of this already."
    )
    _queued_index = models.Index("(company_id, id) WHERE state = 'queued'")
    _failed_index = models.Index("(company_id, id) WHERE state = 'failed'")

    # === COMPUTE METHODS === #

    @api.depends("kind", "subscription_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for notice in self:
            parts = [kinds.get(notice.kind), notice.subscription_id.name]
            notice.display_name = ", ".join(filter(None, parts))

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what has been sent as it was sent."""
        if any(notice.state == "sent" for notice in self):
            raise UserError(
                self.env._("A notice that was sent is a proof and cannot be changed.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("Notices are proofs and cannot be deleted."))

    # === ACTIONS === #

    def action_send_again(self):
        """Write the e-mail anew, with today's address, and queue it."""
        self.subscription_id.check_access("write")
        unsent = self.filtered(lambda notice: notice.state in ("failed", "cancelled"))
        if not unsent:
            raise UserError(
                self.env._("Only a notice that failed or was cancelled is sent again.")
            )
        unsent = unsent.sudo()
        unsent._withdraw_mail()
        unsent._reset()
        for company, notices in unsent.grouped("company_id").items():
            notifier = self.env["subscription.notifier"].sudo()._in_company(company)
            notifier._write_notices(notices.with_env(notifier.env))

    def action_cancel(self):
        """Give up notices that are not sent yet, such as when the customer was called.

        The event stays told of: no other notice of it is sent.
        """
        self.subscription_id.check_access("write")
        unsent = self.filtered(lambda notice: notice.state in ("queued", "failed"))
        if not unsent:
            raise UserError(
                self.env._("Only a notice that is queued or failed can be cancelled.")
            )
        unsent.sudo()._withdraw_mail()
        unsent.sudo()._cancel(
            self.env._("Cancelled by %(user)s.", user=self.env.user.name)
        )

    def action_view_subscription(self):
        """Open the subscription, in whose conversation the message stands."""
        self.ensure_one()
        return self.subscription_id._get_records_action()

    # === BUSINESS METHODS: ONCE === #

    @api.model
    def _create_once(self, vals_list):
        """Create the notices that are not there yet; return these.

        The database decides, since a search does not see what another transaction is
        about to commit. A conflict with one is raised for the caller to start over.

        :param list[dict] vals_list: values with the same fields each
        """
        notices = insert_once(self, vals_list)
        self.env["subscription.subscription"].invalidate_model(
            ["notice_ids"], flush=False
        )
        return notices

    # === BUSINESS METHODS: THE E-MAIL === #

    def _link_mail(self, mail):
        """Keep the e-mail that has been written, and its words."""
        self.ensure_one()
        self.write(
            {
                "mail_mail_id": mail.id,
                "mail_message_id": mail.mail_message_id.id,
                "date_queued": fields.Datetime.now(),
                **self._prepare_message_vals(mail),
            }
        )

    def _prepare_message_vals(self, mail):
        """Return what to keep of an e-mail: to whom, and in which words."""
        addresses = [mail.email_to, *mail.recipient_ids.mapped("email"), mail.email_cc]
        return {
            "email": ", ".join(filter(None, addresses)),
            "subject": mail.subject,
            "body": mail.body_html,
            "message_id": mail.message_id,
        }

    @api.model
    def _follow_mails(self, mails):
        """Write down what has become of e-mails that carry notices.

        Called within the transaction in which the mail queue knows it.
        """
        notices = self.search(
            [("mail_mail_id", "in", mails.ids), ("state", "!=", "sent")]
        )
        for notice in notices:
            state = MAIL_STATES[notice.mail_mail_id.state]
            notice.write(notice._prepare_state_vals(state))
            if state == "failed":
                notice.subscription_id._ask_to_mend_notice(notice.failure_reason)

    def _prepare_state_vals(self, state):
        """Return the values that tell the state of the e-mail."""
        self.ensure_one()
        mail = self.mail_mail_id
        if state == "sent":
            return {
                "state": state,
                "date_sent": fields.Datetime.now(),
                "is_late": is_late(
                    self.date_latest or None,
                    self.company_id._get_subscription_today(),
                ),
                "failure_reason": False,
                **self._prepare_message_vals(mail),
            }
        reason = mail.failure_reason or self.env._("The mail server gave no reason.")
        return {
            "state": state,
            "failure_reason": reason if state == "failed" else False,
        }

    def _get_day_sent(self):
        """Return the company's day on which the customer was told, if it was.

        :rtype: datetime.date | None
        """
        if self.state != "sent":
            return None
        sent = self.date_sent.replace(tzinfo=timezone.utc)
        return local_date(sent, self.company_id.subscription_tz or "UTC")

    def _put_off(self, date_event, date_latest):
        """Move the event of notices that are not sent to a later day.

        E-mails that were written of the old day are written anew.
        """
        unsent = self.filtered(lambda notice: notice.state != "sent")
        unsent.write({"date_event": date_event, "date_latest": date_latest})
        queued = unsent.filtered("mail_mail_id").filtered(
            lambda notice: notice.state == "queued"
        )
        if queued:
            queued._withdraw_mail()
            queued._reset()
            self.env["subscription.notifier"]._trigger_cron()

    def _withdraw_mail(self):
        """Keep the e-mails of unsent notices from being sent after all."""
        mails = self.mail_mail_id
        # First, and refused while the mail queue is sending them.
        mails.lock_for_update()
        self.write({"mail_mail_id": False, "mail_message_id": False})
        mails.cancel()

    def _reset(self):
        """Put notices back to where their e-mail is still to be written."""
        self.write({"state": "queued", "date_queued": False, "failure_reason": False})
        self.subscription_id._forget_failed_notices()

    def _fail(self, reason):
        """Keep why a notice cannot be sent, and ask a person to mend it."""
        self.write({"state": "failed", "failure_reason": reason})
        for notice in self:
            notice.subscription_id._ask_to_mend_notice(reason)

    def _cancel(self, reason):
        """Give notices up, with the reason."""
        self.write({"state": "cancelled", "failure_reason": reason})
        self.subscription_id._forget_failed_notices()
