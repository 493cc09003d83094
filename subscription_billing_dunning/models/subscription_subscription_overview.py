from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.subscription_billing.models.report_sql import select_today

from .dunning_sql import IS_UNPAID

#: what decides whether an invoice is overdue
OVERDUE_FIELDS = (
    "amount_residual",
    "collection_state",
    "dunning_case_id",
    "invoice_date",
    "invoice_date_due",
    "payment_state",
    "state",
)


class SubscriptionSubscription(models.Model):
    """What is overdue on subscriptions, to act on many of them at once."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    amount_overdue = fields.Monetary(
        string="Overdue",
        compute="_compute_overdue",
        compute_sudo=True,
        help="What is owed on overdue invoices, or ones that could not be charged. An "
        "invoice of several subscriptions counts in full for each.",
    )
    is_overdue = fields.Boolean(
        compute="_compute_overdue", search="_search_is_overdue", compute_sudo=True
    )
    is_charge_failed = fields.Boolean(
        string="Charge Failed",
        compute="_compute_overdue",
        search="_search_is_charge_failed",
        compute_sudo=True,
    )
    dunning_case_id = fields.Many2one(
        "dunning.case",
        string="Case",
        compute="_compute_overdue",
        compute_sudo=True,
        help="The open dunning case of its overdue invoices.",
    )
    dunning_step_id = fields.Many2one(
        "dunning.step",
        string="Last Step",
        compute="_compute_overdue",
        compute_sudo=True,
    )
    dunning_step_next_id = fields.Many2one(
        "dunning.step",
        string="Next Step",
        compute="_compute_overdue",
        compute_sudo=True,
    )
    dunning_date_next = fields.Datetime(
        string="Next Look", compute="_compute_overdue", compute_sudo=True
    )

    # === COMPUTE METHODS === #

    def _compute_overdue(self):
        rows = {}
        if self.ids:
            found = self.env.execute_query(self._select_overdue(self.ids))
            rows = {id_: values for id_, *values in found}
        cases = self.env["dunning.case"].browse(
            {case_id for _amount, _failed, case_id in rows.values() if case_id}
        )
        for subscription in self:
            amount, failed, case_id = rows.get(subscription._origin.id, (0, 0, False))
            case = cases.browse(case_id or []).with_prefetch(cases.ids)
            subscription.amount_overdue = amount
            subscription.is_overdue = bool(amount)
            subscription.is_charge_failed = failed
            subscription.dunning_case_id = case
            subscription.dunning_step_id = case.step_id
            subscription.dunning_step_next_id = case.step_next_id
            subscription.dunning_date_next = case.date_next

    def _search_is_overdue(self, operator, _value):
        if operator != "in":
            return NotImplemented
        return [
            ("id", "in", SQL("(SELECT id FROM (%s) overdue)", self._select_overdue()))
        ]

    def _search_is_charge_failed(self, operator, _value):
        if operator != "in":
            return NotImplemented
        overdue = self._select_overdue()
        return [
            ("id", "in", SQL("(SELECT id FROM (%s) overdue WHERE failed)", overdue))
        ]

    # === ACTIONS === #

    def action_hold_dunning(self):
        """Open the dialog that puts the cases of these subscriptions on hold."""
        return self._get_open_cases().action_hold()

    def action_skip_dunning(self):
        """Pass over the next step of the cases of these subscriptions, but for those
        that an agency has.

        :raises UserError: there is no other
        """
        cases = self._get_open_cases()
        cases.check_access("write")
        (cases.filtered(lambda case: case._is_ours()) or cases).action_skip()

    def action_write_customer(self):
        """Open the dialog that writes an e-mail to each of these customers."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to Customers"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "mass_mail",
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "default_subject": self.env._("Your subscription"),
            },
        }

    # === BUSINESS METHODS === #

    def _get_open_cases(self):
        """Return the open cases of these subscriptions, as the user.

        :raises UserError: there is none
        """
        cases = self.dunning_case_id.sudo(False)
        if not cases:
            raise UserError(
                self.env._("None of these subscriptions has an open dunning case.")
            )
        return cases

    @api.model
    def _select_overdue(self, ids=None):
        """Return the query of what is overdue on subscriptions, and the case of it.

        :param list[int] ids: only of these subscriptions
        """
        self.env["account.move"].flush_model(OVERDUE_FIELDS)
        self.env["dunning.case"].flush_model(["state"])
        only = SQL("AND subscription_id IN %s", tuple(ids)) if ids else SQL()
        return SQL(
            """
            SELECT billed.subscription_id AS id, SUM(move.amount_residual)::float,
                   BOOL_OR(move.collection_state IS NOT DISTINCT FROM 'failed')
                   AS failed, MAX(dunning.id)
              FROM account_move move
              JOIN (%(today)s) today ON today.company_id = move.company_id
              JOIN LATERAL (
                   SELECT subscription_id FROM subscription_period
                    WHERE move_id = move.id %(only)s
                    UNION
                   SELECT subscription_id FROM subscription_item
                    WHERE move_id = move.id %(only)s) billed ON TRUE
         LEFT JOIN dunning_case dunning
                ON dunning.id = move.dunning_case_id AND dunning.state != 'closed'
             WHERE %(unpaid)s
               AND (COALESCE(move.invoice_date_due, move.invoice_date) < today.date
                    OR move.collection_state = 'failed')
             GROUP BY 1
            """,
            today=select_today(self.env),
            only=only,
            unpaid=IS_UNPAID,
        )
