from hashlib import sha256

from odoo import fields, models
from odoo.tools import format_date

#: two documents of today, and two of the next day on which something is invoiced
MOST_BILLS = 4


class SubscriptionChange(models.Model):
    """A change as its customer reads it."""

    _inherit = "subscription.change"

    # === FIELDS === #

    is_portal = fields.Boolean(
        string="Asked for in the Portal",
        readonly=True,
        copy=False,
        help="The customer asked for this, and may take it back until it takes effect.",
    )

    # === BUSINESS METHODS: RIGHTS === #

    def _is_portal_allowed(self):
        """Return whether the customer may still ask for this.

        What was offered when they looked may not be any more.
        """
        self.ensure_one()
        subscription = self.subscription_id
        if not self.is_portal or "change" not in subscription._get_portal_rights():
            return False
        lines = self.line_ids.grouped("action")
        added, removed, kept = (
            lines.get(action, self.line_ids.browse())
            for action in ("add", "remove", "change")
        )
        counted = kept.filtered(lambda line: line.quantity != line.line_id.quantity)
        return (
            self.plan_id <= subscription._get_portal_plans()
            and added.product_id <= subscription._get_portal_addons()
            and removed.line_id <= subscription._get_portal_removable_lines()
            and counted.line_id <= subscription._get_portal_quantity_lines()
            and not (self.date_anchor and not subscription._get_billing_day_choices())
        )

    def _is_portal_revocable(self):
        """Return whether the customer may take this back: what they asked for.

        What the company has planned, such as a price increase or what was agreed with
        a colleague, is taken back by the company; the end is undone elsewhere.
        """
        self.ensure_one()
        return self.is_portal and self.kind == "modify" and self.state == "scheduled"

    # === BUSINESS METHODS: WHAT IT COSTS === #

    def _get_portal_bills(self):
        """Return what is invoiced at once when this is confirmed, and what comes next.

        A day may bring an invoice and a credit note.

        :return: the documents of today, and those of the first day after it
        :rtype: tuple[list[ForecastInvoice], list[ForecastInvoice]]
        """
        self.ensure_one()
        today = self.company_id._get_subscription_today()
        bills = self.env["subscription.forecast"]._preview_change(self, MOST_BILLS)
        coming = [bill for bill in bills if bill.date > today]
        return (
            [bill for bill in bills if bill.date <= today],
            [bill for bill in coming if bill.date == coming[0].date],
        )

    def _get_portal_timing_text(self):
        """Return when this takes effect, and how the period that runs is settled.

        :rtype: str
        """
        self.ensure_one()
        if self.date > self.company_id._get_subscription_today():
            day = format_date(self.env, self.date)
            return self.env._("It takes effect on %(date)s.", date=day)
        texts = {
            "next_invoice": self.env._(
                "It takes effect at once. What differs for the rest of this billing "
                "period is on your next invoice."
            ),
            "invoice_now": self.env._(
                "It takes effect at once. What differs for the rest of this billing "
                "period is invoiced now."
            ),
            "none": self.env._(
                "It takes effect at once, and its prices with the next billing period."
            ),
        }
        return texts.get(self.proration, self.env._("It takes effect at once."))

    # === BUSINESS METHODS: CONFIRMING === #

    def _get_shown_key(self):
        """Return what the form that confirms this change carries, to know later which
        preview its customer has looked at.

        :rtype: str
        """
        self.ensure_one()
        return sha256((self.preview or "").encode()).hexdigest()

    def _confirm_shown(self, key):
        """Confirm this change, when what its customer has seen is still true.

        :param str key: the ``_get_shown_key`` of what was seen
        :return: whether it is confirmed; if not, there is a new preview to look at
        :rtype: bool
        """
        self.ensure_one()
        if key != self._get_shown_key():
            self.action_preview()
            return False
        self.action_confirm_previewed()
        return self.state != "draft"

    # === BUSINESS METHODS: WORDS === #

    def _get_portal_texts(self):
        """Return what this change does, in plain words, a sentence for each thing.

        :rtype: list[str]
        """
        self.ensure_one()
        if self.kind != "modify":
            return [self._get_portal_kind_text()]
        return [*self._get_portal_value_texts(), *self._get_portal_line_texts()]

    def _get_portal_kind_text(self):
        """Return what a change of the whole subscription does."""
        texts = {
            "pause": self._get_portal_pause_text(),
            "resume": self.env._("The service goes on."),
            "close": self.env._("The subscription ends."),
        }
        return texts[self.kind]

    def _get_portal_pause_text(self):
        """Return what a pause does, and how long it takes."""
        if not self.date_resume:
            return self.env._("The service is paused.")
        return self.env._(
            "The service is paused, and goes on from %(date)s on.",
            date=format_date(self.env, self.date_resume),
        )

    def _get_portal_value_texts(self):
        """Return what becomes of the agreement itself."""
        texts = []
        if self.plan_id:
            texts.append(
                self.env._("The plan becomes %(plan)s.", plan=self.plan_id.name)
            )
        if self.date_anchor:
            texts.append(
                self.env._(
                    "Billing periods are counted from %(date)s.",
                    date=format_date(self.env, self.date_anchor),
                )
            )
        if self.payment_token_id:
            texts.append(
                self.env._(
                    "It is paid with %(method)s.",
                    method=self.payment_token_id.display_name,
                )
            )
        return texts

    def _get_portal_line_texts(self):
        """Return what becomes of the products."""
        words = self.env["subscription.explanation"]
        texts = []
        for line in self.line_ids.filtered(lambda line: line._has_effect()):
            vals = {
                "product": line.product_id.name,
                "quantity": words._format_quantity(line.quantity),
            }
            if line.action == "remove":
                texts.append(self.env._("%(product)s is no longer included.", **vals))
            elif line.action == "add":
                texts.append(self.env._("%(product)s is added: %(quantity)s.", **vals))
            elif line.line_id.quantity != line.quantity:
                texts.append(
                    self.env._(
                        "%(product)s: the quantity becomes %(quantity)s.", **vals
                    )
                )
            else:
                texts.append(self.env._("%(product)s has another price.", **vals))
        return texts
