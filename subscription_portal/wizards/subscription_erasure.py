from odoo import api, fields, models


class SubscriptionErasure(models.TransientModel):
    """Ask before personal data are erased: what still runs, and what is kept."""

    _name = "subscription.erasure"
    _description = "Erase Personal Data"

    # === FIELDS === #

    partner_id = fields.Many2one("res.partner", required=True, readonly=True)
    people_ids = fields.Many2many(
        "res.partner", string="Contacts", compute="_compute_people_ids"
    )
    obstacles = fields.Text(
        string="What Still Runs",
        compute="_compute_people_ids",
        help="What has to come to its end before.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id")
    def _compute_people_ids(self):
        for erasure in self:
            partner = erasure.partner_id
            erasure.people_ids = partner and partner._get_people_to_erase()
            obstacles = partner._get_erasure_obstacles() if partner else []
            erasure.obstacles = "\n".join(obstacles)

    # === ACTIONS === #

    def action_erase(self):
        """Erase the personal data; nobody brings them back."""
        self.ensure_one()
        self.partner_id._erase_personal_data()
        return {"type": "ir.actions.act_window_close"}
