from contextlib import closing
from dataclasses import dataclass
from datetime import date

from odoo import api, fields, models

from .clock import Clock

#: after so many dates in a row without a document, no more are looked for where no last
#: date is given: what is billed by usage alone, or is free, would never come to the end
MOST_IDLE_DATES = 120


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """A line of an invoice that does not exist yet; amounts are before taxes.

    :param total: of a heading: what its lines come to; None for other lines
    :param is_part: whether the price is that of the heading above
    """

    name: str
    quantity: float
    price_unit: float
    discount: float
    amount: float
    total: float | None = None
    is_part: bool = False


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

        :param int count: how many documents of each subscription, at most; fewer where
            nothing is invoiced for long
        :param datetime.date until: the last date to look at
        :param change: a draft change to make first
        :rtype: list[ForecastInvoice]
        """
        invoices = []
        for subscription in subscriptions:
            with closing(self.env.cr.savepoint()):
                invoices += self._play(subscription, count, until, change)
        return sorted(invoices, key=lambda invoice: invoice.date)

    @api.model
    def _preview_book(self, subscriptions, until):
        """Return the invoices of many subscriptions; those of a company are played in
        one go.

        :param datetime.date until: the last date to look at
        :rtype: list[ForecastInvoice]
        """
        invoices = []
        for owned in subscriptions.grouped("company_id").values():
            with closing(self.env.cr.savepoint()):
                invoices += self._play(owned, None, until)
        return sorted(invoices, key=lambda invoice: invoice.date)

    # === BUSINESS METHODS: THE FUTURE === #

    @api.model
    def _play(self, subscriptions, count, until, change=None):
        """Do what will happen to subscriptions of one company; return the documents."""
        company = subscriptions.company_id
        clock = Clock(company._get_subscription_today())
        renewal = (
            self.env["subscription.renewal"]
            .sudo()
            .with_context(subscription_clock=clock)
            ._in_company(company)
        )
        owned = subscriptions.with_env(renewal.env)
        documents = self._watch(owned, lambda: self._begin(owned, change))
        days = self._get_next_days(owned, until)
        idle = 0
        while days and (count is None or len(documents) < count):
            if not until and idle >= MOST_IDLE_DATES:
                break
            day = min(days.values())
            due = owned.browse(id_ for id_ in days if days[id_] == day)
            clock.day = max(day, clock.day)
            found = self._watch(due, lambda due=due: self._live_through(renewal, due))
            idle = 0 if found else idle + 1
            documents += found
            for id_ in due.ids:
                del days[id_]
            days.update(self._get_next_days(due, until))
        return documents[:count] if count else documents

    @api.model
    def _watch(self, subscriptions, work):
        """Do ``work()``; return the documents that it gave to the subscriptions."""
        known = subscriptions._get_documents()
        work()
        return self._read(subscriptions._get_documents() - known)

    @api.model
    def _begin(self, subscriptions, change=None):
        """Confirm what is still a draft: the subscriptions, and a change of theirs."""
        subscriptions.filtered(lambda s: s.state == "draft").action_confirm()
        if change:
            change.with_env(subscriptions.env).action_confirm()

    @api.model
    def _get_next_days(self, subscriptions, until):
        """Return when something happens next to each subscription, until a date.

        :rtype: dict[int, datetime.date], by subscription id
        """
        days = {each.id: self._get_next_day(each) for each in subscriptions}
        return {
            id_: day for id_, day in days.items() if day and not (until and day > until)
        }

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
    def _live_through(self, renewal, subscriptions):
        """Do what the renewal run does on the day of the clock."""
        today = renewal.env.company._get_subscription_today()
        subscriptions.change_ids.filtered(lambda c: c._is_due(today))._apply()
        for subscription in subscriptions:
            if subscription.state == "trial" and subscription.date_trial_end <= today:
                subscription._end_trial()
        due = subscriptions.filtered(
            lambda s: (
                s._is_billed() and s.date_next_invoice and s.date_next_invoice <= today
            )
        )
        if due:
            renewal._bill(due)
        for subscription in subscriptions:
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
                        total=self._get_section_total(line),
                        is_part=line.parent_id.collapse_prices,
                    )
                    for line in move.invoice_line_ids
                ),
                amount_untaxed=-move.direction_sign * move.amount_untaxed,
                amount_tax=-move.direction_sign * move.amount_tax,
                amount_total=-move.direction_sign * move.amount_total,
            )
            for move in moves.sorted("id")
        ]

    @api.model
    def _get_section_total(self, line):
        """Return what the lines below a heading come to, None for other lines."""
        if line.display_type != "line_section":
            return None
        return -sum(line._get_section_lines().mapped("amount_currency"))

    # === BUSINESS METHODS: FOR PEOPLE === #

    @api.model
    def _render(self, invoices, subscription, nothing):
        """Return the documents as tables to read.

        :param list[ForecastInvoice] invoices: documents of one currency
        :param subscription: the one whose currency they are in
        :param str nothing: what to say when there are none
        :rtype: markupsafe.Markup
        """
        return self.env["ir.qweb"]._render(
            "subscription_billing.subscription_forecast_preview",
            {
                "invoices": invoices,
                "currency": subscription.currency_id,
                "nothing": nothing,
            },
        )
