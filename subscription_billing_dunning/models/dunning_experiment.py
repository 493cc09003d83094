from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.subscription_billing.models.derived import (
    refuse_internal,
    without_internal_defaults,
)

from ..tools.experiment import assign

VERSIONS = [("a", "A"), ("b", "B")]


class DunningExperiment(models.Model):
    """Two versions of a policy, each for a random part of the new cases.

    A version is a policy. To compare two templates, copy the policy and choose another
    template in a step of the copy. Who gets which version is settled by the customer,
    so that nobody meets both. How they have done: ``dunning_experiment_result``.
    """

    _name = "dunning.experiment"
    _description = "Dunning Test"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(
        required=True,
        help="It also draws who gets which version: another test draws anew.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    policy_id = fields.Many2one(
        "dunning.policy",
        string="Version A",
        required=True,
        check_company=True,
        ondelete="restrict",
        help="The policy that is followed already: only cases that would follow it "
        "take part.",
    )
    policy_b_id = fields.Many2one(
        "dunning.policy",
        string="Version B",
        check_company=True,
        ondelete="restrict",
        context={"active_test": False},
        help="What is tried against it. It may be archived, so that nobody else "
        "follows it.",
    )
    share = fields.Integer(
        string="Share of B (%)", default=50, required=True, aggregator=None
    )
    seed = fields.Char(
        readonly=True,
        copy=False,
        help="What the draw begins with: set at the start.",
    )
    date_start = fields.Date(string="Start", tracking=True)
    date_end = fields.Date(
        string="End",
        tracking=True,
        help="The last day on which new cases take part; empty until it is stopped.",
    )
    days = fields.Integer(
        string="Days Looked At",
        default=30,
        required=True,
        aggregator=None,
        help="A case counts when so many days have passed since it began, with what "
        "had become of it by then: so that early and late cases are treated alike.",
    )
    state = fields.Selection(
        selection=[("draft", "New"), ("running", "Running"), ("ended", "Ended")],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    case_ids = fields.One2many(
        "dunning.case", "experiment_id", string="Cases", readonly=True
    )

    _one_running = models.UniqueIndex(
        "(policy_id, company_id) WHERE state = 'running'",
        "A test of this policy is running already. Stop it first.",
    )
    _share_range = models.Constraint(
        "CHECK (share BETWEEN 1 AND 99)", "Share of B (%) is from 1 to 99."
    )
    _days_positive = models.Constraint(
        "CHECK (days > 0)", "Days Looked At must be 1 or more."
    )
    _two_policies = models.Constraint(
        "CHECK (policy_id != policy_b_id)", "Version A and Version B must differ."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_end >= date_start)", "End must not be before Start."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let tests begin as new ones."""
        refuse_internal(self, vals_list, self._get_way())
        return super(DunningExperiment, without_internal_defaults(self)).create(
            vals_list
        )

    def write(self, vals):
        """Keep what a test compares as it was when it started."""
        refuse_internal(self, [vals], self._get_way())
        fixed = {"policy_id", "policy_b_id", "share", "company_id", "days"}
        if fixed & vals.keys() and any(each.state != "draft" for each in self):
            raise UserError(
                self.env._(
                    "A test that has started compares what it started with: stop it "
                    "and make a new one."
                )
            )
        return super().write(vals)

    def _get_way(self):
        """Return how people start and stop tests."""
        return self.env._("Start and Stop are buttons.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if any(each.state != "draft" for each in self):
            raise UserError(
                self.env._("A test that has started is kept, with what it has shown.")
            )

    # === ACTIONS === #

    def action_copy_policy(self):
        """Make Version B a copy of Version A, archived, and open it to be changed."""
        self.ensure_one()
        self.check_access("write")
        if self.policy_b_id or self.state != "draft":
            raise UserError(self.env._("There is a Version B already."))
        name = self.env._("%(policy)s, version B", policy=self.policy_id.name)
        self.policy_b_id = self.policy_id.copy({"name": name, "active": False})
        return self.policy_b_id._get_records_action(name=name)

    def action_start(self):
        """Let new cases take part from now on.

        :raises UserError: it cannot
        """
        self.check_access("write")
        for test in self:
            if test.state != "draft":
                raise UserError(self.env._("Only a new test can be started."))
            if not test.policy_b_id.step_ids:
                raise UserError(
                    self.env._("Choose a Version B with steps, or copy Version A.")
                )
            today = test.company_id._get_subscription_today()
            test.sudo().write(
                {
                    "state": "running",
                    "seed": f"{test.id}/{test.name}",
                    "date_start": max(test.date_start or today, today),
                }
            )

    def action_stop(self):
        """Let no more cases take part. Those that do go on as they are."""
        self.check_access("write")
        for test in self:
            if test.state != "running":
                raise UserError(self.env._("Only a running test can be stopped."))
            today = test.company_id._get_subscription_today()
            ends = min(test.date_end or today, today)
            test.sudo().write(
                {"state": "ended", "date_end": max(ends, test.date_start)}
            )

    def action_view_cases(self):
        """Open the cases that take part."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing_dunning.dunning_case_action"
        )
        domain = [("experiment_id", "=", self.id)]
        return {
            **action,
            "domain": domain,
            "context": {"search_default_group_version": 1},
        }

    # === CONSTRAINTS === #

    @api.constrains("state", "policy_id", "policy_b_id", "company_id")
    def _check_versions_are_in_one_test(self):
        """Refuse a policy in two tests that run: neither would tell what it did."""
        for test in self.filtered(lambda each: each.state == "running"):
            policies = (test.policy_id | test.policy_b_id).ids
            other = self.search(
                [
                    ("id", "!=", test.id),
                    ("state", "=", "running"),
                    ("company_id", "=", test.company_id.id),
                    "|",
                    ("policy_id", "in", policies),
                    ("policy_b_id", "in", policies),
                ],
                limit=1,
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "%(other)s runs with one of these policies already. Stop it "
                        "first.",
                        other=other.name,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _end_over(self, company):
        """End the tests of a company whose last day is over."""
        today = company._get_subscription_today()
        over = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "running"),
                ("date_end", "<", today),
            ]
        )
        over.state = "ended"

    @api.model
    def _find_running(self, company):
        """Return the tests in which new cases of a company take part today."""
        today = company._get_subscription_today()
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "running"),
                ("date_start", "<=", today),
                "|",
                ("date_end", "=", False),
                ("date_end", ">=", today),
            ]
        )

    def _prepare_policy_vals(self, policy, partner):
        """Return which policy a new case follows, and in which of these tests.

        :param policy: the ``dunning.policy`` that fits the customer
        """
        test = self.filtered(lambda each: each.policy_id == policy)
        if not test:
            return {"policy_id": policy.id, "experiment_id": False, "version": False}
        version = assign(test.seed, str(partner.id), test.share / 100)
        chosen = test.policy_b_id if version == "b" else policy
        return {
            "policy_id": chosen.id,
            "experiment_id": test.id,
            "version": version,
        }


class DunningCase(models.Model):
    """Which test a case takes part in."""

    _inherit = "dunning.case"

    # === FIELDS === #

    experiment_id = fields.Many2one(
        "dunning.experiment",
        string="Test",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    version = fields.Selection(
        selection=VERSIONS,
        readonly=True,
        help="With which policy the case began. It stays when a person changes the "
        "policy, so that both versions are compared with all that came of them.",
    )
