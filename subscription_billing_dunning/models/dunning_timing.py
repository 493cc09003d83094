import logging
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from odoo.addons.subscription_billing.models.derived import refuse_internal

from ..tools.risk import RiskModel
from ..tools.timing import PRIOR, TimingModel

_logger = logging.getLogger(__name__)

#: what the coefficients of each kind are
MODELS = {"timing": TimingModel, "risk": RiskModel}


@dataclass(frozen=True, slots=True)
class Hours:
    """What a company knows of the hours at which charges succeed.

    :param model: the chances, a ``tools.timing.TimingModel``
    :param usual: the median amount of its charges, by the id of the currency
    """

    model: TimingModel
    usual: dict

    def get_ratio(self, amount, currency):
        """Return an amount as a multiple of the usual one; 1 where that is unknown."""
        usual = self.usual.get(currency.id)
        return abs(amount) / usual if usual and amount else 1.0


class DunningTiming(models.Model):
    """What was learnt, at one time, from what a company has seen: at which hours
    retries succeed, and which customers pay late.

    Scoring needs the coefficients alone. How they are learnt: ``dunning_learning``.
    """

    _name = "dunning.timing"
    _description = "Learnt Timing"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _rec_name = "date"

    # === FIELDS === #

    kind = fields.Selection(
        selection=[("timing", "Hours of Retries"), ("risk", "Payment Risk")],
        default="timing",
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date = fields.Date(
        string="Learnt On", required=True, readonly=True, default=fields.Date.today
    )
    is_current = fields.Boolean(
        string="In Use",
        readonly=True,
        help="What is learnt stays in use until something newer is.",
    )
    coefficients = fields.Text(
        readonly=True, help="The numbers that chances are worked out with, as JSON."
    )
    refusal = fields.Text(
        string="Why Not", readonly=True, help="Why nothing could be learnt."
    )

    # === FIELDS: HOW GOOD IT IS === #

    count = fields.Integer(
        string="Cases", readonly=True, help="Retries, or invoices, that were looked at."
    )
    positive_count = fields.Integer(
        string="Of Them Yes",
        readonly=True,
        help="Retries that succeeded, or invoices that were paid late.",
    )
    auc = fields.Float(
        string="AUC",
        digits=(4, 3),
        readonly=True,
        aggregator=None,
        help="How often one that came true was given the higher chance than one that "
        "did not: 0.5 is a coin, 1 is perfect. On cases that it has not learnt from.",
    )
    calibration = fields.Json(readonly=True)
    calibration_gap = fields.Float(
        string="Off By (Points)",
        compute="_compute_calibration_gap",
        digits=(4, 1),
        aggregator=None,
        help="How far what came true was from what was expected, in points of 100: the "
        "average of groups of cases with the same chance, weighed by their size.",
    )
    usual_amounts = fields.Json(readonly=True)
    quality = fields.Text(compute="_compute_quality")

    _one_current = models.UniqueIndex(
        "(company_id, kind) WHERE is_current", "One is in use at a time."
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for fit in self:
            fit.display_name = f"{kinds[fit.kind]}, {format_date(self.env, fit.date)}"

    @api.depends("kind", "refusal", "count", "positive_count", "auc", "calibration")
    def _compute_quality(self):
        for fit in self:
            fit.quality = "\n".join(filter(None, fit._get_sentences()))

    @api.depends("calibration")
    def _compute_calibration_gap(self):
        for fit in self:
            bins = fit._get_bins()
            gap = sum(
                each["count"] * abs(each["actual"] - each["predicted"]) for each in bins
            )
            fit.calibration_gap = (
                100 * gap / max(1, sum(each["count"] for each in bins))
            )

    def _get_sentences(self):
        """Return how good this is, in words for people who plan with it."""
        self.ensure_one()
        counts = {"count": self.count, "positive": self.positive_count}
        if self.kind == "timing":
            seen = self.env._(
                "%(count)s retries, of which %(positive)s succeeded.", **counts
            )
        else:
            seen = self.env._(
                "%(count)s invoices, of which %(positive)s were paid late.", **counts
            )
        telling = self.auc and self.env._(
            "Of two cases that ended differently, it tells which is which %(percent)s "
            "times in 100. A coin would 50 times.",
            percent=round(100 * self.auc),
        )
        return [seen, self.refusal, telling, *map(self._describe_bin, self._get_bins())]

    def _get_bins(self):
        """Return the cases in groups of the same chance, the least likely first."""
        return self.calibration or []

    def _describe_bin(self, each):
        """Return what was expected of some cases, and what came true."""
        return self.env._(
            "%(count)s cases: %(predicted)s %% were expected, %(actual)s %% came true.",
            count=each["count"],
            predicted=round(100 * each["predicted"]),
            actual=round(100 * each["actual"]),
        )

    # === CONSTRAINTS === #

    @api.constrains("coefficients", "kind", "is_current")
    def _check_coefficients(self):
        for fit in self:
            if not fit.coefficients and not fit.is_current:
                continue
            try:
                MODELS[fit.kind].from_json(fit.coefficients or "")
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "The coefficients cannot be used: %(reason)s", reason=error
                    )
                ) from error

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let nobody but the scheduled action say what was learnt."""
        refuse_internal(self, vals_list, self._get_way())
        return super().create(vals_list)

    def write(self, vals):
        """Let nobody but the scheduled action say what was learnt."""
        refuse_internal(self, [vals], self._get_way())
        return super().write(vals)

    def _get_way(self):
        """Return how people change what is in use."""
        return self.env._(
            "The scheduled action learns; Use This goes back to a former time."
        )

    # === ACTIONS === #

    def action_use(self):
        """Go back to what was learnt at another time."""
        self.ensure_one()
        self.check_access("write")
        self.sudo()._put_in_use()
        self.message_post(
            body=self.env._("Put in use by %(user)s.", user=self.env.user.name)
        )

    # === BUSINESS METHODS === #

    def _put_in_use(self):
        """Work with this, and no longer with what was in use before."""
        self.ensure_one()
        self._find_current(self.company_id, self.kind).is_current = False
        self.env.flush_all()
        self.is_current = True

    @api.model
    def _find_current(self, company, kind):
        """Return what a company works with, if it has learnt anything."""
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", kind),
                ("is_current", "=", True),
            ]
        )

    @api.model
    def _get_hours(self, company):
        """Return what a company knows of the hours of retries.

        :rtype: Hours
        """
        latest = self.sudo().search(
            [("company_id", "=", company.id), ("kind", "=", "timing")], limit=1
        )
        usual = {int(key): value for key, value in (latest.usual_amounts or {}).items()}
        return Hours(
            self._find_current(company, "timing")._read_model() or PRIOR, usual
        )

    @api.model
    def _get_risk_model(self, company):
        """Return what a company knows of customers who pay late; None for the rules.

        :rtype: tools.risk.RiskModel | None
        """
        return self._find_current(company, "risk")._read_model()

    def _read_model(self):
        """Return these coefficients; None where there are none that can be used.

        The database may have been written to past the constraints: what is wrong with
        it stops no dunning.
        """
        if not self:
            return None
        try:
            return MODELS[self.kind].from_json(self.coefficients or "")
        except ValueError as error:
            _logger.warning("%s cannot be used: %s", self.display_name, error)
            return None
