from odoo import api, models
from odoo.exceptions import UserError

from ..tools.dispute import LOST, OPEN, TO_ANSWER, WON, is_newer, kind_of
from .dispute_fields import PASSING_RETURNS


class SubscriptionDispute(models.Model):
    """What providers say of a dispute, in any order and any number of times."""

    _inherit = "subscription.dispute"

    # === BUSINESS METHODS: THE ENTRANCE === #

    @api.model
    def _update_from_facts(self, provider, facts):
        """Write down what a provider says of a dispute; the one entrance for providers.

        Saying it again changes nothing, and older news never undoes newer news. Money
        that was moved is booked; where it cannot be, the reason is on the dispute, with
        an activity for a person.

        :param provider: the ``payment.provider`` record that says so
        :param facts: a ``tools.dispute.DisputeFacts``
        :return: the dispute, in ``sudo``
        :raises UserError: the currency is not known
        """
        provider = provider.sudo()
        company = provider.company_id
        disputes = self.sudo().with_company(company)
        disputes = disputes.with_context(lang=company.partner_id.lang)
        dispute = disputes.search(
            [
                ("provider_id", "=", provider.id),
                ("provider_reference", "=", facts.id),
            ]
        )
        if dispute:
            dispute.lock_for_update()
            dispute._apply_facts(facts)
        else:
            dispute = disputes.create(disputes._prepare_vals(provider, facts))
            dispute._announce()
        dispute._add_movements(facts.movements)
        dispute._settle_books()
        return dispute

    # === BUSINESS METHODS: A NEW ONE === #

    @api.model
    def _prepare_vals(self, provider, facts):
        """Return the values of a dispute that was not known."""
        time = facts.time.replace(microsecond=0)
        return {
            "provider_id": provider.id,
            "company_id": provider.company_id.id,
            "provider_reference": facts.id,
            "charge_reference": facts.charge_reference,
            "charge_id": self._find_charge(provider, facts.charge_reference).id,
            "kind": kind_of(facts.status, is_fraud_warning=facts.is_fraud_warning),
            "hold_scope": self._get_hold_scope(provider.company_id, facts),
            "state": facts.status,
            "date_state": time,
            "date_opened": time,
            "date_closed": time if facts.status in LOST | WON else False,
            **self._prepare_details_vals(facts),
        }

    @api.model
    def _prepare_details_vals(self, facts):
        """Return the values of what the latest news is right about."""
        vals = {
            "amount": float(facts.amount),
            "currency_id": self._get_currency(facts.currency).id,
            "reason": facts.reason,
            "is_refundable": facts.is_refundable,
            "date_facts": facts.time.replace(microsecond=0),
        }
        optional = {
            "due_by": facts.due_by,
            "evidence_time": facts.evidence_time,
            "network_reason_code": facts.network_reason_code,
        }
        return vals | {name: value for name, value in optional.items() if value}

    @api.model
    def _get_currency(self, code):
        """Return a currency by its ISO code, active or not.

        :raises UserError: there is none
        """
        currencies = self.env["res.currency"].with_context(active_test=False)
        currency = currencies.search([("name", "=", code.upper())])
        if not currency:
            raise UserError(
                self.env._("The currency %(code)s is not known here.", code=code)
            )
        return currency

    @api.model
    def _find_charge(self, provider, reference):
        """Return the payment that a provider calls so, by its name for it or by ours.

        More than one, or none: a person has to say which.
        """
        charges = self.env["payment.transaction"].sudo()
        if not reference:
            return charges
        for name in ("provider_reference", "reference"):
            found = charges.search(
                [
                    ("provider_id", "=", provider.id),
                    (name, "=", reference),
                    ("operation", "!=", "refund"),
                ],
                limit=2,
            )
            if len(found) == 1:
                return found
        return charges

    @api.model
    def _get_hold_scope(self, company, facts):
        """Return what the company holds besides the invoice."""
        if facts.reason in PASSING_RETURNS:
            return "invoice"
        if facts.is_fraud_warning and company.subscription_fraud_warning == "nothing":
            return "invoice"
        return company.subscription_dispute_hold

    def _announce(self):
        """Tell everybody concerned of a dispute that is new."""
        for dispute in self:
            dispute._close_warnings()
            dispute._log_on_documents(
                self.env._(
                    "%(dispute)s: %(amount)s, %(reason)s.",
                    dispute=dispute._get_html_link(title=dispute.display_name),
                    amount=dispute.currency_id.format(dispute.amount),
                    reason=dispute._get_label("reason"),
                )
            )
        self._update_activities()

    def _close_warnings(self):
        """Note that what was warned of has happened."""
        self.ensure_one()
        if self.kind == "dispute" and self.charge_id:
            self.search(
                [
                    ("charge_id", "=", self.charge_id.id),
                    ("kind", "=", "fraud_warning"),
                    ("state", "in", list(OPEN)),
                ]
            )._set_state("warning_closed", self.date_state)

    # === BUSINESS METHODS: NEWS === #

    def _apply_facts(self, facts):
        """Take over what is newer than what is known."""
        self.ensure_one()
        time = facts.time.replace(microsecond=0)
        details = self._prepare_details_vals(facts)
        if time < self.date_facts:
            details = {name: v for name, v in details.items() if not self[name]}
        changed = {
            name: value
            for name, value in details.items()
            if self._fields[name].convert_to_write(self[name], self) != value
        }
        changed["date_opened"] = min(self.date_opened, time)
        if not self.charge_id:
            charge = self._find_charge(self.provider_id, facts.charge_reference)
            if charge:
                changed["charge_id"] = charge.id
        self.write(changed)
        self._set_state(facts.status, time)
        self._update_activities()

    def _set_state(self, state, time):
        """Enter a state that was reported for a time, unless it is behind what is.

        :param datetime.datetime time: of the event, UTC without a zone
        """
        for dispute in self:
            if not is_newer(state, time, dispute.state, dispute.date_state):
                continue
            is_change = state != dispute.state
            is_fraud_warning = dispute.kind == "fraud_warning"
            kind = kind_of(state, is_fraud_warning=is_fraud_warning)
            vals = {
                "state": state,
                "kind": kind,
                "date_state": time,
                "date_closed": time if state in LOST | WON else False,
            }
            if kind != dispute.kind and state in TO_ANSWER:
                # What was said to an inquiry does not answer the dispute after it.
                vals["evidence_time"] = False
            dispute.write(vals)
            if is_change:
                dispute._on_new_state()

    def _on_new_state(self):
        """Tell those concerned what has become of it."""
        self.ensure_one()
        self._log_on_documents(
            self.env._(
                "%(dispute)s: %(state)s.",
                dispute=self._get_html_link(title=self.display_name),
                state=self._get_label("state"),
            )
        )
        self._close_warnings()
        self._update_activities()

    def _log_on_documents(self, message):
        """Write one chatter line on the invoice and on the subscription."""
        self.ensure_one()
        for document in (*self._get_invoices(), self.subscription_id):
            if document:
                document.sudo()._message_log(body=message)

    def _get_summary(self):
        """Return which disputes these are and how they stand, for a sentence."""
        return "; ".join(
            f"{each.display_name} ({each._get_label('state')})" for each in self
        )

    def _get_label(self, name):
        """Return the words of a selection field, in the language of the environment."""
        self.ensure_one()
        return dict(self._fields[name]._description_selection(self.env))[self[name]]
