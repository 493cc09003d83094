from odoo import api, fields, models
from odoo.tools import escape_psql
from odoo.tools.mail import email_normalize, email_normalize_all

from odoo.addons.subscription_billing.models.batch import trigger_cron
from odoo.addons.subscription_billing.tools.clock import local_date

KINDS = [
    ("ordinary", "Ordinary Cancellation"),
    ("extraordinary", "Extraordinary Cancellation"),
    ("withdrawal", "Withdrawal"),
]
#: in these there is something left to do
OPEN_STATES = ("received", "confirmed")
#: how long requests are kept that belong to no subscription
NO_MATCH_DAYS = 90
ANSWER_CRON = "subscription_portal.ir_cron_answer_cancellation_requests"


class SubscriptionCancellationRequest(models.Model):
    """What somebody declared on the public page, without a login: that a contract ends.

    A declaration holds from the moment on which it has arrived, and whoever knows a
    number and an e-mail address can make it. It is therefore kept at once, with its
    words and its time, and carried out when the customer confirms it by the link of an
    e-mail, or when a person has looked at it.
    """

    _name = "subscription.cancellation.request"
    _description = "Cancellation Request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_received desc, id desc"
    _rec_name = "contract_number"

    # === FIELDS: WHAT WAS DECLARED === #

    kind = fields.Selection(selection=KINDS, required=True, readonly=True)
    date_received = fields.Datetime(
        string="Received On",
        required=True,
        readonly=True,
        default=fields.Datetime.now,
        help="It holds from then on: notice is counted from this day.",
    )
    customer_name = fields.Char(string="Name", required=True, readonly=True)
    contract_number = fields.Char(required=True, readonly=True)
    email = fields.Char(string="E-mail", required=True, readonly=True)
    date_wished = fields.Date(
        string="Wished Last Day",
        readonly=True,
        help="Empty: as soon as possible.",
    )
    reason = fields.Text(readonly=True, help="In the customer's words.")
    form_key = fields.Char(
        readonly=True,
        copy=False,
        help="Made with the form, so that one that is sent twice counts once.",
    )

    # === FIELDS: WHAT BECAME OF IT === #

    state = fields.Selection(
        selection=[
            ("no_match", "No Match"),
            ("received", "Received"),
            ("confirmed", "Confirmed by the Customer"),
            ("done", "Carried Out"),
            ("refused", "Refused"),
        ],
        string="Status",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        help="No Match: the contract number and the e-mail address belong to no "
        "subscription, or not to the same one.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    subscription_id = fields.Many2one(
        "subscription.subscription",
        index="btree_not_null",
        ondelete="cascade",
        copy=False,
        help="For a request without a match, choose the one that is meant.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        copy=False,
        help="Who gets the confirmation, at the address that is on file.",
    )
    date_end = fields.Date(
        string="Last Day",
        readonly=True,
        copy=False,
        help="What notice and commitment allow, counted from the day on which the "
        "request arrived.",
    )
    date_answered = fields.Datetime(string="Answered On", readonly=True, copy=False)
    date_confirmed = fields.Datetime(
        string="Confirmed On",
        readonly=True,
        copy=False,
        help="When the customer confirmed it by the link of the e-mail.",
    )
    date_decided = fields.Datetime(string="Decided On", readonly=True, copy=False)
    change_id = fields.Many2one(
        "subscription.change",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="What ends the subscription.",
    )
    refusal = fields.Text(
        string="Reason for Refusal",
        copy=False,
        help="The customer gets it in an e-mail when the request is refused.",
    )

    _form_key_unique = models.UniqueIndex(
        "(form_key) WHERE form_key IS NOT NULL", "This form was sent already."
    )

    # === CRUD METHODS === #

    @api.autovacuum
    def _gc_no_match(self):
        """Forget what belonged to nobody, and nobody has taken up."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=NO_MATCH_DAYS)
        self.search(
            [("state", "=", "no_match"), ("date_received", "<", limit)]
        ).unlink()

    # === BUSINESS METHODS: RECEIVING === #

    @api.model
    def _receive(self, declared, company):
        """Keep what somebody has declared, and find the subscription that is meant.

        Nothing more is done here, so that it takes as long with wrong data as with
        right: whoever tries learns nothing.

        :param dict declared: values of the fields that were filled in
        :param company: the ``res.company`` of the page
        """
        known = self.search([("form_key", "=", declared["form_key"])], limit=1)
        if known:
            return known
        subscription, partner = self._find_declared(
            declared["contract_number"], declared["email"]
        )
        request = self.create(
            {
                **declared,
                "subscription_id": subscription.id,
                "partner_id": partner.id,
                "company_id": (subscription.company_id or company).id,
                "state": "received" if subscription else "no_match",
            }
        )
        trigger_cron(self.env, ANSWER_CRON)
        return request

    @api.model
    def _find_declared(self, number, email):
        """Return the subscription of a number and of an e-mail address that is on file
        for it, and whose address it is; nothing if several are meant.

        :return: the subscription, and the ``res.partner``
        """
        Subscription = self.env["subscription.subscription"]
        wanted = email_normalize(email)
        owners = {}
        for subscription in Subscription.search(
            [
                ("name", "=ilike", escape_psql(number)),
                ("state", "!=", "draft"),
                ("company_id.is_subscription_cancel_page", "=", True),
            ]
        ):
            for partner in subscription._get_declaring_partners():
                if wanted and wanted in email_normalize_all(partner.email):
                    owners.setdefault(subscription, partner)
        running = [each for each in owners if each.state != "closed"]
        meant = running or list(owners)
        if len(meant) != 1:
            return Subscription, self.env["res.partner"]
        return meant[0], owners[meant[0]]

    # === BUSINESS METHODS: DATES === #

    def _get_day_received(self):
        """Return the day on which it arrived, where the company is.

        :rtype: datetime.date
        """
        self.ensure_one()
        tz = self.company_id.subscription_tz or "UTC"
        return local_date(
            fields.Datetime.context_timestamp(self, self.date_received), tz
        )

    def _get_last_day(self):
        """Return the last day that the declaration asks for and the agreement allows,
        None where a person has to tell.

        :rtype: datetime.date | None
        """
        self.ensure_one()
        if self.kind == "ordinary":
            subscription = self.subscription_id._as_of(self._get_day_received())
            last = fields.Date.subtract(subscription._get_portal_end(), days=1)
            return max(filter(None, (last, self.date_wished)))
        return self.date_wished or None

    def _is_in_time(self):
        """Return whether a withdrawal arrived before its time was over."""
        self.ensure_one()
        last = self.subscription_id._get_last_day_to_withdraw()
        return bool(last) and self._get_day_received() <= last
