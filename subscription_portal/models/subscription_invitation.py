from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import hash_sign, verify_hash_signed

from odoo.addons.subscription_billing.models.batch import trigger_cron

KINDS = [("payment", "Automatic Payment"), ("account", "Portal Account")]
#: for how many days the links are good; who has one of an account chooses its password
LINK_DAYS = {"payment": 60, "account": 7}
SEND_CRON = "subscription_portal.ir_cron_send_invitations"
URL = "/subscriptions/invitation"


class SubscriptionInvitation(models.Model):
    """A customer who was asked to pay automatically, or to use the portal: when they
    were asked, whether they followed the link, and whether they have done it."""

    _name = "subscription.invitation"
    _description = "Invitation"
    _order = "id desc"
    _rec_name = "partner_id"

    # === FIELDS === #

    kind = fields.Selection(selection=KINDS, required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    subscription_id = fields.Many2one(
        "subscription.subscription",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The subscription to be paid automatically.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Invited By",
        readonly=True,
        default=lambda self: self.env.user,
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("sent", "Sent"),
            ("opened", "Opened"),
            ("done", "Done"),
            ("failed", "Not Sent"),
        ],
        string="Status",
        compute="_compute_state",
        store=True,
        index=True,
    )
    is_due = fields.Boolean(
        string="To Be Sent",
        default=True,
        readonly=True,
        index=True,
        help="The e-mail is written within minutes.",
    )
    date_sent = fields.Datetime(string="Sent On", readonly=True)
    date_last_sent = fields.Datetime(string="Last Sent On", readonly=True)
    date_opened = fields.Datetime(
        string="Opened On",
        readonly=True,
        help="When the link of the e-mail was first followed.",
    )
    date_done = fields.Datetime(
        string="Done On",
        readonly=True,
        help="When automatic payment was set up, or when the customer logged in.",
    )
    sent_count = fields.Integer(string="E-mails", readonly=True)
    opened_rate = fields.Float(
        compute="_compute_state",
        store=True,
        aggregator="avg",
        help="How many of those who were asked followed the link.",
    )
    done_rate = fields.Float(
        compute="_compute_state",
        store=True,
        aggregator="avg",
        help="How many of those who were asked have done it.",
    )
    mail_mail_id = fields.Many2one(
        "mail.mail", string="Last E-mail", readonly=True, ondelete="set null"
    )
    mail_state = fields.Selection(related="mail_mail_id.state", string="Delivery")
    error = fields.Text(readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("date_sent", "date_opened", "date_done", "error")
    def _compute_state(self):
        for invitation in self:
            reached = {
                "done": invitation.date_done,
                "failed": invitation.error,
                "opened": invitation.date_opened,
                "sent": invitation.date_sent,
                "waiting": True,
            }
            invitation.state = next(name for name, is_so in reached.items() if is_so)
            is_done = bool(invitation.date_done)
            invitation.done_rate = float(is_done)
            invitation.opened_rate = float(is_done or bool(invitation.date_opened))

    # === ACTIONS === #

    def action_remind(self):
        """Send those another e-mail who have not done it, and can be asked again."""
        self.check_access("read")
        ready = self._filter_to_remind()
        ready.sudo().write({"is_due": True, "error": False})
        if ready:
            trigger_cron(self.env, SEND_CRON)
        left = len(self - ready)
        message = self.env._("%(count)s will be reminded.", count=len(ready))
        if left:
            message += " " + self.env._(
                "%(count)s will not: they have done it, were asked within the last "
                "%(days)s days, or cannot be written to.",
                count=left,
                days=self.env.company.subscription_invitation_days,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success" if ready else "warning",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS METHODS: ASKING === #

    @api.model
    def _invite(self, kind, partners):
        """Ask customers, and return the invitations; who cannot be asked is left out.

        :param str kind: a key of ``KINDS``
        :param partners: ``res.partner``
        :raises UserError: nobody can be asked
        """
        obstacles = self._find_obstacles(kind, partners)
        asked = partners.filtered(lambda partner: partner not in obstacles)
        if not asked:
            raise UserError(self.env._("There is nobody to invite."))
        subscriptions = self._find_to_enrol(asked) if kind == "payment" else {}
        company = self.env.company
        invitations = self.sudo().create(
            [
                {
                    "kind": kind,
                    "partner_id": partner.id,
                    "subscription_id": subscriptions[partner].id
                    if subscriptions
                    else False,
                    "company_id": subscriptions[partner].company_id.id
                    if subscriptions
                    else company.id,
                }
                for partner in asked
            ]
        )
        trigger_cron(self.env, SEND_CRON)
        return invitations

    def _filter_to_remind(self):
        """Return those who can be asked again."""
        ready = self.browse()
        open_ones = self.filtered(lambda each: each.state != "done" and not each.is_due)
        for kind, group in open_ones.grouped("kind").items():
            obstacles = self._find_obstacles(kind, group.partner_id)
            ready |= group.filtered(lambda each, o=obstacles: each.partner_id not in o)
        return ready

    @api.model
    def _mark_done(self, kind, partners):
        """Keep that customers have done what they were asked for.

        :param str kind: a key of ``KINDS``
        :param partners: ``res.partner``
        """
        done = self.search(
            [
                ("kind", "=", kind),
                ("partner_id", "in", partners.ids),
                ("date_done", "=", False),
            ]
        )
        if done:
            done.write({"date_done": fields.Datetime.now(), "is_due": False})

    # === BUSINESS METHODS: LINKS === #

    def _get_url(self):
        """Return the address of the e-mail's link, which holds a secret."""
        self.ensure_one()
        token = hash_sign(
            self.sudo().env,
            self._name,
            [self.id],
            expiration=timedelta(days=LINK_DAYS[self.kind]),
        )
        return f"{self.get_base_url()}{URL}/{token}"

    @api.model
    def _read_link(self, token):
        """Return the invitation of a link that is still good, else none.

        :param str token: whatever somebody has sent
        """
        try:
            values = verify_hash_signed(self.sudo().env, self._name, token)
        except (ValueError, OverflowError):
            values = None
        return self.browse(values and values[0]).exists()

    def _open(self):
        """Keep that the customer has followed the link; return where it leads.

        :rtype: str
        """
        self.ensure_one()
        if not self.date_opened:
            self.date_opened = fields.Datetime.now()
        if self.kind == "payment":
            return self._get_payment_path()
        return self._get_account_path()

    def _get_payment_path(self):
        """Return where the customer sets up automatic payment: while paying what is
        open, or by saving a method."""
        self.ensure_one()
        subscription = self.subscription_id
        is_payable = bool(subscription._get_portal_owed()._filter_portal_payable())
        return subscription.get_portal_url(
            suffix="/pay" if is_payable else "/automatic"
        )

    def _get_account_path(self):
        """Return where the customer chooses a password, or logs in with one."""
        self.ensure_one()
        partner = self.partner_id
        users = partner.with_context(active_test=False).user_ids
        is_strange = users.filtered(lambda user: not user.share or not user.active)
        if is_strange or users.filtered("login_date"):
            return "/web/login?redirect=/my/subscriptions"
        partner.signup_prepare()
        signing_up = partner.with_context(relative_url=True)
        return signing_up._get_signup_url_for_action(url="/my/subscriptions")[
            partner.id
        ]
