from odoo import api, fields, models
from odoo.exceptions import AccessError

#: which visit an activity is; planned by the schedule and by nobody else
VISIT_FIELDS = {
    "subscription_entitlement_id",
    "subscription_visit_period",
    "subscription_visit_number",
}


class MailActivity(models.Model):
    """Planned visits: one that is done is recorded as used."""

    _inherit = "mail.activity"

    # === FIELDS === #

    subscription_entitlement_id = fields.Many2one(
        "subscription.entitlement",
        string="Entitlement",
        ondelete="cascade",
        readonly=True,
        copy=False,
    )
    subscription_visit_period = fields.Date(
        string="Visit in Period From", readonly=True, copy=False
    )
    subscription_visit_number = fields.Integer(
        string="Visit Number", readonly=True, copy=False
    )

    _subscription_visit_once = models.UniqueIndex(
        "(subscription_entitlement_id, subscription_visit_period,"
        " subscription_visit_number) WHERE subscription_entitlement_id IS NOT NULL",
        "This visit has been planned already.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let nobody plan visits by hand: done, they would use up an allowance."""
        given = {name for vals in vals_list for name in vals}
        given |= {name.removeprefix("default_") for name in self.env.context}
        if VISIT_FIELDS & given and not self.env.su:
            self._refuse_visits()
        return super().create(vals_list)

    def write(self, vals):
        """Let nobody make a visit of another activity."""
        if VISIT_FIELDS & vals.keys() and not self.env.su:
            self._refuse_visits()
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _refuse_visits(self):
        """Say who plans visits."""
        raise AccessError(
            self.env._(
                "Visits are planned by the entitlement of the subscription. Record Use "
                "there for one that was not planned."
            )
        )

    def _action_done(self, feedback=False, attachment_ids=None):
        """Record the visits that are done, whoever made them."""
        visits = self.sudo().filtered(
            lambda each: each.active and each.subscription_entitlement_id
        )
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if visits:
            self.env["subscription.consumption"].sudo().create(
                [visit._prepare_consumption_vals(feedback) for visit in visits]
            )
        return result

    def _prepare_consumption_vals(self, feedback):
        """Return the values of the use that a visit is.

        One that was made late counts for the period for which it was planned.
        """
        self.ensure_one()
        entitlement = self.subscription_entitlement_id
        period = entitlement._get_recurrence().period_containing(
            self.subscription_visit_period
        )
        return {
            "entitlement_id": entitlement.id,
            "activity_id": self.id,
            "date": min(entitlement._get_day(), period.date_last),
            "name": ". ".join(filter(None, (self.summary, feedback))),
        }
