from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command


class SubscriptionSubscription(models.Model):
    """What Odoo's own import asks of subscriptions and their lines."""

    _inherit = "subscription.subscription"

    # === CRUD METHODS === #

    def _load_records(self, data_list, update=False):
        """Take an empty cell of an import for the default, not for zero.

        :raises ValueError: several records are loaded and one of them is refused; the
            import then loads them one by one and reports the row at fault. A
            ``UserError`` it would report at the first row too.
        """
        if "_import_current_module" not in self.env.context:
            return super()._load_records(data_list, update)
        cleaned = [
            {**data, "values": self._drop_empty_cells(data["values"])}
            for data in data_list
        ]
        try:
            return super()._load_records(cleaned, update)
        except UserError as error:
            if len(data_list) == 1:
                raise
            raise ValueError(str(error)) from error

    def action_confirm(self):
        """Do not let an import bill the past of a book by mistake."""
        if self.env.context.get("import_file"):
            self._check_import_says_what_is_billed()
        return super().action_confirm()

    # === ACTIONS === #

    @api.model
    def get_import_templates(self):
        """Offer the import template in the list view's import screen."""
        return [
            {
                "label": self.env._("Import Template for Subscriptions"),
                "template": "/subscription_billing/static/xls/"
                "subscription_import_template.xlsx",
            }
        ]

    # === BUSINESS METHODS === #

    def _check_import_says_what_is_billed(self):
        """Refuse a row that would be invoiced from its start date until today.

        :raises UserError: Next Invoice is empty and a whole period has passed
        """
        asked = self.filtered(
            lambda s: not s.date_next_invoice and s.backdating == "bill"
        )
        for subscription in asked:
            today = subscription.company_id._get_subscription_today()
            recurrence = subscription._get_recurrence()
            period = recurrence.period_containing(subscription._get_first_day())
            if period.date_end <= today:
                raise UserError(
                    self.env._(
                        "Next Invoice is empty, and %(customer)s started on %(start)s: "
                        "every period since then would be invoiced. Fill in the date "
                        "of the next invoice, or the start date to invoice them all.",
                        customer=subscription.partner_id.display_name,
                        start=subscription.date_start,
                    )
                )

    @api.model
    def _drop_empty_cells(self, vals):
        """Return values without the empty ones that have a default.

        The plan is never taken for granted: a row without one is refused.
        """
        kept = {
            name: value
            for name, value in vals.items()
            if name == "plan_id" or not _is_left_out(self._fields.get(name), value)
        }
        for name in ("line_ids", "discount_ids"):
            if commands := kept.get(name):
                model = self.env[self._fields[name].comodel_name]
                kept[name] = [_drop_empty_part(model, each) for each in commands]
        return kept

    @api.model
    def _sql_error_to_message(self, exc):
        """Say what is wrong with a line or a discount in its own words."""
        for name in ("subscription.line", "subscription.discount"):
            if exc.diag.table_name == self.env[name]._table:
                return self.env[name]._sql_error_to_message(exc)
        return super()._sql_error_to_message(exc)


def _drop_empty_part(model, command):
    """Return the command of a line or a discount without what has a default."""
    if command[0] != Command.CREATE:
        return command
    return Command.create(
        {
            name: value
            for name, value in command[2].items()
            if not _is_left_out(model._fields.get(name), value)
        }
    )


def _is_left_out(field, value):
    """Return whether a value is an empty cell of a field that fills itself."""
    return value is False and field and bool(field.compute or field.default)
