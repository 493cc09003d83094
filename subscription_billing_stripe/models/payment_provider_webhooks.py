from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.urls import urljoin

from ..const import EVENTS_ROUTE, LOOPBACK_HOSTS
from ..gateway import GatewayError


class PaymentProvider(models.Model):
    """The way from Stripe to us: endpoints of our own, beside that of Odoo."""

    _inherit = "payment.provider"

    # === FIELDS === #

    stripe_endpoint_ids = fields.One2many(
        "stripe.endpoint",
        "provider_id",
        string="Webhook Endpoints",
        groups="base.group_system",
        copy=False,
    )
    stripe_event_days = fields.Integer(
        string="Keep Events For",
        default=90,
        help="After so many days, what Stripe has sent is emptied, once it was "
        "processed. That an event was there is never forgotten.",
    )
    stripe_events_url = fields.Char(
        string="Webhook Address", compute="_compute_stripe_events_url"
    )
    stripe_failed_event_count = fields.Integer(
        compute="_compute_stripe_failed_event_count",
        help="Events that could not be processed.",
    )

    _stripe_event_days_positive = models.Constraint(
        "CHECK (stripe_event_days >= 1)",
        "Keep Events For: enter at least 1 day.",
    )

    # === COMPUTE METHODS === #

    def _compute_stripe_events_url(self):
        for provider in self:
            known = provider.code == "stripe" and provider._origin
            provider.stripe_events_url = known and known._get_stripe_events_url()

    def _compute_stripe_failed_event_count(self):
        counts = dict(
            self.env["stripe.event"]
            .sudo()
            ._read_group(
                [("provider_id", "in", self.ids), ("state", "=", "failed")],
                ["provider_id"],
                ["__count"],
            )
        )
        for provider in self:
            provider.stripe_failed_event_count = counts.get(provider, 0)

    # === ACTIONS === #

    def action_stripe_create_endpoint(self):
        """Create our endpoint at Stripe; one more, when there is one already.

        :raises UserError: Stripe could not reach this database, or does not want to
        """
        self.ensure_one()
        self.check_access("write")
        url = self._get_stripe_events_url()
        if problem := self._get_stripe_url_problem(url):
            raise UserError(problem)
        self.env["stripe.endpoint"]._create_at_stripe(self, url)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Stripe now reports to %(url)s", url=url),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_stripe_view_events(self):
        """Open what Stripe has reported to this provider."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing_stripe.stripe_event_action"
        )
        is_failing = bool(self.stripe_failed_event_count)
        return {
            **action,
            "domain": [("provider_id", "=", self.id)],
            "context": {"search_default_failed": is_failing},
        }

    # === BUSINESS METHODS === #

    def _get_stripe_events_url(self):
        """Return where Stripe reports events of this provider."""
        self.ensure_one()
        return urljoin(self.get_base_url(), f"{EVENTS_ROUTE}/{self.id}")

    def _get_stripe_url_problem(self, url):
        """Return why Stripe cannot report to an address, in words, or None."""
        is_here = url.startswith(LOOPBACK_HOSTS)
        if url.startswith("https://") or (is_here and self._get_stripe_api_base()):
            return None
        return self.env._(
            "Stripe only reports to addresses with https, and this database is "
            "%(url)s. Set the system parameter web.base.url to its public address.",
            url=self.get_base_url(),
        )

    def _get_stripe_endpoint_secrets(self):
        """Return the secrets that a message may be signed with; needs all rights."""
        return [endpoint.secret.strip() for endpoint in self.stripe_endpoint_ids]

    def _get_stripe_misfits(self, account):
        """Look at the webhook endpoints as well."""
        return [
            *super()._get_stripe_misfits(account),
            *self._get_stripe_endpoint_misfits(),
        ]

    def _get_stripe_endpoint_misfits(self):
        """Return what is wrong with the way back from Stripe; needs all rights."""
        gateway = self._get_stripe_gateway()
        is_live = gateway.config.is_live
        endpoints = self.stripe_endpoint_ids.filtered(
            lambda endpoint: not endpoint.reference or endpoint.is_live == is_live
        )
        if not endpoints:
            return [
                self.env._(
                    "Stripe does not report to this database: disputes, refunds and "
                    "late outcomes stay unknown. Click “Create Webhook”."
                )
            ]
        problem = self._get_stripe_url_problem(self._get_stripe_events_url())
        misfits = [problem] if problem else []
        try:
            known = {facts.id: facts for facts in gateway.list_webhook_endpoints()}
        except GatewayError as error:
            return [*misfits, self._tell_stripe_error(error)]
        return misfits + endpoints._get_misfits(known)
