from odoo import api, fields, models
from odoo.addons.payment_stripe import utils as stripe_utils
from odoo.exceptions import UserError, ValidationError

from ..const import API_BASE_PARAMETER, KEEP_METHODS
from ..gateway import (
    ConfigurationError,
    GatewayConfig,
    check_api_base,
    get_gateway,
)

#: setting -> the least and the most that makes sense
LIMITS = {
    "stripe_rate_limit": (1, 1000),
    "stripe_parallel_calls": (1, 64),
    "stripe_connect_timeout": (1, 60),
    "stripe_read_timeout": (1, 120),
}


class PaymentProvider(models.Model):
    """How Stripe is talked to, and the way there."""

    _inherit = "payment.provider"

    # === FIELDS === #

    stripe_rate_limit = fields.Integer(
        string="Calls per Second",
        default=25,
        help="How many calls may begin in a second. Stripe takes 25 a second of each "
        "kind unless it has agreed to more; above that it refuses, and the run waits.",
    )
    stripe_parallel_calls = fields.Integer(
        string="Calls at a Time",
        default=16,
        help="How many charges wait for Stripe's answer side by side. At an answer in "
        "half a second, 16 make 32 a second.",
    )
    stripe_connect_timeout = fields.Integer(
        string="Connection Time-out",
        default=5,
        help="Seconds to wait until Stripe takes the call.",
    )
    stripe_read_timeout = fields.Integer(
        string="Answer Time-out",
        default=30,
        help="Seconds to wait for an answer. Each call without one is repeated twice "
        "with the same key; after that the outcome of a charge is unknown, and is "
        "asked for.",
    )

    # === CONSTRAINTS === #

    @api.constrains(*LIMITS)
    def _check_stripe_limits(self):
        """Keep each setting within what makes sense."""
        for provider in self:
            for name, (least, most) in LIMITS.items():
                if not least <= provider[name] <= most:
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” of %(provider)s must be between %(least)s and "
                            "%(most)s.",
                            field=provider._fields[name]._description_string(self.env),
                            provider=provider.display_name,
                            least=least,
                            most=most,
                        )
                    )

    # === BUSINESS METHODS: SWITCHING OFF === #

    def _archive_linked_tokens(self):
        """Leave at Stripe what is archived only because its provider is off."""
        keeping = self.with_context(**{KEEP_METHODS: True})
        return super(PaymentProvider, keeping)._archive_linked_tokens()

    # === BUSINESS METHODS: THE GATEWAY === #

    def _get_stripe_gateway(self):
        """Return the gateway to this provider's account.

        Threads may share it; it holds no record and no cursor.

        :rtype: odoo.addons.subscription_billing_stripe.gateway.StripeGateway
        :raises UserError: without a secret key, or when the address for the calls is
            none that the key may be sent to
        """
        self.ensure_one()
        return get_gateway(self.sudo()._get_stripe_config())

    def _get_stripe_config(self):
        """Return what the gateway has to know of the settings; needs all rights."""
        secret_key = self._get_stripe_secret_key()
        return GatewayConfig(
            secret_key=secret_key,
            api_base=self._get_stripe_api_base(),
            rate_limit=self.stripe_rate_limit,
            connect_timeout=self.stripe_connect_timeout,
            read_timeout=self.stripe_read_timeout,
            threads=self.stripe_parallel_calls,
        )

    def _get_stripe_secret_key(self):
        """Return the secret key; needs all rights.

        :raises UserError: when there is none
        """
        secret_key = self.code == "stripe" and stripe_utils.get_secret_key(self)
        if not secret_key:
            raise UserError(
                self.env._(
                    "The payment provider %(provider)s has no secret key of Stripe. "
                    "Fill in “Secret Key” on its form.",
                    provider=self.display_name,
                )
            )
        return secret_key.strip()

    @api.model
    def _get_database_id(self):
        """Return what tells this database from others at Stripe, but for copies."""
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    # === BUSINESS METHODS: THE WAY TO STRIPE === #

    def _get_stripe_api_base(self):
        """Return the address of a stand-in for Stripe, empty for Stripe itself.

        It is a system parameter, for tests and demonstrations.

        :raises ValidationError: when it is anything but this machine, or the key could
            move money
        """
        parameters = self.env["ir.config_parameter"].sudo()
        base = parameters.get_param(API_BASE_PARAMETER)
        if not base:
            return ""
        secret_key = stripe_utils.get_secret_key(self.sudo()) or ""
        try:
            return check_api_base(base, secret_key)
        except ConfigurationError as error:
            raise ValidationError(
                self.env._(
                    "Nothing was sent to Stripe, because of the system parameter "
                    "%(parameter)s: it may only hold an address of this machine, such "
                    "as http://127.0.0.1:8080, and only for a provider whose secret "
                    "key begins with sk_test_. Correct it, or delete it to use Stripe.",
                    parameter=API_BASE_PARAMETER,
                )
            ) from error

    def _get_stripe_js_url(self):
        """Return where the browser gets Stripe's script: from Stripe itself, as its
        rules ask, or from the stand-in."""
        self.ensure_one()
        return f"{self._get_stripe_api_base() or 'https://js.stripe.com'}/v3/"

    def _build_request_url(self, endpoint, *, is_proxy_request=False, **kwargs):
        """Send core's own calls to the stand-in as well."""
        if self.code == "stripe" and not is_proxy_request:
            base = self._get_stripe_api_base()
            if base:
                return f"{base}/v1/{endpoint}"
        return super()._build_request_url(
            endpoint, is_proxy_request=is_proxy_request, **kwargs
        )
