from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import hash_sign, verify_hash_signed

#: what a link opens, and where: it opens nothing else
PAGES = {
    "pay": "/subscription/overdue",
    "feedback": "/subscription/feedback",
    "reminders": "/subscription/reminders",
}
#: how long a customer waits for a second new link
LINK_PAUSE = timedelta(hours=1)
NEW_LINK = "subscription_billing_dunning.mail_template_dunning_link"


class DunningCase(models.Model):
    """Links that a customer follows without a login.

    Each names its case and its last day, and is signed for one of the pages.
    """

    _inherit = "dunning.case"

    # === FIELDS === #

    date_link_sent = fields.Datetime(
        string="New Link Sent On",
        readonly=True,
        help="When the customer was last sent a new link in place of one that had "
        "expired.",
    )

    # === BUSINESS METHODS: SIGNING === #

    def _get_link(self, page):
        """Return the path of a page about this case.

        :param str page: a key of ``PAGES``
        """
        self.ensure_one()
        token = hash_sign(
            self.sudo().env,
            f"dunning_{page}",
            [self.id, fields.Date.to_string(self._get_last_day(page))],
        )
        return f"{PAGES[page]}/{token}"

    def _get_last_day(self, page):
        """Return until when a link is good; only the one that pays ends, for it shows
        what is owed."""
        self.ensure_one()
        if page != "pay":
            return False
        company = self.company_id
        today = company._get_subscription_today()
        return fields.Date.add(today, days=company.dunning_link_days)

    @api.model
    def _read_link(self, page, token):
        """Return the case of a link, and whether the link is still good.

        :param str token: whatever somebody has sent
        :return: no case when we have not signed it for this page
        :rtype: tuple[dunning.case, bool]
        """
        try:
            values = verify_hash_signed(self.sudo().env, f"dunning_{page}", token)
        except ValueError:
            values = None
        case = self.browse(values and values[0]).exists()
        if not case:
            return case, False
        last_day = fields.Date.to_date(values[1])
        today = case.company_id._get_subscription_today()
        is_good = not last_day or today <= last_day
        return case._get_going_on() if page == "pay" else case, is_good

    def _get_going_on(self):
        """Return the case in which this customer pays now: a closed one may have been
        joined with another, or a new one may be open."""
        self.ensure_one()
        if self.state != "closed":
            return self
        domain = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
            ("currency_id", "=", self.currency_id.id),
            ("state", "!=", "closed"),
        ]
        return self.search(domain, limit=1) or self

    def _is_lost(self):
        """Return whether this case is closed though the customer did not pay."""
        self.ensure_one()
        return self.state == "closed" and any(move._is_lost() for move in self.move_ids)

    # === BUSINESS METHODS: THE PAGE TO PAY === #

    def _get_pay_url(self):
        """Return where the customer pays all that is overdue, without a login."""
        self.ensure_one()
        return f"{self.get_base_url()}{self._get_link('pay')}"

    def _get_payable(self):
        """Return what the customer can pay now: what nobody is paying or charging."""
        self.ensure_one()
        asked = self._get_asked().filtered(lambda _move: self.state != "closed")
        return asked.filtered(
            lambda move: move._has_to_be_paid() and not move._is_money_coming()
        )

    def _prepare_pay_page(self):
        """Return what the page to pay shows."""
        self.ensure_one()
        asked, payable = self._get_asked(), self._get_payable()
        return {
            "case": self,
            "moves": asked,
            "payable": payable,
            "amount": sum(payable.mapped("amount_residual")),
            "currency": self.currency_id,
            "reason": self._get_reason() if payable else None,
            "coming": asked.filtered(lambda move: move._is_money_coming()),
        }

    # === BUSINESS METHODS: A NEW METHOD === #

    def _get_charged_subscriptions(self):
        """Return the subscriptions of what is open that are charged by themselves."""
        return self._get_subscriptions(self._get_asked()).filtered(
            lambda each: (
                each.collection_method == "automatic"
                and each.state not in ("draft", "closed")
            )
        )

    def _use_method(self, token):
        """Charge a method that the customer has just saved, in place of those that
        could not be charged.

        Subscriptions without a method of their own are charged to the newest anyway.

        :param token: a ``payment.token``
        """
        for case in self:
            declined = case._get_asked()._get_declined_methods()
            for subscription in case._get_charged_subscriptions():
                own = subscription.payment_token_id.sudo()
                is_ours = token.company_id in subscription.company_id.parent_ids
                if is_ours and own and (own in declined or own._get_charge_obstacle()):
                    subscription.payment_token_id = token

    # === BUSINESS METHODS: A NEW LINK === #

    def _send_new_link(self):
        """Mail the customer a link in place of one that has expired, once an hour."""
        self.ensure_one()
        template = self.env.ref(NEW_LINK, raise_if_not_found=False)
        is_wanted = template and self.state != "closed" and self._has_email()
        if not is_wanted or not self.try_lock_for_update():
            return
        now = fields.Datetime.now()
        if not self.date_link_sent or self.date_link_sent <= now - LINK_PAUSE:
            self.date_link_sent = now
            self._queue_mails(template)


class AccountMove(models.Model):
    """What the page to pay asks of an invoice."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #

    def _is_money_coming(self):
        """Return whether this invoice may be paid without anybody doing more."""
        self.ensure_one()
        return bool(self._get_payment_block()) or self._is_being_charged()

    def _get_declined_methods(self):
        """Return the methods to which these invoices were charged in vain."""
        charges = self.env["payment.transaction"].union(
            *(move._get_sent_charges() for move in self)
        )
        return charges.filtered(lambda charge: charge.state == "error").token_id


class PaymentTransaction(models.Model):
    """A method that is saved where what is overdue is paid takes over from then on."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    dunning_case_id = fields.Many2one(
        "dunning.case",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The case on whose page the customer saves a method without paying.",
    )

    # === BUSINESS METHODS === #

    def _tokenize(self, payment_data):
        """Charge what is saved for an open case from now on."""
        result = super()._tokenize(payment_data)
        if token := self.token_id:
            cases = (
                self.sudo().dunning_case_id | self.sudo().invoice_ids.dunning_case_id
            )
            cases.filtered(lambda case: case.state != "closed")._use_method(token)
        return result
