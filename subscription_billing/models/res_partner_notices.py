from odoo import api, fields, models

from .subscription_notice_rule import CARD_KINDS

#: which notices each switch holds back; all others are owed to the customer
OPTIONAL_KINDS = {"is_receipt_off": ("receipt",), "is_card_notice_off": CARD_KINDS}


class ResPartner(models.Model):
    """Which e-mails about their subscriptions customers do without.

    What the law or the agreement asks for, such as a renewal or another price, is told
    to everybody.
    """

    _inherit = "res.partner"

    # === FIELDS === #

    is_receipt_off = fields.Boolean(
        string="No Receipts",
        tracking=True,
        help="This contact is not told of payments that have arrived.",
    )
    is_card_notice_off = fields.Boolean(
        string="No Reminders of Cards",
        tracking=True,
        help="This contact is not told of cards that are about to expire.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_notice_switches(self):
        """Return what customers can do without, as they read it.

        :rtype: dict[str, str], what is sent by the field that holds it back
        """
        return {
            "is_receipt_off": self.env._("Receipts of payments"),
            "is_card_notice_off": self.env._(
                "Reminders of payment cards that are about to expire"
            ),
        }

    def _get_notice_owner(self, _switch):
        """Return the partner whose switch counts for what this one is sent."""
        return self

    def _get_notice_choices(self):
        """Return what is sent to this customer and can be done without, and whether it
        is wanted.

        :rtype: dict[str, bool], by the field that holds it back
        """
        self.ensure_one()
        notifier = self.env["subscription.notifier"].sudo()
        return {
            switch: not self._get_notice_owner(switch)[switch]
            for switch in self._get_notice_switches()
            if switch not in OPTIONAL_KINDS
            or notifier._find_rules(OPTIONAL_KINDS[switch])
        }

    def _choose_notices(self, wanted):
        """Send this customer what is wanted, and hold the rest back.

        :param set[str] wanted: the switches of what is wanted
        """
        self.ensure_one()
        for switch, is_wanted in self._get_notice_choices().items():
            if is_wanted != (switch in wanted):
                self._get_notice_owner(switch)[switch] = switch not in wanted

    @api.model
    def _get_owed_notices(self):
        """Return the labels of the notices that everybody is sent here.

        :rtype: list[str]
        """
        optional = {kind for kinds in OPTIONAL_KINDS.values() for kind in kinds}
        Rule = self.env["subscription.notice.rule"].sudo()
        labels = dict(Rule._fields["kind"]._description_selection(self.env))
        owed = [kind for kind in labels if kind not in optional]
        sent = set(
            self.env["subscription.notifier"].sudo()._find_rules(owed).mapped("kind")
        )
        return [labels[kind] for kind in owed if kind in sent]

    def _refuses_notice(self, kind):
        """Return whether this customer does without a kind of notice.

        :param str kind: a key of ``subscription_notice_rule.KINDS``
        """
        self.ensure_one()
        return any(
            kind in kinds and self._get_notice_owner(switch)[switch]
            for switch, kinds in OPTIONAL_KINDS.items()
        )
