from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.notices import Window, lasts_days, lasts_months

KINDS = [
    ("renewal", "Upcoming Renewal"),
    ("trial_end", "Trial Ending"),
    ("term_end", "Term Ending"),
    ("price_change", "Price Change"),
    ("plan_change", "Plan Change"),
    ("invoice", "Invoice"),
    ("receipt", "Receipt"),
    ("payment_link", "Payment Link"),
    ("card_expiring", "Card Expiring"),
    ("card_expiring_soon", "Card Expiring: Last Reminder"),
    ("payment_action", "Payment to Confirm"),
]
#: kinds about the saved card that pays, found ahead of its last day
CARD_KINDS = ("card_expiring", "card_expiring_soon")
#: kinds that the scheduled action finds by itself, ahead of their day
DATED_KINDS = ("renewal", "trial_end", "term_end", *CARD_KINDS)


class SubscriptionNoticeRule(models.Model):
    """Who is told of what, and how many days before.

    Of the active rules of a kind, the first in the list that fits a subscription is the
    one that applies to it.
    """

    _name = "subscription.notice.rule"
    _description = "Notice Rule"
    _order = "sequence, id"
    _check_company_auto = True

    # === FIELDS === #

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Leave empty to apply this rule in every company.",
    )
    kind = fields.Selection(
        selection=KINDS,
        default="renewal",
        required=True,
        help="What customers are told of. Renewals, ends of trials, ends of terms and "
        "expiring cards are found ahead of their day; the others are sent when they "
        "happen.",
    )
    plan_ids = fields.Many2many(
        "subscription.plan",
        string="Plans",
        check_company=True,
        help="Leave empty to apply this rule to every plan.",
    )
    days_before = fields.Integer(
        default=30,
        help="Days between the notice and the day that it is about. A price change is "
        "announced at once, and takes effect after so many days at the earliest.",
    )
    days_latest = fields.Integer(
        string="At the Latest",
        help="A notice that is sent with fewer days left to its day counts as late.",
    )
    min_term_months = fields.Integer(
        string="Minimum Term (Months)",
        help="Leave out subscriptions that are committed, or renew, for a shorter "
        "time; 0 to leave out none.",
    )
    min_trial_days = fields.Integer(
        string="Minimum Trial (Days)",
        help="Leave out shorter trials; 0 to leave out none.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="E-mail Template",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
        domain="[('model', '=', 'subscription.notice')]",
        help="A template for notices; copy the one of this kind to write your own.",
    )
    attach_pdf = fields.Boolean(
        string="Attach Invoice",
        default=True,
        help="Attach the invoice as a PDF. Making one takes about a second.",
    )
    notice_count = fields.Integer(string="Notices", compute="_compute_notice_count")

    _days_in_order = models.Constraint(
        "CHECK (days_latest >= 0 AND days_latest <= days_before)",
        "At the Latest must be 0 or more, and not more than Days Before.",
    )
    _minimum_not_negative = models.Constraint(
        "CHECK (min_term_months >= 0 AND min_trial_days >= 0)",
        "Minimum Term and Minimum Trial must be 0 (none) or more.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind")
    def _compute_template_id(self):
        for rule in self:
            rule.template_id = self.env.ref(
                f"subscription_billing.mail_template_notice_{rule.kind}",
                raise_if_not_found=False,
            )

    def _compute_notice_count(self):
        counts = dict(
            self.env["subscription.notice"]._read_group(
                [("rule_id", "in", self.ids)],
                groupby=["rule_id"],
                aggregates=["__count"],
            )
        )
        for rule in self:
            rule.notice_count = counts.get(rule, 0)

    # === CONSTRAINTS === #

    @api.constrains("template_id")
    def _check_template(self):
        for rule in self:
            if rule.template_id.sudo().model != "subscription.notice":
                raise ValidationError(
                    self.env._(
                        "The e-mail template %(template)s is not one for notices. "
                        "Choose a template that applies to Notice.",
                        template=rule.template_id.sudo().name,
                    )
                )

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self.filtered(lambda rule: rule.sudo().notice_count):
            raise UserError(
                self.env._(
                    "%(rule)s has sent notices, whose proof names it. Archive it "
                    "instead.",
                    rule=used[0].name,
                )
            )

    # === ACTIONS === #

    def action_view_notices(self):
        """Open the notices that this rule has sent."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_notice_action"
        )
        return {**action, "domain": [("rule_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    def _get_window(self):
        """Return the days before the event on which its notice is in time.

        :return: None for what has happened: it is told of at once, and never late
        :rtype: tools.notices.Window | None
        """
        self.ensure_one()
        if self.kind == "price_change":
            return Window(self.days_before, self.days_before)
        if self.kind in DATED_KINDS:
            return Window(self.days_before, self.days_latest)
        return None

    def _get_scoped_domains(self, company):
        """Yield each rule, in order, with the domain of the subscriptions it is for.

        What an earlier rule of the same kind is for is not for a later one.

        :param company: the company of the subscriptions; rules of others are left out
        """
        today = company._get_subscription_today()
        taken = defaultdict(list)
        for rule in self.sorted():
            if rule.company_id and rule.company_id != company:
                continue
            domain = rule._get_scope_domain(today)
            earlier = taken[rule.kind]
            yield rule, Domain.AND([domain, *(~other for other in earlier)])
            earlier.append(domain)

    def _get_scope_domain(self, today):
        """Return the domain of the subscriptions that the rule itself asks for."""
        self.ensure_one()
        domain = Domain.TRUE
        if self.plan_ids:
            domain &= Domain("plan_id", "in", self.plan_ids.ids)
        if self.min_term_months:
            domain &= self._get_term_domain(today)
        if self.kind == "trial_end" and self.min_trial_days:
            domain &= self._get_trial_domain()
        return domain

    def _get_term_domain(self, today):
        """Return the domain of what is committed, or renews, for long enough.

        After the commitment it is the billing period that renews.
        """
        plans = self.env["subscription.plan"].with_context(active_test=False).search([])
        months = self.min_term_months
        periodic = plans.filtered(lambda p: lasts_months(p._get_interval(), months))
        committed = plans.filtered(
            lambda p: p._get_term() and lasts_months(p._get_term(), months)
        )
        # It renews on the day after its last day: on that day it still counts.
        yesterday = fields.Date.subtract(today, days=1)
        return Domain("plan_id", "in", periodic.ids) | (
            Domain("plan_id", "in", committed.ids)
            & Domain("date_term_end", ">=", yesterday)
        )

    def _get_trial_domain(self):
        """Return the domain of the trials that are long enough."""
        days = self.min_trial_days
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s - %s >= %s",
                model._field_to_sql(alias, "date_trial_end", query),
                model._field_to_sql(alias, "date_start", query),
                days,
            ),
            predicate=lambda subscription: bool(
                subscription.date_trial_end
                and lasts_days(
                    subscription.date_start, subscription.date_trial_end, days
                )
            ),
        )
