import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.batch import trigger_cron

from ..const import KEEP_METHODS
from ..gateway import ConfigurationError, GatewayError, MissingError, UnreachableError

_logger = logging.getLogger(__name__)


class PaymentToken(models.Model):
    """Saved methods at Stripe: what is known of them, and their end."""

    _inherit = "payment.token"

    # === FIELDS === #

    stripe_detach_state = fields.Selection(
        selection=[
            ("waiting", "To Detach"),
            ("done", "Detached"),
            ("failed", "Not Detached"),
        ],
        string="At Stripe",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="A method that was deleted is detached from the customer at Stripe, so "
        "that nobody can charge it any more. One that is archived because its provider "
        "or its kind of payment was switched off stays as it is.",
    )
    stripe_detach_error = fields.Char(
        readonly=True, copy=False, groups="base.group_user"
    )

    _stripe_detach_index = models.Index("(id) WHERE stripe_detach_state = 'waiting'")

    # === CRUD METHODS === #

    def write(self, vals):
        """Forget what was to become of a method at Stripe when it is in use again."""
        if vals.get("active"):
            reset = {"stripe_detach_state": False, "stripe_detach_error": False}
            vals = {**reset, **vals}
        return super().write(vals)

    # === BUSINESS METHODS: FACTS === #

    @api.model
    def _prepare_stripe_vals(self, facts):
        """Return the values of a token that a payment method at Stripe tells.

        :param facts: ``gateway.MethodFacts``
        """
        vals = self._prepare_card_vals(
            brand=facts.brand,
            last_digits=facts.last4,
            month=facts.expiry_month,
            year=facts.expiry_year,
            funding=facts.funding,
            country_code=facts.country,
            fingerprint=facts.fingerprint,
            wallet=facts.wallet,
        )
        return vals | ({"payment_details": facts.last4} if facts.last4 else {})

    # === BUSINESS METHODS: DETACHING === #

    def _handle_archiving(self):
        """Have deleted methods detached at Stripe, when this transaction is through.

        A call from within it could not be taken back. What is archived along with its
        provider or its kind of payment is not deleted: it can be switched on again, and
        a detached method never can.
        """
        result = super()._handle_archiving()
        if self.env.context.get(KEEP_METHODS):
            return result
        attached = self.filtered(
            lambda token: (
                token.provider_code == "stripe"
                and token.stripe_payment_method
                and token.stripe_detach_state != "done"
            )
        )
        if attached:
            attached.stripe_detach_state = "waiting"
            trigger_cron(self.env, "subscription_billing_stripe.ir_cron_detach")
        return result

    @api.model
    def _cron_stripe_detach(self):
        """Detach what waits for it, one call and one commit at a time.

        A provider that is switched off changes nothing at Stripe.
        """
        cron = self.env["ir.cron"]
        domain = [
            ("stripe_detach_state", "=", "waiting"),
            ("active", "=", False),
            ("provider_id.state", "!=", "disabled"),
        ]
        waiting = self.search(domain, order="id")
        for number, id_ in enumerate(waiting.ids, 1):
            token = self.browse(id_)  # alone, as each commit forgets what was read
            if token.try_lock_for_update():
                token._stripe_detach()
            if not cron._commit_progress(1, remaining=len(waiting) - number):
                return

    def _stripe_detach(self):
        """Detach a method at Stripe; one that Stripe cannot be asked about waits."""
        self.ensure_one()
        try:
            self.provider_id._get_stripe_gateway().detach(self.stripe_payment_method)
        except MissingError:
            _logger.info("The method of token %s is gone at Stripe", self.id)
        except (ConfigurationError, UnreachableError, UserError) as error:
            self.stripe_detach_error = str(error)
            return
        except GatewayError as error:
            self.write(
                {"stripe_detach_state": "failed", "stripe_detach_error": error.message}
            )
            return
        self.write({"stripe_detach_state": "done", "stripe_detach_error": False})
