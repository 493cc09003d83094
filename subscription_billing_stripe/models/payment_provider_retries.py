from datetime import timedelta

from odoo import fields, models


class PaymentProvider(models.Model):
    """Who tries refused payments again: Odoo or Stripe, and never both."""

    _inherit = "payment.provider"

    # === FIELDS === #

    stripe_retry_owner = fields.Selection(
        selection=[("odoo", "Odoo"), ("stripe", "Stripe")],
        string="Refused Payments Are Tried Again By",
        default="odoo",
        required=True,
        help="Odoo: turn automatic retries off in Stripe's dashboard (Smart Retries). "
        "Stripe: an invoice whose payment was refused is left to Stripe until it "
        "succeeds or gives up; Odoo does not charge it before.",
    )
    stripe_retry_days = fields.Integer(
        string="Stripe Tries For",
        default=14,
        help="The window that is set in Stripe's dashboard: 7, 14, 21, 30 or 60 days.",
    )
    stripe_retry_warning = fields.Text(
        string="Both Try Again",
        readonly=True,
        copy=False,
        help="What shows that Stripe tries again by itself, or bills by itself.",
    )

    _stripe_retry_days_positive = models.Constraint(
        "CHECK (stripe_retry_days BETWEEN 1 AND 90)",
        "Stripe Tries For: enter 1 to 90 days.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Take back what was left to Stripe when Odoo tries again from now on."""
        result = super().write(vals)
        if vals.get("stripe_retry_owner") == "odoo":
            self._take_back_stripe_retries()
        return result

    # === ACTIONS === #

    def action_stripe_dismiss_retry_warning(self):
        """Remove the warning: somebody has decided who tries again."""
        self.check_access("write")
        self.stripe_retry_warning = False

    # === BUSINESS METHODS === #

    def _take_back_stripe_retries(self):
        """End waiting for Stripe on all refused charges of these providers."""
        charges = self.env["payment.transaction"].sudo()
        domain = [
            ("provider_id", "in", self.ids),
            ("date_provider_retry_until", "!=", False),
        ]
        charges.search(domain)._end_provider_retries()

    def _get_stripe_retry_end(self):
        """Return when Stripe has given up a payment that was refused now."""
        self.ensure_one()
        return fields.Datetime.now() + timedelta(days=self.stripe_retry_days)

    def _warn_of_stripe_retries(self, message):
        """Show, once, that Stripe does by itself what Odoo does, too."""
        self.ensure_one()
        if self.stripe_retry_owner == "odoo" and not self.stripe_retry_warning:
            self.sudo().stripe_retry_warning = message

    def _get_stripe_misfits(self, account):
        """Tell what shows that Stripe tries again by itself."""
        misfits = super()._get_stripe_misfits(account)
        if self.stripe_retry_warning:
            misfits.append(self.stripe_retry_warning)
        return misfits
