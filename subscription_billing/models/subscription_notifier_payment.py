from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .subscription_notice_rule import CARD_KINDS
from .subscription_notifier import Event


class SubscriptionNotifier(models.AbstractModel):
    """Tells customers of cards that are about to expire, and how to pay an invoice."""

    _inherit = "subscription.notifier"

    # === BUSINESS METHODS: PAYMENT LINKS === #

    @api.model
    def _notify_of_links(self, moves):
        """Send a link to pay each of these invoices; not twice within a minute.

        :return: the new notices
        """
        minute = f"{fields.Datetime.now():%Y-%m-%d %H:%M}"
        return self._notify_of(
            "payment_link",
            [
                Event(
                    subscription=move._get_collection_subscription(),
                    key=f"{move._name},{move.id},{minute}",
                    date=move.company_id._get_subscription_today(),
                    move=move,
                )
                for move in moves
            ],
        )

    # === BUSINESS METHODS: CARDS === #

    @api.model
    def _find_chunk(self, rule, domain):
        """Look for cards where the rule is about those."""
        if rule.kind in CARD_KINDS:
            return len(self._notify_of_cards(rule, domain))
        return super()._find_chunk(rule, domain)

    @api.model
    def _notify_of_cards(self, rule, domain):
        """Queue a notice of each card that is about to expire, one for all it pays.

        A card is told of in the days between ``days_before`` and ``days_latest``; a
        rule with fewer days before speaks after them.

        :param rule: the ``subscription.notice.rule``
        :param domain: the subscriptions that the rule is for
        :return: the new notices
        """
        events = []
        paid_by = self._find_expiring(rule)._get_paid_subscriptions()
        every = self.env["subscription.subscription"].union(*paid_by.values())
        scoped = every.search(domain & Domain("id", "in", every.ids))
        for token, subscriptions in paid_by.items():
            paid = (subscriptions & scoped).filtered(
                lambda subscription, token=token: not token._is_replaced(subscription)
            )
            if paid:
                date = token.date_expiry
                key = f"{token._name},{token.id},{fields.Date.to_string(date)}"
                details = {"payment_token_id": token.id}
                events.append(Event(paid[0], key, date, details))
        return self._create_notices((rule, event) for event in events)

    @api.model
    def _find_expiring(self, rule):
        """Return the cards that a rule has to tell of today, and has not told of."""
        today = self.env.company._get_subscription_today()
        Token = self.env["payment.token"]
        query = Token._search(
            [
                *Token._check_company_domain(self.env.company),
                ("active", "=", True),
                ("date_refused", "=", False),
                ("date_expiry", ">=", fields.Date.add(today, days=rule.days_latest)),
                ("date_expiry", "<=", fields.Date.add(today, days=rule.days_before)),
            ],
            order="id",
        )
        query.add_where(
            SQL(
                """
                NOT EXISTS (
                    SELECT 1
                      FROM subscription_notice notice
                     WHERE notice.payment_token_id = %s
                       AND notice.kind = %s
                       AND notice.date_event = %s
                       AND notice.company_id = %s
                )
                """,
                SQL.identifier(Token._table, "id"),
                rule.kind,
                SQL.identifier(Token._table, "date_expiry"),
                self.env.company.id,
            )
        )
        return Token.browse(query)

    @api.model
    def _prepare_notice_vals(self, rule, event):
        """Write down which card a notice is about."""
        vals = super()._prepare_notice_vals(rule, event)
        if rule.kind in CARD_KINDS:
            vals["payment_token_id"] = (event.details or {}).get("payment_token_id")
        return vals
