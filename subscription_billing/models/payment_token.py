from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.card import brand_name, card_name, expiry_label, last_valid_day

#: days before its last one from which a card is about to expire
EXPIRING_DAYS = 30
#: what makes another card, or a renewed one, of a saved method
CARD_FACTS = frozenset({"date_expiry", "fingerprint", "payment_details", "last_digits"})


class PaymentToken(models.Model):
    """A saved payment method: what its provider tells of it, and in which order it is
    charged.

    Who pays with it is in ``payment_token_use``.
    """

    _inherit = "payment.token"
    _order = "partner_id, sequence, id desc"

    # === FIELDS === #

    subscription_ids = fields.One2many(
        "subscription.subscription", "payment_token_id", string="Subscriptions"
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", store=True, index=True
    )
    sequence = fields.Integer(
        default=0,
        help="Order in which the customer's methods are charged: the first is the "
        "default, the others are tried when it is declined. A new one comes first.",
    )

    # === FIELDS: WHAT THE PROVIDER TELLS === #

    brand = fields.Char(readonly=True, help="Such as Visa or Mastercard.")
    last_digits = fields.Char(
        readonly=True, help="The last four digits of the card or account; no more."
    )
    date_expiry = fields.Date(
        string="Expires On",
        readonly=True,
        index="btree_not_null",
        help="The last day on which the card can be charged.",
    )
    expiry_label = fields.Char(string="Expiry", compute="_compute_expiry_label")
    funding = fields.Selection(
        selection=[("credit", "Credit"), ("debit", "Debit"), ("prepaid", "Prepaid")],
        readonly=True,
    )
    country_id = fields.Many2one(
        "res.country", readonly=True, help="Where the card or account was issued."
    )
    wallet = fields.Char(
        readonly=True, help="The wallet that holds the card, such as apple_pay."
    )
    fingerprint = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="By what the provider knows one card that was saved twice.",
    )
    is_expired = fields.Boolean(
        string="Expired", compute="_compute_is_expired", search="_search_is_expired"
    )
    is_expiring = fields.Boolean(
        string="Expiring",
        compute="_compute_is_expired",
        search="_search_is_expiring",
        help="It expires within 30 days.",
    )

    # === FIELDS: WHAT ITS CHARGES TOLD === #

    date_refused = fields.Datetime(
        string="Refused On",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When its bank said never to charge it again. It is not, until its "
        "details are updated.",
    )
    refusal = fields.Text(
        string="Reason of the Refusal",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )

    _last_digits_only = models.Constraint(
        "CHECK (char_length(last_digits) <= 4)",
        "Keep no more than the last four digits of a card.",
    )

    # === COMPUTE METHODS === #

    @api.depends("brand", "last_digits", "date_expiry")
    def _compute_display_name(self):
        return super()._compute_display_name()

    @api.depends("date_expiry")
    def _compute_expiry_label(self):
        for token in self:
            token.expiry_label = expiry_label(token.date_expiry or None)

    @api.depends("date_expiry", "company_id")
    def _compute_is_expired(self):
        for token in self:
            today = (token.company_id or self.env.company)._get_subscription_today()
            days = token.date_expiry and (token.date_expiry - today).days
            token.is_expired = bool(token.date_expiry) and days < 0
            token.is_expiring = bool(token.date_expiry) and 0 <= days <= EXPIRING_DAYS

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._get_subscription_today()
        return Domain("date_expiry", "<", today)

    def _search_is_expiring(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._get_subscription_today()
        last = fields.Date.add(today, days=EXPIRING_DAYS)
        return Domain("date_expiry", ">=", today) & Domain("date_expiry", "<=", last)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Put new methods first in their customers' order, and pay with them."""
        tokens = super().create(vals_list)
        unordered = tokens.browse(
            token.id
            for token, vals in zip(tokens, vals_list, strict=True)
            if "sequence" not in vals
        )
        unordered._put_first()
        tokens._forget_orders()
        tokens._collect_failed()
        return tokens

    def write(self, vals):
        """Give a method that was updated at its provider another chance.

        People who work on subscriptions may put methods in order, and change no more.
        """
        if vals.keys() == {"sequence"} and not self.env.su:
            return self._write_order(vals)
        names = sorted(CARD_FACTS & vals.keys())
        before = {token: token._get_facts(names) for token in self} if names else {}
        result = super().write(vals)
        self._forget_orders()
        changed = self.filtered(
            lambda token: names and token._get_facts(names) != before[token]
        ).sudo()
        changed._forget_refusal()
        changed._collect_failed()
        return result

    # === BUSINESS METHODS: FACTS === #

    @api.model
    def _prepare_card_vals(
        self,
        *,
        brand=None,
        last_digits=None,
        month=None,
        year=None,
        funding=None,
        country_code=None,
        fingerprint=None,
        wallet=None,
    ):
        """Return the values of what a provider tells of a method, to create or write.

        What it does not tell is left as it is.

        :param str brand: in the provider's words, such as "visa"
        :param str last_digits: the last four at most
        :param int month: of the expiry, 1 to 12
        :param int year: of the expiry, with its century
        :param str funding: credit, debit or prepaid; others are not kept
        :param str country_code: of the issuer, such as "FR"
        :param str fingerprint: what the provider knows the card by
        :param str wallet: such as "apple_pay"
        """
        Country = self.env["res.country"]
        known = dict(self._fields["funding"].selection)
        vals = {
            "brand": brand and brand_name(brand),
            "last_digits": last_digits and last_digits[-4:],
            "date_expiry": month and year and last_valid_day(int(month), int(year)),
            "funding": funding if funding in known else None,
            "country_id": country_code
            and Country.search([("code", "=", country_code.upper())], limit=1).id,
            "fingerprint": fingerprint,
            "wallet": wallet,
        }
        return {name: value for name, value in vals.items() if value}

    def _build_display_name(self, *args, max_length=34, should_pad=True, **kwargs):
        """Name a card by its brand, last digits and expiry, where they are known."""
        self.ensure_one()
        if self.create_date and self.last_digits:
            name = card_name(
                self.brand or "", self.last_digits, self.date_expiry or None, max_length
            )
            if name:
                return name
        return super()._build_display_name(
            *args, max_length=max_length, should_pad=should_pad, **kwargs
        )

    def _get_card_key(self):
        """Return what tells one card from another, however often it was saved."""
        self.ensure_one()
        return self.sudo().fingerprint or self.id

    def _get_same_cards(self):
        """Return these methods and those that saved the same cards again, as sudo."""
        tokens = self.sudo()
        prints = [each for each in tokens.mapped("fingerprint") if each]
        return tokens | tokens.search([("fingerprint", "in", prints)])

    def _get_facts(self, names):
        """Return the values of some fields, to see later what has changed."""
        self.ensure_one()
        return [self.sudo()[name] for name in names]

    # === BUSINESS METHODS: ORDER === #

    def _write_order(self, vals):
        """Write the place of these methods for who may work on subscriptions."""
        if not self.env.user.has_group("subscription_billing.group_subscription_user"):
            self.check_access("write")
        self.check_access("read")
        return self.sudo().write(vals)

    def _put_first(self):
        """Give new methods their place before the others of their customer."""
        if not self:
            return
        others = self.sudo().with_context(active_test=False)
        firsts = dict(
            others._read_group(
                [
                    ("commercial_partner_id", "in", self.commercial_partner_id.ids),
                    ("id", "not in", self.ids),
                ],
                groupby=["commercial_partner_id"],
                aggregates=["sequence:min"],
            )
        )
        for customer, tokens in self.sudo().grouped("commercial_partner_id").items():
            if customer in firsts:
                tokens.sequence = firsts[customer] - 1

    # === BUSINESS METHODS: WHAT CAN BE CHARGED === #

    def _get_charge_obstacle(self):
        """Return why this method cannot be charged today, in words, or None."""
        self.ensure_one()
        if not self.active or self.provider_id.state == "disabled":
            return self.env._(
                "The saved payment method %(token)s is no longer valid.",
                token=self.display_name,
            )
        if self.is_expired:
            return self.env._("%(token)s has expired.", token=self.display_name)
        if self.date_refused:
            return self.env._(
                "%(token)s is not charged again until its details are updated: "
                "%(reason)s",
                token=self.display_name,
                reason=self.refusal or self.env._("its bank refused it for good."),
            )
        if self.provider_id.capture_manually:
            return self.env._(
                "%(provider)s only authorizes payments: turn Capture Amount Manually "
                "off to charge %(token)s.",
                provider=self.provider_id.name,
                token=self.display_name,
            )
        return None

    def _refuse(self, reason):
        """Never charge these cards again, until they are updated.

        The same card that was saved twice is refused in both places.

        :param str reason: in words, for people in the back office
        """
        self._get_same_cards().write(
            {"date_refused": fields.Datetime.now(), "refusal": reason}
        )

    def _forget_refusal(self):
        """Charge these methods again: they were updated, or have just paid."""
        if refused := self.sudo().filtered("date_refused"):
            refused.write({"date_refused": False, "refusal": False})
