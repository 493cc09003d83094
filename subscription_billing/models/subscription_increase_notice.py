from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from .price_fields import exact


class SubscriptionIncreaseLine(models.Model):
    """How customers are told of their new prices."""

    _inherit = "subscription.increase.line"

    # === BUSINESS METHODS === #

    def _notify_customers(self):
        """Put an e-mail for each subscription of these announced lines into the queue.

        Who is told by letter gets none.

        :raises UserError: there is no template
        """
        told = self.filtered(lambda line: line.channel == "email")
        if not told:
            return
        template = self.env.ref(
            "subscription_billing.mail_template_price_change", raise_if_not_found=False
        )
        if not template:
            raise UserError(
                self.env._(
                    "The e-mail template for price increases has been deleted. Update "
                    "the addon to get it back."
                )
            )
        template.with_context(subscription_increase_lines=told.ids).send_mail_batch(
            told.subscription_id.ids, force_send=False
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _get_notice_row(self):
        """Return what the e-mail says of this line, in the language of the context.

        :rtype: dict[str, str]
        """
        self.ensure_one()
        currency, line = self.currency_id, self.line_id
        return {
            "name": (line.name or self.product_id.display_name).split("\n")[0],
            "date": format_date(self.env, self.date_effective, date_format="long"),
            "quantity": formatLang(self.env, self.quantity, dp="Product Unit"),
            "price_old": self._format_price(self.price_old),
            "price_new": self._format_price(self.price_new),
            "amount_old": currency.format(self.amount_old),
            "amount_new": currency.format(self.amount_new),
        }

    def _format_price(self, price):
        """Return the price of one unit, empty where a line has none."""
        if self.is_rated:
            return ""
        words = self.env["subscription.explanation"]
        return words._format_rate(exact(price), self.currency_id)
