from odoo import api, models

from .batch import lock_first

#: what documents must have in common to become one
SHARED_VALS = (
    "company_id",
    "partner_id",
    "currency_id",
    "move_type",
    "invoice_date",
    "journal_id",
    "invoice_payment_term_id",
    "fiscal_position_id",
    "collection_state",
    "narration",
)


class SubscriptionRenewal(models.AbstractModel):
    """One invoice for all subscriptions of a customer that asks for it.

    They are on one document when they are due on one day and agree in everything that
    a document has only one of, such as its currency and the method that pays it.
    """

    _inherit = "subscription.renewal"

    @api.model
    def _lock_due(self, limit):
        """Take up what else is due of the customers who want one invoice.

        Another run may hold some of it: this one waits, and starts over with what is
        left then.
        """
        subscriptions = super()._lock_due(limit)
        payers = subscriptions.partner_invoice_id.filtered("is_invoiced_together")
        if not payers:
            return subscriptions
        company = self.env.company
        domain = [
            *subscriptions._get_due_domain(company, company._get_subscription_today()),
            ("partner_invoice_id", "in", payers.ids),
            ("id", "not in", subscriptions.ids),
        ]
        return subscriptions | lock_first(
            subscriptions.browse(), domain, "id", is_waiting=True
        )

    @api.model
    def _consolidate(self, documents):
        """Join the documents of customers who want one invoice, and those that credit
        the same invoice.

        :param documents: pairs of a subscription and the values of its document
        :return: pairs of the first subscription and the values, in the same order
        """
        joined = {}
        for number, (subscription, vals) in enumerate(documents):
            key = self._get_document_key(subscription, vals) or number
            if key in joined:
                self._join_vals(joined[key][1], vals)
            else:
                joined[key] = subscription, vals
        return list(joined.values())

    @api.model
    def _get_document_key(self, subscription, vals):
        """Return what a document shares with those it can be joined with.

        :return: None when the customer wants a document for each subscription
        """
        if reversed_id := vals.get("reversed_entry_id"):
            # Core pairs the invoices that are posted with one credit note each.
            return "reversed_entry_id", reversed_id
        if not subscription.partner_invoice_id.is_invoiced_together:
            return None
        return (
            *(vals.get(name) for name in SHARED_VALS),
            subscription.plan_id.invoice_mode,
            subscription.payment_token_id.id,
            subscription.is_backup_allowed,
        )

    @api.model
    def _join_vals(self, vals, more):
        """Add the lines and references of one document to another."""
        vals["invoice_line_ids"] += more["invoice_line_ids"]
        for name in ("invoice_origin", "ref"):
            parts = [part for part in (vals[name], more[name]) if part]
            vals[name] = ", ".join(dict.fromkeys(parts)) or False
        if vals["partner_shipping_id"] != more["partner_shipping_id"]:
            vals["partner_shipping_id"] = vals["partner_id"]
