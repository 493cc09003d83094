from odoo import Command, api, fields, models
from odoo.tools import format_date, is_html_empty, plaintext2html

from ..tools.lifecycle import BILLED_STATES
from ..tools.recurrence import period_containing


class SubscriptionSubscription(models.Model):
    """What the renewal run asks of a subscription: is it due, what does it owe, and
    what does its invoice look like."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    billing_error = fields.Text(
        copy=False,
        readonly=True,
        help="Why the last attempt to invoice this subscription failed.",
    )
    date_next_try = fields.Date(
        string="Next Try",
        copy=False,
        readonly=True,
        help="When the renewal run tries again to invoice a subscription that failed.",
    )

    _due_index = models.Index(
        "(company_id, date_next_invoice, id) WHERE state IN ('active', 'past_due')"
    )
    _billing_error_index = models.Index("(id) WHERE billing_error IS NOT NULL")

    # === BUSINESS METHODS: WHAT IS DUE === #

    @api.model
    def _get_due_domain(self, company, today):
        """Return the domain of the subscriptions to invoice.

        :param company: the company whose subscriptions are asked for
        :param datetime.date today: the company's date
        """
        return [
            ("company_id", "=", company.id),
            ("state", "in", tuple(BILLED_STATES)),
            ("date_next_invoice", "<=", today),
            "|",
            ("date_next_try", "=", False),
            ("date_next_try", "<=", today),
        ]

    def _get_next_period(self):
        """Return the next period to invoice.

        :rtype: tools.recurrence.Period
        """
        self.ensure_one()
        return period_containing(
            self.date_anchor, self.plan_id._get_interval(), self.date_next_invoice
        )

    def _get_charges(self, period):
        """Return what each line owes for ``period``; extend it to charge more.

        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        return [
            line._get_charge(period)
            for line in self.line_ids
            if not line.meter_id and line._is_billed_on(period.date_start)
        ]

    # === BUSINESS METHODS: INVOICES === #

    def _prepare_invoice_vals(self, charges):
        """Return the values of the invoice that bills ``charges``.

        :param list[tools.charge.Charge] charges: what is billed, at least one
        """
        self.ensure_one()
        vals = {
            "move_type": "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": self.partner_invoice_id.id,
            "partner_shipping_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": self.company_id._get_subscription_today(),
            "invoice_origin": self.name,
            "ref": self.client_order_ref,
            "invoice_user_id": self.user_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "invoice_line_ids": [
                Command.create(self._prepare_invoice_line_vals(charge))
                for charge in charges
            ],
        }
        if self.collection_method == "automatic":
            vals["collection_state"] = "due"
        if self.plan_id.journal_id:
            vals["journal_id"] = self.plan_id.journal_id.id
        if self.payment_term_id:
            vals["invoice_payment_term_id"] = self.payment_term_id.id
        if not is_html_empty(self.terms):
            vals["narration"] = self.terms
        return vals

    def _prepare_invoice_line_vals(self, charge):
        """Return the values of the invoice line of one charge, its claim included."""
        line = self.line_ids.browse(charge.line_id).with_prefetch(
            self.line_ids._prefetch_ids
        )
        return {
            "product_id": line.product_id.id,
            "product_uom_id": line.product_uom_id.id,
            "name": self._get_invoice_line_name(line, charge.period),
            "quantity": float(charge.quantity),
            "price_unit": float(charge.price_unit),
            "discount": float(charge.discount),
            "tax_ids": [Command.set(line.tax_ids.ids)],
            **self._prepare_amount_hint(line, charge),
            "analytic_distribution": line.analytic_distribution,
            "subscription_period_ids": [
                Command.create(self._prepare_period_vals(charge))
            ],
        }

    def _prepare_amount_hint(self, line, charge):
        """Return the untaxed amount of an invoice line, where it is plain to see.

        Core works the amount out itself, and writes each line a second time when it is
        not there yet: a third of the time that an invoice takes.
        """
        if any(line.tax_ids.flatten_taxes_hierarchy().mapped("price_include")):
            return {}
        amount = self.currency_id.round(float(charge.amount))
        hint = {"amount_currency": -amount}
        if self.currency_id == self.company_id.currency_id:
            hint["balance"] = -amount
        return hint

    def _prepare_period_vals(self, charge):
        """Return the values of the claim of one charge."""
        return {
            "line_id": charge.line_id,
            "subscription_id": self.id,
            "company_id": self.company_id.id,
            "kind": charge.kind,
            "date_start": charge.period.date_start,
            "date_end": charge.period.date_end,
            "quantity": float(charge.quantity),
            "currency_id": self.currency_id.id,
        }

    def _get_invoice_line_name(self, line, period):
        """Return the line's description and its period, in the customer's language."""
        lang = self.partner_invoice_id.lang
        env = self.with_context(lang=lang).env if lang else self.env
        return env._(
            "%(description)s\n%(date_start)s to %(date_last)s",
            description=line.name,
            date_start=format_date(env, period.date_start, lang_code=lang),
            date_last=format_date(env, period.date_last, lang_code=lang),
        )

    def _log_free_period(self, period):
        """Write in the chatter that a period had nothing to invoice."""
        self.ensure_one()
        self._message_log(
            body=self.env._(
                "Nothing to invoice from %(date_start)s to %(date_last)s.",
                date_start=format_date(self.env, period.date_start),
                date_last=format_date(self.env, period.date_last),
            )
        )

    # === BUSINESS METHODS: ERRORS === #

    def _set_billing_error(self, message):
        """Keep an error for people: on the record, and as an activity.

        The record leaves the run until its next try date.
        """
        for subscription in self:
            company = subscription.company_id
            subscription.write(
                {
                    "billing_error": message,
                    "date_next_try": fields.Date.add(
                        company._get_subscription_today(),
                        days=company.subscription_retry_days,
                    ),
                }
            )
            subscription._schedule_billing_activity(message)

    def _clear_billing_error(self):
        """Forget the errors of subscriptions that have been billed."""
        mended = self.filtered("billing_error")
        mended.write({"billing_error": False, "date_next_try": False})
        mended._clear_billing_activities()

    def _schedule_billing_activity(self, message):
        """Ask the salesperson to mend the subscription, once."""
        self.ensure_one()
        activity_type = "subscription_billing.mail_activity_type_billing_error"
        user = self.user_id or self.env.user
        note = plaintext2html(message)
        if activity := self.activity_search([activity_type])[:1]:
            activity.note = note
        else:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                activity_type, note=note, user_id=user.id
            )

    def _clear_billing_activities(self):
        """Remove the requests to mend a billing error."""
        self.activity_unlink(["subscription_billing.mail_activity_type_billing_error"])
