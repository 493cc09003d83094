import logging
from dataclasses import asdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.batch import is_time_up, run_isolated

from .dunning_learning_rows import find_payments, find_retries, find_usual_amounts

_logger = logging.getLogger(__name__)


class DunningLearning(models.AbstractModel):
    """Once a month, each company learns anew from its own retries and invoices."""

    _name = "dunning.learning"
    _description = "Dunning: Learning"

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_learn(self):
        """Learn what is not learnt yet today, with a commit after each company."""
        cron = self.env["ir.cron"]
        waiting = self._find_waiting()
        while waiting and not is_time_up(self.env):
            company, kind = waiting.pop()
            self._learn_or_note(company, kind)
            cron._commit_progress(1, remaining=len(waiting))
        cron._commit_progress(remaining=len(waiting))

    @api.model
    def _find_waiting(self):
        """Return which company has to learn what: pairs of a company and a kind."""
        done = self.env["dunning.timing"].search([("date", "=", fields.Date.today())])
        known = {(fit.company_id.id, fit.kind) for fit in done}
        return [
            (company, kind)
            for company in self.env["res.company"].search([])
            for kind in ("risk", "timing")
            if (company.id, kind) not in known
        ]

    @api.model
    def _learn_or_note(self, company, kind):
        """Learn, or keep for people why that was not possible.

        What goes wrong in one company does not stop the others.
        """
        run_isolated(
            company,
            lambda one: self._learn(one, kind),
            lambda one, message: self._on_error(one, kind, message),
        )

    @api.model
    def _on_error(self, company, kind, message):
        """Keep why a company could not learn; log it."""
        _logger.warning("%s could not learn (%s): %s", company.name, kind, message)
        self._keep(company, kind, {"refusal": message})

    # === BUSINESS METHODS === #

    @api.model
    def _learn(self, company, kind):
        """Learn one kind of thing from what a company has seen, and work with it.

        :param str kind: of ``dunning.timing``
        :return: the new ``dunning.timing``
        :raises UserError: the library that learns is missing
        """
        fit = self._get_fit(kind)
        if kind == "timing":
            usual = find_usual_amounts(self.env, company)
            rows = find_retries(self.env, company, usual)
            return self._keep_fit(company, kind, fit(rows), {"usual_amounts": usual})
        return self._keep_fit(company, kind, fit(find_payments(self.env, company)), {})

    @api.model
    def _get_fit(self, kind):
        """Return what learns one kind of thing.

        Its library takes a second to load, and is not needed for anything else.

        :raises UserError: it is missing
        """
        try:
            from ..fitting import risk, timing
        except ImportError as error:
            raise UserError(
                self.env._(
                    "Learning needs the Python package scikit-learn, which is missing "
                    "on the server (%(error)s). Until it is installed, what was learnt "
                    "before stays in use.",
                    error=error,
                )
            ) from error
        if kind == "timing":
            return timing.fit
        return lambda rows: risk.fit([risk.Paid(*row) for row in rows])

    @api.model
    def _keep_fit(self, company, kind, fitted, vals):
        """Keep what was learnt, or why nothing was.

        :param fitted: a ``fitting.logistic.Fitted``
        :param dict vals: further values
        """
        vals = {
            "count": fitted.count,
            "positive_count": fitted.positive_count,
            "auc": fitted.auc or 0.0,
            "calibration": [asdict(each) for each in fitted.calibration],
            "refusal": fitted.refusal and self._describe(kind, fitted.refusal),
            "coefficients": not fitted.refusal and fitted.model.to_json(),
            **vals,
        }
        kept = self._keep(company, kind, vals)
        if not fitted.refusal:
            kept._put_in_use()
        return kept

    @api.model
    def _keep(self, company, kind, vals):
        """Create the record of what was learnt."""
        return (
            self.env["dunning.timing"]
            .sudo()
            .create(
                {
                    "company_id": company.id,
                    "kind": kind,
                    "date": fields.Date.today(),
                    **vals,
                }
            )
        )

    @api.model
    def _describe(self, kind, refusal):
        """Return in words why nothing was learnt.

        :param refusal: a ``fitting.logistic.Refusal``
        """
        if refusal.why == "weak":
            return self.env._(
                "What is known of customers hardly tells who pays late. The rules stay "
                "in use."
            )
        counts = {"needed": round(refusal.needed), "found": round(refusal.found)}
        is_positive = refusal.why == "few_positive"
        if kind == "timing" and is_positive:
            text = self.env._("retries that succeeded")
        elif kind == "timing":
            text = self.env._("retries that were declined")
        elif is_positive:
            text = self.env._("customers who paid late")
        else:
            text = self.env._("customers who paid in time")
        return self.env._(
            "There are too few %(what)s to learn from: %(found)s of %(needed)s.",
            what=text,
            **counts,
        )
