from hashlib import sha256

from odoo import models
from odoo.tools import format_date


class SubscriptionChange(models.Model):
    """A change as its customer reads it."""

    _inherit = "subscription.change"

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
