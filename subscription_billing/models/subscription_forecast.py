from contextlib import closing
from dataclasses import dataclass
from datetime import date

from odoo import api, fields, models

from .clock import Clock


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """A line of an invoice that does not exist yet; amounts are before taxes."""

    name: str
    quantity: float
    price_unit: float
    discount: float
    amount: float


@dataclass(frozen=True, slots=True)
class ForecastInvoice:
    """An invoice, or a credit note with negative amounts, that does not exist yet."""

    subscription_ids: tuple[int, ...]
    date: date
    lines: tuple[ForecastLine, ...]
    amount_untaxed: float
    amount_tax: float
    amount_total: float


class SubscriptionForecast(models.AbstractModel):
    """What will be invoiced: the real code, in a savepoint that is rolled back.

    The calendar is turned from one invoicing date to the next; what the schedule and
    the renewal run would do on it is done, read, and undone.
    """

    _name = "subscription.forecast"
    _description = "Subscription Forecast"

    # === BUSINESS METHODS === #

    @api.model
    def _preview_change(self, change, count=2):
        """Return the next invoices once a draft change is made.

        :param change: one ``subscription.change``
        :rtype: list[ForecastInvoice]
        """
        return self._preview(change.subscription_id, count=count, change=change)

    @api.model
    def _preview(self, subscriptions, *, count=None, until=None, change=None):
        """Return the next invoices of some subscriptions, in the order of their dates.

        :param int count: how many documents of each subscription, at most
        :param datetime.date until: the last date to look at
        :param change: a draft change to make first
        :rtype: list[ForecastInvoice]
        """
        invoices = []
        for subscription in subscriptions:
            with closing(self.env.cr.savepoint()):
                invoices += self._play(subscription, count, until, change)
        return sorted(invoices, key=lambda invoice: invoice.date)

    # === BUSINESS METHODS: THE FUTURE === #

    @api.model
    def _play(self, subscription, count, until, change):
        """Do what will happen to one subscription; return its documents."""
        today = subscription.company_id._get_subscription_today()
        clock = Clock(today)
        renewal = (
            self.env["subscription.renewal"]
            .sudo()
            .with_context(subscription_clock=clock)
            ._in_company(subscription.company_id)
        )
        owned = subscription.with_env(renewal.env)
        known = owned._get_documents()
        if owned.state == "draft":
            owned.action_confirm()
        if change:
            change.with_env(renewal.env).action_confirm()
        documents = self._read(owned._get_documents() - known)
        while count is None or len(documents) < count:
            day = self._get_next_day(owned)
            if not day or (until and day > until):
                break
            clock.day = max(day, clock.day)
            before = owned._get_documents()
            self._live_through(renewal, owned)
            documents += self._read(owned._get_documents() - before)
        return documents[:count] if count else documents

    @api.model
    def _get_next_day(self, subscription):
        """Return the next date on which anything happens to a subscription.

        :rtype: datetime.date | None
        """
        changes = subscription.change_ids.filtered(lambda c: c.state == "scheduled")
        days = changes.mapped("date")
        if subscription._is_billed():
            days.append(subscription.date_next_invoice)
        if subscription.state == "trial":
            days.append(subscription.date_trial_end)
        if subscription.state not in ("draft", "closed") and subscription.date_end:
            days.append(fields.Date.add(subscription.date_end, days=1))
        return min(filter(None, days), default=None)

    @api.model
    def _live_through(self, renewal, subscription):
        """Do what the renewal run does on the day of the clock."""
        today = renewal.env.company._get_subscription_today()
        subscription.change_ids.filtered(lambda c: c._is_due(today))._apply()
        if subscription.state == "trial" and subscription.date_trial_end <= today:
            subscription._end_trial()
        due = subscription.date_next_invoice
        if subscription._is_billed() and due and due <= today:
            renewal._bill(subscription)
        ended = subscription.date_end and subscription.date_end < today
        if ended and subscription.state not in ("draft", "closed"):
            subscription._finish(fields.Date.add(subscription.date_end, days=1))

    @api.model
    def _read(self, moves):
        """Return documents as plain values that outlive the savepoint.

        :rtype: list[ForecastInvoice]
        """
        return [
            ForecastInvoice(
                subscription_ids=tuple(move.subscription_ids.ids),
                date=move.invoice_date,
                lines=tuple(
                    ForecastLine(
                        name=line.name,
                        quantity=line.quantity,
                        price_unit=line.price_unit,
                        discount=line.discount,
                        amount=-line.amount_currency,
                    )
                    for line in move.invoice_line_ids
                ),
                amount_untaxed=-move.direction_sign * move.amount_untaxed,
                amount_tax=-move.direction_sign * move.amount_tax,
                amount_total=-move.direction_sign * move.amount_total,
            )
            for move in moves.sorted("id")
        ]
