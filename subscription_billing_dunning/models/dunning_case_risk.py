from odoo import api, fields, models

from ..tools.history import facts_on
from ..tools.risk import assess
from .res_partner_risk import READERS


class DunningCase(models.Model):
    """How likely the customer of a case is to pay late."""

    _inherit = "dunning.case"

    # === FIELDS === #

    dunning_risk = fields.Integer(
        string="Payment Risk",
        readonly=True,
        aggregator="avg",
        help="How likely the customer is to pay late, from 0 to 100, as of the last "
        "look at the case. It decides how early customers are contacted, and denies "
        "nobody anything.",
    )
    dunning_risk_reasons = fields.Text(
        string="Reasons of the Risk",
        compute="_compute_dunning_risk_reasons",
        compute_sudo=True,
        groups=READERS,
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "dunning_risk")
    @api.depends_context("lang")
    def _compute_dunning_risk_reasons(self):
        for case in self:
            partner = case.partner_id.with_company(case.company_id)
            case.dunning_risk_reasons = partner.dunning_risk_reasons

    # === BUSINESS METHODS === #

    def _assess_risk(self):
        """Bring the risk of these cases' customers up to date, all at once."""
        if not self:
            return
        self.env.flush_all()
        for company, cases in self.grouped("company_id").items():
            model = self.env["dunning.timing"]._get_risk_model(company)
            today = company._get_subscription_today()
            partners = cases.partner_id.sudo().with_company(company)
            histories = partners._map_histories(company)
            for partner, mine in cases.grouped("partner_id").items():
                risk = assess(facts_on(histories[partner.id], today), model)
                partners.browse(partner.id).with_prefetch(partners.ids)._keep_risk(risk)
                mine.dunning_risk = round(risk.score)
