from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_datetime, html2plaintext

from ..tools.evidence import PriorCharge, fields_for, is_compelling, qualifying

#: how many log-ins, messages and uses are listed, the latest first
LISTED = 50


class SubscriptionDispute(models.Model):
    """What the books, the agreement and the customer's own acts say: the evidence.

    Every fact is one that is kept here anyway. A provider's addon maps the names of
    ``_get_evidence`` to its own, and hands it in with ``_submit_evidence``.
    """

    _inherit = "subscription.dispute"

    # === FIELDS === #

    explanation = fields.Text(
        help="What else the bank should know, in your own words; handed in with the "
        "evidence."
    )
    evidence_attachment_id = fields.Many2one(
        "ir.attachment", string="Evidence Pack", readonly=True, copy=False
    )
    can_submit_evidence = fields.Boolean(compute="_compute_can_submit_evidence")

    # === COMPUTE METHODS === #

    @api.depends("is_to_answer", "due_by", "provider_id")
    def _compute_can_submit_evidence(self):
        now = fields.Datetime.now()
        for dispute in self:
            is_late = dispute.due_by and dispute.due_by < now
            dispute.can_submit_evidence = (
                dispute.is_to_answer and not is_late and dispute._takes_evidence()
            )

    # === ACTIONS === #

    def action_mark_submitted(self):
        """Note that the evidence was handed in at the provider."""
        self._check_is_to_answer()
        self.sudo()._mark_submitted()

    def action_submit_evidence(self):
        """Hand the evidence in at the provider, which takes it only once."""
        self.ensure_one()
        self._check_is_to_answer()
        self.sudo()._submit_evidence()
        self.sudo()._mark_submitted()

    # === BUSINESS METHODS: HANDING IN === #

    def _check_is_to_answer(self):
        """Check that somebody may answer these disputes, and that they wait for it."""
        self.check_access("write")
        if any(not dispute.is_to_answer for dispute in self):
            raise UserError(self.env._("Only what waits for an answer is answered."))

    def _takes_evidence(self):
        """Return whether the provider takes evidence of this one from here."""
        self.ensure_one()
        return False

    def _submit_evidence(self):
        """Hand in ``_get_evidence()`` and the pack; providers' addons do it here.

        :raises UserError: the provider has no such service
        """
        self.ensure_one()
        raise UserError(
            self.env._(
                "%(provider)s takes no evidence from here. Create the evidence pack, "
                "hand it in at the provider's own dashboard, then press Mark Evidence "
                "as Submitted.",
                provider=self.provider_id.name,
            )
        )

    def _mark_submitted(self):
        """Keep when the evidence was handed in, and ask for no more."""
        now = fields.Datetime.now()
        self.write({"evidence_time": now})
        reviewed = {
            "warning_needs_response": "warning_under_review",
            "needs_response": "under_review",
            "appeal_needs_response": "appeal_under_review",
        }
        for dispute in self:
            dispute._set_state(reviewed[dispute.state], now)

    def _get_evidence(self):
        """Return what to hand in against the reason of this dispute, in words.

        :return: texts by the names of ``tools.evidence``; none where nothing is known
        :rtype: dict[str, str]
        """
        self.ensure_one()
        evidence = {
            name: getattr(self, f"_get_{name}")() for name in fields_for(self.reason)
        }
        return {name: text for name, text in evidence.items() if text}

    # === BUSINESS METHODS: THE CUSTOMER === #

    def _get_customer_name(self):
        """Return who was charged."""
        return self.partner_id.name

    def _get_customer_email(self):
        """Return where the customer was told."""
        return self.partner_id._get_notice_recipient().email

    def _get_billing_address(self):
        """Return the address on the invoice, in one line."""
        partner = self.invoice_id.partner_id or self.partner_id
        lines = partner._display_address(without_company=True).splitlines()
        return ", ".join(line.strip() for line in lines if line.strip())

    def _get_customer_purchase_ip(self):
        """Return from where the customer was last logged in before the charge."""
        charged = self.charge_id.date_sent or self.charge_id.create_date
        known = self._get_devices().filtered(
            lambda device: charged and device.first_activity <= charged
        )
        return known[:1].ip_address

    def _get_customer_communication(self):
        """Return what the customer was told of the subscription, and when."""
        return "\n".join(
            f"{when}: {subject} ({to})" for when, subject, to in self._get_told()
        )

    def _get_uncategorized_text(self):
        """Return what a person has to say about it."""
        return self.explanation

    # === BUSINESS METHODS: THE SERVICE === #

    def _get_service_date(self):
        """Return the days that the disputed payment pays for."""
        periods = self.invoice_id.subscription_period_ids
        spans = {(each.date_start, each.date_last) for each in periods}
        return "\n".join(
            f"{format_date(self.env, first)} - {format_date(self.env, last)}"
            for first, last in sorted(spans)
        )

    def _get_product_description(self):
        """Return what was sold, as on the invoice."""
        lines = self.invoice_id.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        return "\n".join(filter(None, lines.mapped("name")))

    def _get_access_activity_log(self):
        """Return when the customer has logged in, and used what was paid for."""
        return "\n".join(f"{when}: {what}" for when, what in self._get_activity())

    def _get_service_documentation(self):
        """Return what was done for the customer, or counted as used."""
        return "\n".join(f"{when}: {what}" for when, what in self._get_uses())

    def _get_duplicate_charge_explanation(self):
        """Return what tells this charge from the customer's others."""
        others = self.env["payment.transaction"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "done"),
                ("operation", "!=", "refund"),
                ("id", "!=", self.charge_id.id),
            ],
            order="id desc",
            limit=LISTED,
        )
        mine = self._describe_charge(self.charge_id)
        return "\n".join(
            [
                self.env._("The disputed charge: %(charge)s.", charge=mine),
                *(
                    self.env._(
                        "Another one: %(charge)s.", charge=self._describe_charge(other)
                    )
                    for other in others
                ),
            ]
        )

    def _describe_charge(self, charge):
        """Return the day, the amount and the invoices of a charge, in words."""
        invoices = charge.collection_invoice_id | charge.invoice_ids
        return self.env._(
            "%(date)s, %(amount)s for %(invoices)s",
            date=format_date(self.env, self._get_charge_day(charge)),
            amount=charge.currency_id.format(charge.amount),
            invoices=", ".join(invoices.mapped("name")) or charge.reference,
        )

    # === BUSINESS METHODS: THE AGREEMENT === #

    def _get_cancellation_policy(self):
        """Return how a subscription is cancelled, as customers are told."""
        terms = html2plaintext(self.subscription_id.terms or "")
        policy = self.company_id.subscription_cancellation_policy
        return "\n\n".join(filter(None, [policy, terms.strip()]))

    def _get_cancellation_policy_disclosure(self):
        """Return how and when the customer learned of the terms."""
        return "\n".join(f"{when}: {what}" for when, what in self._get_consent())

    def _get_cancellation_rebuttal(self):
        """Return why a cancellation does not undo this charge."""
        subscription = self.subscription_id
        if not subscription:
            return ""
        ended, last = subscription.date_closed, subscription.date_end
        if ended or last:
            return self.env._(
                "%(subscription)s ends with %(end)s; the disputed charge pays for what "
                "was agreed until then.",
                subscription=subscription.name,
                end=format_date(self.env, last or ended),
            )
        return self.env._(
            "%(subscription)s has been running since %(start)s, and no cancellation of "
            "it is recorded.",
            subscription=subscription.name,
            start=format_date(self.env, subscription.date_start),
        )

    def _get_refund_policy(self):
        """Return when money is given back, as customers are told."""
        return self.company_id.subscription_refund_policy

    def _get_refund_policy_disclosure(self):
        """Return how and when the customer learned of it."""
        known = self.company_id.subscription_refund_policy
        return self._get_cancellation_policy_disclosure() if known else ""

    def _get_refund_refusal_explanation(self):
        """Return that nothing was to be given back, or what was."""
        notes = self.invoice_id.reversal_move_ids.filtered(
            lambda move: move.state == "posted"
        )
        if notes:
            return "\n".join(
                self.env._(
                    "%(amount)s credited with %(note)s on %(date)s.",
                    amount=note.currency_id.format(note.amount_total),
                    note=note.name,
                    date=format_date(self.env, note.invoice_date),
                )
                for note in notes
            )
        return self.env._(
            "No credit note was due for the invoice, and none was written."
        )

    def _get_prior_undisputed_charges(self):
        """Return earlier charges of the same payment method that nobody disputed."""
        charges = self._get_prior_charges()
        if not is_compelling(charges.ids):
            return ""
        return "\n".join(self._describe_charge(charge) for charge in charges)

    def _get_prior_charges(self):
        """Return the charges of the same method that count as compelling evidence."""
        token = self.charge_id.token_id
        charges = self.env["payment.transaction"].search(
            [
                ("token_id", "=", token.id),
                ("state", "=", "done"),
                ("operation", "!=", "refund"),
                ("id", "!=", self.charge_id.id),
            ]
            if token
            else [("id", "=", False)]
        )
        disputed = self.search([("charge_id", "in", charges.ids)]).charge_id
        return charges.browse(
            qualifying(
                [
                    PriorCharge(
                        charge.id, self._get_charge_day(charge), charge in disputed
                    )
                    for charge in charges
                ],
                self._get_charge_day(self.charge_id),
            )
        )

    def _get_charge_day(self, charge):
        """Return the day on which a charge was made; today where none is known."""
        time = charge.date_sent or charge.create_date or fields.Datetime.now()
        return self._get_local_date(time)

    # === BUSINESS METHODS: FORMATS === #

    def _format_time(self, time):
        """Return a time in words, in the company's time zone."""
        zone = self.company_id.subscription_tz or "UTC"
        return format_datetime(self.env, time, tz=zone, dt_format="yyyy-MM-dd HH:mm zz")
