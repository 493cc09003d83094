from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.tools import format_date, is_html_empty

from ..tools.lifecycle import BILLED_STATES
from .activity import schedule_once

BILLING_ERROR = "subscription_billing.mail_activity_type_billing_error"


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
        "(company_id, date_next_invoice, id)"
        " WHERE state IN ('active', 'past_due', 'paused')"
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
            "|",
            ("state", "in", tuple(BILLED_STATES)),
            "&",
            ("state", "=", "paused"),
            ("is_billed_in_pause", "=", True),
            ("date_next_invoice", "<=", today),
            "|",
            ("date_next_try", "=", False),
            ("date_next_try", "<=", today),
            self._get_invoiced_domain(),
        ]

    @api.model
    def _get_invoiced_domain(self):
        """Return the term that leaves out customers who are not invoiced by
        themselves."""
        off = [("commercial_partner_id.is_invoicing_off", "=", True)]
        return ("partner_invoice_id", "not any", off)

    def _is_billed(self):
        """Return whether periods are invoiced when they fall due.

        Beside the running ones that is a pause in which only the service stops.
        """
        self.ensure_one()
        return self.state in BILLED_STATES or (
            self.state == "paused" and self.is_billed_in_pause
        )

    def _get_documents(self):
        """Return the invoices and credit notes of these subscriptions."""
        return (self.period_ids.move_id | self.item_ids.move_id).sudo()

    # === BUSINESS METHODS: INVOICES === #

    def _get_printed_charges(self, charges):
        """Return the charges that get an invoice line; none when nothing is owed.

        The others are claimed all the same.
        """
        self.ensure_one()
        # Less than the smallest payable amount can be left of a reduced price.
        is_free = not any(
            self.currency_id.round(float(charge.amount)) or charge.item_id
            for charge in charges
        )
        if is_free and not self.plan_id.is_zero_invoiced:
            return []
        silent = ("credit", "usage")
        return [each for each in charges if each.amount or each.kind not in silent]

    def _split_charges(self, charges):
        """Return the documents that bill ``charges``.

        What is given back of an invoice that is not paid in full is credited to that
        very invoice: a customer who does not pay for an upgrade has no credit for it.

        :rtype: dict[account.move, list[tools.charge.Charge]], by the invoice that a
            credit note reverses; no record for the new invoice
        """
        self.ensure_one()
        documents = defaultdict(list)
        for charge in charges:
            documents[self._get_invoice_to_credit(charge)].append(charge)
        return documents

    def _get_invoice_to_credit(self, charge):
        """Return the invoice whose amount a charge gives back, if it is still owed.

        A draft is, save for what a preview imagines: that is taken for paid.
        """
        if charge.origin_id:
            origin = self._get_credited_claim(charge).move_id
        elif charge.item_id:
            items = self.item_ids
            item = items.browse(charge.item_id).with_prefetch(items._prefetch_ids)
            origin = item.origin_id.move_id
        else:
            return self.env["account.move"]
        if origin.state == "draft":
            is_imagined = self.env.context.get("subscription_clock")
            owes = not is_imagined or self.plan_id.invoice_mode == "draft"
        else:
            owes = origin and origin._is_unpaid()
        is_under_way = origin.collection_state == "open"
        return origin if owes and not is_under_way else origin.browse()

    def _get_credited_claim(self, charge):
        """Return the claim that a credit gives back."""
        claims = self.period_ids
        return claims.browse(charge.origin_id).with_prefetch(claims._prefetch_ids)

    def _prepare_invoice_vals(self, charges, reversed_move=None):
        """Return the values of the document that bills ``charges``.

        It is a credit note when the customer is given more than it owes.

        :param list[tools.charge.Charge] charges: what is billed, at least one
        :param reversed_move: the open invoice that a credit note takes off; it is for
            the customer of that one
        """
        self.ensure_one()
        lines = self._prepare_invoice_lines_vals(charges)
        billing_lines = [line for line in lines if "quantity" in line]
        sign = self._get_document_sign(charges, billing_lines)
        for line in billing_lines:
            line["quantity"] *= sign
        vals = {
            "move_type": "out_refund" if sign < 0 else "out_invoice",
            "company_id": self.company_id.id,
            "partner_id": self.partner_invoice_id.id,
            "partner_shipping_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": self.company_id._get_subscription_today(),
            "invoice_origin": self.name,
            "ref": self.client_order_ref,
            "invoice_user_id": self.user_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "invoice_line_ids": [Command.create(line) for line in lines],
        }
        if reversed_move:
            vals["reversed_entry_id"] = reversed_move.id
            vals["partner_id"] = reversed_move.partner_id.id
        if self._is_charged() and sign > 0:
            vals["collection_state"] = "due"
        if self.plan_id.journal_id:
            vals["journal_id"] = self.plan_id.journal_id.id
        if self.payment_term_id and sign > 0:
            vals["invoice_payment_term_id"] = self.payment_term_id.id
        if not is_html_empty(self.terms):
            vals["narration"] = self.terms
        return vals

    def _prepare_invoice_lines_vals(self, charges):
        """Return the values of the lines of an invoice that bills ``charges``."""
        return [self._prepare_invoice_line_vals(charge) for charge in charges]

    def _get_document_sign(self, charges, lines):
        """Return -1 for what can only be a credit note, else 1.

        What is given back and what is owed can have different taxes, and prices with
        and without them: only their totals compare, as the document will have them.

        :param list[dict] lines: values of the invoice lines of ``charges``
        """
        amounts = [each.amount for each in charges]
        if min(amounts) >= 0:
            return 1
        if max(amounts) <= 0:
            return -1
        Tax, company = self.env["account.tax"], self.company_id
        base_lines = [
            Tax._prepare_base_line_for_taxes_computation(
                None,
                product_id=self.env["product.product"].browse(line["product_id"]),
                product_uom_id=self.env["uom.uom"].browse(line["product_uom_id"]),
                tax_ids=Tax.browse(line["tax_ids"][0][2]),
                currency_id=self.currency_id,
                **{name: line[name] for name in ("quantity", "price_unit", "discount")},
            )
            for line in lines
        ]
        Tax._add_tax_details_in_base_lines(base_lines, company)
        Tax._round_base_lines_tax_details(base_lines, company)
        totals = Tax._get_tax_totals_summary(base_lines, self.currency_id, company)
        total = totals["total_amount_currency"]
        return -1 if self.currency_id.compare_amounts(total, 0) < 0 else 1

    def _prepare_invoice_line_vals(self, charge):
        """Return the values of the invoice line of one charge, its claim included."""
        if charge.item_id:
            vals = self.item_ids.browse(charge.item_id)._prepare_invoice_line_vals()
        elif charge.origin_id:
            vals = self._prepare_credit_line_vals(charge)
        else:
            vals = self._prepare_recurring_line_vals(charge)
        taxes = self.env["account.tax"].browse(vals["tax_ids"][0][2])
        return self._shorten_price(
            {
                "quantity": float(charge.quantity or 1),
                "price_unit": float(charge.price_unit),
                "discount": float(charge.discount),
                **vals,
                **self._prepare_amount_hint(taxes, charge),
            }
        )

    def _prepare_recurring_line_vals(self, charge):
        """Return what the invoice line of a subscription line says, and its claim."""
        line = self.line_ids.browse(charge.line_id).with_prefetch(
            self.line_ids._prefetch_ids
        )
        return {
            "product_id": line.product_id.id,
            "product_uom_id": line.product_uom_id.id,
            "name": self._get_recurring_line_name(line, charge),
            "price_unit": float(
                self._get_reduced_price_unit(charge, charge.price_unit)
            ),
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "analytic_distribution": line.analytic_distribution,
            "subscription_period_ids": [
                Command.create(self._prepare_period_vals(charge))
            ],
        }

    def _prepare_credit_line_vals(self, charge):
        """Return what the line that gives days back says: as the one it reverses."""
        claim = self._get_credited_claim(charge)
        origin = claim.move_line_id
        ratio = float(charge.amount) / -claim.amount
        return {
            "product_id": origin.product_id.id,
            "product_uom_id": origin.product_uom_id.id,
            "name": self._get_credit_line_name(claim.line_id, charge),
            "price_unit": origin.price_unit * ratio,
            "discount": origin.discount,
            "tax_ids": [Command.set(origin.tax_ids.ids)],
            "account_id": origin.account_id.id,
            "analytic_distribution": origin.analytic_distribution,
            "subscription_period_ids": [
                Command.create(self._prepare_period_vals(charge))
            ],
        }

    def _prepare_amount_hint(self, taxes, charge):
        """Return the untaxed amount of an invoice line, where it is plain to see.

        Core works the amount out itself, and writes each line a second time when it is
        not there yet: a third of the time that an invoice takes.
        """
        if any(taxes.flatten_taxes_hierarchy().mapped("price_include")):
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
            "origin_id": charge.origin_id or False,
            "reductions": {t.discount: float(t.amount) for t in charge.reductions}
            or False,
        }

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
            subscription.sudo().write(
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
        mended.sudo().write({"billing_error": False, "date_next_try": False})
        mended._clear_billing_activities()

    def _schedule_billing_activity(self, message):
        """Ask the salesperson to mend the subscription, once."""
        self.ensure_one()
        schedule_once(self, BILLING_ERROR, message, self.user_id)

    def _clear_billing_activities(self):
        """Remove the requests to mend a billing error."""
        self.activity_unlink([BILLING_ERROR])
