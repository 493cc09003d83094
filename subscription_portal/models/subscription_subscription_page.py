import logging

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.subscription_discount import (
    LASTING_STATES,
)

_logger = logging.getLogger(__name__)

#: how many invoices to come within how many days, and how many of before, are shown
COMING_COUNT = 3
COMING_DAYS = 366
INVOICE_COUNT = 12


class SubscriptionSubscription(models.Model):
    """What the page of a subscription shows."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    portal_document_ids = fields.Many2many(
        "ir.attachment",
        "subscription_subscription_portal_document_rel",
        "subscription_id",
        "attachment_id",
        string="Documents for the Customer",
        copy=False,
        help="Contracts, certificates and the like: the customer downloads them from "
        "the page of the subscription.",
    )

    # === BUSINESS METHODS === #

    def _prepare_portal_page(self):
        """Return the values of the customer's page of this subscription.

        :rtype: dict
        """
        self.ensure_one()
        invoices = self._get_portal_invoices()
        return {
            "lines": self._get_running_lines(self._get_portal_day()),
            "discounts": self.discount_ids.filtered(
                lambda discount: discount.state in LASTING_STATES
            ),
            "methods": self._get_payment_methods(),
            "coming": self._get_portal_forecast(),
            "usage": self._get_portal_usage(),
            "entitlements": self._get_portal_entitlements(),
            "changes": self.change_ids.filtered(lambda c: c.state == "scheduled"),
            "invoices": invoices[:INVOICE_COUNT],
            "has_more_invoices": len(invoices) > INVOICE_COUNT,
            "unpaid": invoices._filter_portal_payable(),
            "documents": self._get_portal_documents(),
            "story": self._get_portal_story(),
            "rights": self._get_portal_rights(),
            "format_quantity": self.env["subscription.explanation"]._format_quantity,
        }

    def _get_portal_title(self, action):
        """Return what a page is called on which the customer does something: languages
        differ in where they put the plan.

        :param str action: cancel, change, pause, reactivate, resume or withdraw
        """
        self.ensure_one()
        plan = {"plan": self.plan_id.name}
        titles = {
            "cancel": self.env._("Cancel %(plan)s", **plan),
            "change": self.env._("Change %(plan)s", **plan),
            "pause": self.env._("Pause %(plan)s", **plan),
            "reactivate": self.env._("Come back to %(plan)s", **plan),
            "resume": self.env._("Resume %(plan)s", **plan),
            "withdraw": self.env._("Withdraw from %(plan)s", **plan),
        }
        return titles[action]

    def _get_portal_day(self):
        """Return the day that the page shows: the last one of what has ended."""
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        last = self.state == "closed" and self.date_closed
        return max(min(filter(None, (today, self.date_end, last))), self.date_start)

    def _get_portal_invoices(self):
        """Return what was invoiced and sent out, the latest first."""
        self.ensure_one()
        posted = self.invoice_ids.filtered(lambda move: move.state == "posted")
        return posted.sorted(lambda move: (move.invoice_date, move.id), reverse=True)

    def _get_portal_forecast(self):
        """Return the next invoices within a year, None where they cannot be told now.

        What keeps an invoice from being made is for the company to mend, and it is
        told of it when the invoice is due.

        :rtype: list[ForecastInvoice] | None
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        until = fields.Date.add(today, days=COMING_DAYS)
        try:
            return self.env["subscription.forecast"]._preview(
                self, count=COMING_COUNT, until=until
            )
        except UserError as error:
            _logger.info("No next invoices of %s: %s", self.name, error)
            return None

    def _get_portal_entitlements(self):
        """Return the services that may be claimed today."""
        self.ensure_one()
        if self.state == "closed":
            return self.entitlement_ids.browse()
        day = self._get_portal_day()
        return self.entitlement_ids.filtered(
            lambda each: (
                each.date_start <= day and (not each.date_end or each.date_end >= day)
            )
        )

    def _get_portal_documents(self):
        """Return what the customer may download, of its own and of the plan."""
        self.ensure_one()
        return self.portal_document_ids | self.plan_id.portal_document_ids
