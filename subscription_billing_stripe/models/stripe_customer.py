import hashlib
import json
from dataclasses import replace

from odoo import api, fields, models

from ..gateway import CustomerRequest, MissingError


class StripeCustomer(models.Model):
    """A partner as a customer at Stripe: one for each provider and mode."""

    _name = "stripe.customer"
    _description = "Stripe Customer"
    _rec_name = "reference"
    _order = "id desc"

    # === FIELDS === #

    provider_id = fields.Many2one(
        "payment.provider", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="provider_id.company_id", store=True)
    partner_id = fields.Many2one(
        "res.partner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    is_live = fields.Boolean(
        string="Live Mode",
        readonly=True,
        help="Stripe keeps the customers of its test mode apart.",
    )
    reference = fields.Char(
        string="Stripe's Customer", required=True, readonly=True, index=True
    )
    details = fields.Char(
        readonly=True, help="Tells whether Stripe knows the partner's present details."
    )
    active = fields.Boolean(default=True)

    _one_for_each_partner = models.UniqueIndex(
        "(provider_id, partner_id, is_live) WHERE active",
        "A partner has one customer for each Stripe account.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_reference(self, provider, partner):
        """Return the partner's customer at Stripe; make one where there is none.

        :param provider: a Stripe ``payment.provider``
        :param partner: a ``res.partner``
        :return: ``cus_…``
        :rtype: str
        :raises GatewayError: Stripe did not make or change the customer
        """
        customer = self._find(provider, partner) or self._adopt(provider, partner)
        if not customer:
            return self._create_at_stripe(provider, partner).reference
        customer._update_at_stripe()
        return customer.reference

    @api.model
    def _find(self, provider, partner):
        """Return the known customer of a partner, or none."""
        return self.sudo().search(
            [
                ("provider_id", "=", provider.id),
                ("partner_id", "=", partner.id),
                ("is_live", "=", provider.state == "enabled"),
            ],
            limit=1,
        )

    @api.model
    def _adopt(self, provider, partner):
        """Keep the customer of the partner's newest saved method, if there is any."""
        token = self.env["payment.token"].sudo()
        token = token.search(
            [
                ("provider_id", "=", provider.id),
                ("partner_id", "=", partner.id),
                ("provider_ref", "=like", "cus_%"),
            ],
            order="id desc",
            limit=1,
        )
        if not token:
            return self.browse()
        return self._remember(provider, partner, token.provider_ref)

    @api.model
    def _remember(self, provider, partner, reference, details=False):
        """Write down which customer at Stripe a partner is."""
        return self.sudo().create(
            {
                "provider_id": provider.id,
                "partner_id": partner.id,
                "is_live": provider.state == "enabled",
                "reference": reference,
                "details": details,
            }
        )

    @api.model
    def _create_at_stripe(self, provider, partner):
        """Make a customer at Stripe; two at the same moment get the same one.

        The key of one that was deleted there would bring the deleted one back.
        """
        request = asked = self._prepare_request(provider, partner)
        if gone := self._find_gone(provider, partner):
            key = _get_hash([request.key, *gone.mapped("reference")])
            asked = replace(request, key=key)
        facts = provider._get_stripe_gateway().create_customer(asked)
        return self._remember(provider, partner, facts.id, request.key)

    @api.model
    def _keep_one(self, src_partners, dst_partner):
        """Archive the customers that contacts cannot be any more once they are merged.

        :param src_partners: the ``res.partner`` that go
        :param dst_partner: the one that stays; what it is at Stripe stays, too
        """
        partners = src_partners | dst_partner
        customers = self.sudo().search([("partner_id", "in", partners.ids)])
        for same in customers.grouped(
            lambda each: (each.provider_id, each.is_live)
        ).values():
            own = same.filtered(lambda each: each.partner_id == dst_partner)
            (same - (own or same)[:1]).active = False
        self.flush_model()

    @api.model
    def _find_gone(self, provider, partner):
        """Return the customers that a partner has been, and is no longer."""
        return self.sudo().search(
            [
                ("provider_id", "=", provider.id),
                ("partner_id", "=", partner.id),
                ("active", "=", False),
            ],
            order="id",
        )

    def _update_at_stripe(self):
        """Tell Stripe of the partner's present details, where it knows older ones.

        A customer that was deleted there is made anew.
        """
        self.ensure_one()
        provider = self.provider_id
        request = self._prepare_request(provider, self.partner_id)
        if self.details == request.key:
            return
        gateway = provider._get_stripe_gateway()
        try:
            gateway.update_customer(self.reference, request)
        except MissingError:
            # Its first key would bring the deleted one back.
            key = _get_hash([request.key, self.reference])
            facts = gateway.create_customer(replace(request, key=key))
            self.sudo().reference = facts.id
        self.sudo().details = request.key

    @api.model
    def _prepare_request(self, provider, partner):
        """Return what Stripe is told of a partner; its key is over all of it."""
        database = provider._get_database_id()
        values = {
            "partner": str(partner.id),
            "name": partner.name or "",
            "email": partner.email or "",
            "phone": partner.phone or "",
            "street": partner.street or "",
            "street2": partner.street2 or "",
            "zip": partner.zip or "",
            "city": partner.city or "",
            "state": partner.state_id.name or "",
            "country": partner.country_id.code or "",
            "language": (partner.lang or "").replace("_", "-"),
            "database": database,
        }
        mark = [database, provider.id, provider.state, *sorted(values.items())]
        return CustomerRequest(key=_get_hash(mark), **values)


def _get_hash(values):
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
