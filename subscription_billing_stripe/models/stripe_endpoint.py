from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..gateway import API_VERSION, GatewayError, MissingError
from ..tools.event_types import EVENT_TYPES


class StripeEndpoint(models.Model):
    """A webhook endpoint at Stripe that reports to us, and the secret it signs with.

    Several may be valid at a time: to replace one, a new one is created, and the old
    one is removed when the new one has delivered.
    """

    _name = "stripe.endpoint"
    _description = "Stripe Webhook Endpoint"
    _rec_name = "reference"
    _order = "id desc"

    # === FIELDS === #

    provider_id = fields.Many2one(
        "payment.provider", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True)
    reference = fields.Char(
        string="Stripe's Endpoint",
        readonly=True,
        copy=False,
        help="Empty for a secret that was entered by hand.",
    )
    url = fields.Char(string="Address", readonly=True)
    is_live = fields.Boolean(
        string="Live Mode",
        readonly=True,
        help="Stripe's test mode and live mode have endpoints of their own.",
    )
    secret = fields.Char(
        string="Signing Secret",
        required=True,
        copy=False,
        groups="base.group_system",
        help="Begins with whsec_. Messages that no secret has signed are refused.",
    )

    _secret_unique = models.UniqueIndex(
        "(provider_id, secret)", "This signing secret is there already."
    )

    # === CONSTRAINTS === #

    @api.constrains("secret")
    def _check_secret(self):
        """Refuse what is no signing secret; a key entered by mistake above all."""
        for endpoint in self:
            if not endpoint.secret.strip().startswith("whsec_"):
                raise ValidationError(
                    self.env._(
                        "Signing Secret: it begins with whsec_. Copy it from the "
                        "endpoint's page in Stripe's dashboard."
                    )
                )

    # === ACTIONS === #

    def action_remove(self):
        """Let Stripe report to these endpoints no longer, and forget their secrets."""
        self.check_access("unlink")
        for endpoint in self.filtered("reference"):
            try:
                gateway = endpoint.provider_id._get_stripe_gateway()
                gateway.delete_webhook_endpoint(endpoint.reference)
            except MissingError:
                continue
            except GatewayError as error:
                raise UserError(
                    endpoint.provider_id._tell_stripe_error(error)
                ) from error
        self.unlink()

    # === BUSINESS METHODS === #

    @api.model
    def _create_at_stripe(self, provider, url):
        """Let Stripe report to an address; keep the secret.

        No key protects a repetition: within a day it would bring back an endpoint that
        was removed since. One too many is seen at Stripe, one that is gone is not.

        :param provider: the ``payment.provider``
        :param str url: where the events are sent
        :raises UserError: Stripe does not want to
        """
        gateway = provider._get_stripe_gateway()
        try:
            facts = gateway.create_webhook_endpoint(
                url, EVENT_TYPES, description=self.env._("Odoo: subscriptions")
            )
        except GatewayError as error:
            raise UserError(provider._tell_stripe_error(error)) from error
        return self.create(
            {
                "provider_id": provider.id,
                "reference": facts.id,
                "url": url,
                "is_live": gateway.config.is_live,
                "secret": facts.secret,
            }
        )

    def _get_misfits(self, known):
        """Return what is wrong with these endpoints at Stripe, and what to do.

        :param known: reference -> ``gateway.WebhookFacts`` of what Stripe has
        """
        misfits = []
        for endpoint in self.filtered("reference"):
            facts = known.get(endpoint.reference)
            if problem := endpoint._get_problem(facts):
                misfits.append(
                    self.env._(
                        "Webhook endpoint %(endpoint)s: %(problem)s",
                        endpoint=endpoint.reference,
                        problem=problem,
                    )
                )
        return misfits

    def _get_problem(self, facts):
        """Return what is wrong with one endpoint, in words, or None."""
        self.ensure_one()
        if not facts:
            return self.env._(
                "Stripe does not know it any more. Remove it here, and create another."
            )
        if facts.status != "enabled":
            return self.env._("it is disabled at Stripe. Enable it in its dashboard.")
        if facts.api_version != API_VERSION:
            return self.env._(
                "it reports in version %(version)s, not %(ours)s. Create a new one, "
                "then remove it.",
                version=facts.api_version or self.env._("of the account"),
                ours=API_VERSION,
            )
        missing = set(EVENT_TYPES) - set(facts.events)
        if missing and "*" not in facts.events:
            return self.env._(
                "these events are not reported: %(events)s. Create a new one, then "
                "remove it.",
                events=", ".join(sorted(missing)),
            )
        if facts.url != self.provider_id._get_stripe_events_url():
            return self.env._(
                "it reports to %(url)s, and this database is elsewhere. Create a new "
                "one, then remove it.",
                url=facts.url,
            )
        return None
