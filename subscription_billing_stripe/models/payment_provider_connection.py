from odoo import api, fields, models
from odoo.exceptions import UserError

from ..gateway import (
    ConfigurationError,
    GatewayError,
    MissingError,
    RefusedError,
    is_live_key,
)


class PaymentProvider(models.Model):
    """Whether the settings work, told before a customer finds out."""

    _inherit = "payment.provider"

    # === FIELDS === #

    stripe_key_warning = fields.Text(
        compute="_compute_stripe_key_warning",
        compute_sudo=True,
        help="How the keys do not fit the state of the provider.",
    )

    # === COMPUTE METHODS === #

    @api.depends("code", "state", "stripe_secret_key", "stripe_publishable_key")
    def _compute_stripe_key_warning(self):
        for provider in self:
            key = (provider.stripe_secret_key or "").strip()
            misfits = []
            if key and provider.code == "stripe":
                misfits = provider._get_stripe_key_misfits(is_live_key(key))
            provider.stripe_key_warning = "\n".join(misfits) or False

    # === ACTIONS === #

    def action_stripe_check_connection(self):
        """Ask Stripe whose key it is, and tell what does not fit.

        :raises UserError: that says what to do, when Stripe does not answer with yes
        """
        self.ensure_one()
        self.check_access("write")
        gateway = self._get_stripe_gateway()
        try:
            account = gateway.check_connection()
        except GatewayError as error:
            raise UserError(self._tell_stripe_error(error)) from error
        misfits = self.sudo()._get_stripe_misfits(account)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if misfits else "success",
                "sticky": bool(misfits),
                "title": self.env._("Connected to Stripe"),
                "message": "\n".join([self._tell_stripe_account(account), *misfits]),
            },
        }

    # === BUSINESS METHODS === #

    def _tell_stripe_account(self, account):
        """Return in words whose key it is."""
        mode = (
            self.env._("live mode: payments are real")
            if account.is_live
            else self.env._("test mode: no money moves")
        )
        return self.env._(
            "Account: %(name)s (%(id)s), %(country)s, %(currency)s, %(mode)s.",
            name=account.name,
            id=account.id,
            country=account.country,
            currency=account.currency,
            mode=mode,
        )

    def _get_stripe_misfits(self, account):
        """Return what does not go together, each with what to do; needs all rights."""
        misfits = self._get_stripe_key_misfits(account.is_live)
        if not account.can_charge:
            misfits.append(
                self.env._(
                    "Stripe does not let this account take payments yet. Complete its "
                    "activation in Stripe's dashboard."
                )
            )
        return misfits

    def _get_stripe_key_misfits(self, is_live):
        """Return how the keys do not fit each other, or the state; needs all rights.

        :param bool is_live: whether the secret key moves real money
        """
        misfits = []
        if is_live and self.state == "test":
            misfits.append(
                self.env._(
                    "The provider is in test mode but the secret key is live: payments "
                    "would be real. Enter the test keys, or enable the provider."
                )
            )
        if not is_live and self.state == "enabled":
            misfits.append(
                self.env._(
                    "The provider is enabled but the secret key is a test key: "
                    "invoices would be paid without money. Enter the live keys, or set "
                    "the provider to test mode."
                )
            )
        publishable = self.stripe_publishable_key or ""
        if publishable and ("_test_" in publishable) == is_live:
            misfits.append(
                self.env._(
                    "One key is live and the other one is a test key. Copy both from "
                    "the same page of Stripe's dashboard."
                )
            )
        return misfits

    def _tell_stripe_error(self, error):
        """Return what is wrong and what to do about it.

        :param error: a ``GatewayError``
        """
        kind = _get_kind(error)
        texts = {
            "missing": self.env._(
                "Stripe does not know what it was asked about. It may have been "
                "deleted, or the secret key belongs to another account than before: "
                "see “Check Connection”."
            ),
            "refused": self.env._("Stripe has refused this; nothing was done."),
            "key": self.env._(
                "Stripe does not accept the secret key. Copy it again from Developers "
                "> API keys in Stripe's dashboard: it may have been rolled, or belong "
                "to the other mode."
            ),
            "permission": self.env._(
                "The secret key may not do this. Give the restricted key the missing "
                "permission in Stripe's dashboard, or use the standard secret key."
            ),
            "address": self.env._("The key may not be sent to the address in use."),
            "network": self.env._(
                "Stripe could not be asked. Check that this server may connect to "
                "api.stripe.com, and whether status.stripe.com reports a problem; then "
                "try again."
            ),
        }
        said = self.env._("Stripe's answer: %(message)s", message=error.message)
        return "\n".join([texts[kind], *([said] if error.message else [])])


def _get_kind(error):
    """Return which text tells what is wrong."""
    if isinstance(error, ConfigurationError):
        return error.kind
    if isinstance(error, MissingError):
        return "missing"
    return "refused" if isinstance(error, RefusedError) else "network"
