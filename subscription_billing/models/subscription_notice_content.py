from odoo import api, fields, models
from odoo.tools import email_normalize_all, format_amount, format_date
from odoo.tools.misc import get_lang


class SubscriptionNotice(models.Model):
    """What a notice says, and to whom: what its e-mail templates ask of it.

    The texts are in the language of the environment, which is the recipient's while a
    template is rendered.
    """

    _inherit = "subscription.notice"

    # === BUSINESS METHODS: THE RECIPIENT === #

    def _get_recipient(self):
        """Return whom to tell: of invoices their address, else the customer."""
        self.ensure_one()
        partner = self.move_id.partner_id or self.subscription_id.partner_id
        return partner._get_notice_recipient()

    def _set_recipient(self):
        """Write down whom the e-mail goes to, at the address of today."""
        for notice in self:
            partner = notice._get_recipient()
            notice.write(
                {
                    "partner_id": partner.id,
                    "partner_name": partner.name,
                    "email": partner.email,
                    "lang": partner.lang or notice.company_id.partner_id.lang,
                }
            )

    def _get_obstacle(self):
        """Return why no e-mail can be written, in words, or None."""
        self.ensure_one()
        if not self.email:
            return self.env._(
                "%(partner)s has no e-mail address. Enter one, then press Send Again.",
                partner=self.partner_id.display_name,
            )
        if not email_normalize_all(self.email):
            return self.env._(
                "The e-mail address %(email)s of %(partner)s is not valid. Correct it, "
                "then press Send Again.",
                email=self.email,
                partner=self.partner_id.display_name,
            )
        return None

    # === BUSINESS METHODS: THE INVOICE === #

    def _get_invoices_to_print(self):
        """Return the invoices whose PDF is attached and was not made yet."""
        attaching = self.filtered("rule_id.attach_pdf")
        return attaching.move_id.filtered(lambda move: not move.invoice_pdf_report_id)

    def _process_attachments_for_template_post(self, _mail_template):
        """Attach the invoice; what the mail templates of core ask of any model."""
        return {
            notice.id: {"attachment_ids": notice.move_id.invoice_pdf_report_id.ids}
            for notice in self
            if notice.rule_id.attach_pdf and notice.move_id.invoice_pdf_report_id
        }

    def _get_document_name(self):
        """Return what the invoice is called, such as "Invoice INV/2027/00042"."""
        self.ensure_one()
        types = dict(self.move_id._fields["move_type"]._description_selection(self.env))
        parts = [
            types["out_refund"]
            if self.move_id.move_type == "out_refund"
            else self.env._("Invoice"),
            self.move_id.name,
        ]
        return " ".join(filter(None, parts))

    def _get_document_url(self):
        """Return the address of the invoice in the customer's portal, or None."""
        self.ensure_one()
        move = self.move_id
        return f"{move.get_base_url()}{move.get_portal_url()}" if move else None

    # === BUSINESS METHODS: THE TEXT === #

    def _render_facts(self):
        """Return the table of what the notice is about, as HTML."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "subscription_billing.subscription_notice_facts",
            {"facts": self._get_facts()},
            minimal_qcontext=True,
        )

    def _get_facts(self):
        """Return what the notice is about.

        :rtype: list[tuple[str, str]], each a label and its value
        """
        self.ensure_one()
        get_facts = {
            "renewal": self._get_renewal_facts,
            "trial_end": self._get_trial_facts,
            "term_end": self._get_term_facts,
            "price_change": self._get_change_facts,
            "plan_change": self._get_change_facts,
            "invoice": self._get_invoice_facts,
            "receipt": self._get_receipt_facts,
            "payment_link": self._get_invoice_facts,
            "card_expiring": self._get_card_facts,
            "card_expiring_soon": self._get_card_facts,
            "payment_action": self._get_payment_action_facts,
        }[self.kind]
        return [(label, value) for label, value in get_facts() if value]

    def _get_renewal_facts(self):
        """Return what goes on, from when, and at which price."""
        renews_on = (self.env._("Renews on"), self._format_date(self.date_event))
        return [*self._get_agreement_facts(), renews_on, *self._get_price_facts()]

    def _get_trial_facts(self):
        """Return what was tried, until when, and what follows at which price."""
        then = {
            "active": self.env._("Paid from"),
            "paused": self.env._("Pauses on"),
            "closed": self.env._("Ends on"),
        }[self.subscription_id._get_trial_outcome()]
        return [
            *self._get_agreement_facts(),
            (self.env._("Free until"), self._format_date(self._get_last_day())),
            (then, self._format_date(self.date_event)),
            *self._get_price_facts(),
        ]

    def _get_term_facts(self):
        """Return what the customer is committed to, until when, and what follows."""
        subscription = self.subscription_id
        then = {
            "continue": self.env._("It goes on, and you may cancel it"),
            "renew": self.env._("It renews for the same time"),
            "close": self.env._("It ends"),
        }[subscription._get_term_outcome()]
        return [
            *self._get_agreement_facts(),
            (self.env._("Committed until"), self._format_date(self.date_event)),
            (self.env._("After that"), then),
            *self._get_price_facts(),
        ]

    def _get_lead(self):
        """Return what the end of a trial or of a commitment means, in a paragraph."""
        self.ensure_one()
        outcome = (
            self.subscription_id._get_trial_outcome()
            if self.kind == "trial_end"
            else self.subscription_id._get_term_outcome()
        )
        texts = {
            "active": self.env._(
                "We hope you enjoy your free trial. It is about to end: from %(event)s "
                "on you pay for your subscription, unless you cancel it before."
            ),
            "paused": self.env._(
                "We hope you enjoyed your free trial. After %(last)s your subscription "
                "pauses, and you pay nothing until you tell us to go on."
            ),
            "closed": self.env._(
                "We hope you enjoyed your free trial. Your subscription ends with it: "
                "%(last)s is its last day, and you pay nothing. Would you like to go "
                "on? Please tell us."
            ),
            "continue": self.env._(
                "The time for which you committed to your subscription ends on "
                "%(event)s. It goes on after that day until you cancel it."
            ),
            "renew": self.env._(
                "The time for which you committed to your subscription ends on "
                "%(event)s. It renews for the same time, unless you cancel it before."
            ),
            "close": self.env._(
                "The time for which you committed to your subscription ends on "
                "%(event)s, and your subscription with it. Would you like to go on? "
                "Please tell us."
            ),
        }
        return texts[outcome] % {
            "event": self._format_date(self.date_event),
            "last": self._format_date(self._get_last_day()),
        }

    def _get_last_day(self):
        """Return the day before that of the event."""
        self.ensure_one()
        return fields.Date.subtract(self.date_event, days=1)

    def _get_change_facts(self):
        """Return what changes, from when, and from which price to which.

        ``details`` may hold ``lines``, ``amount_before`` and ``amount_after`` (of one
        billing period, taxes included), ``plan_before_id`` and ``reason``.
        """
        details = self.details or {}
        plan = self.env["subscription.plan"].browse(details.get("plan_before_id"))
        before, after = details.get("amount_before"), details.get("amount_after")
        price = self._join_change(
            before is not None and self._format_amount(before),
            after is not None and self._format_amount(after),
        )
        return [
            *self._get_agreement_facts(),
            (self.env._("Plan until now"), plan.name),
            (self.env._("Changes on"), self._format_date(self.date_event)),
            *map(self._get_line_fact, details.get("lines", ())),
            (self.env._("Price"), price and self._get_price_per_period(price)),
            (self.env._("Reason"), details.get("reason")),
        ]

    def _get_invoice_facts(self):
        """Return what is owed, for what, and until when."""
        move = self.move_id
        due = move.amount_residual and move.invoice_date_due
        return [
            (self.env._("Number"), move.name),
            (self.env._("Date"), self._format_date(move.invoice_date)),
            *map(self._get_invoice_line_fact, move.invoice_line_ids),
            (
                self.env._("Taxes"),
                move.amount_tax and self._format_amount(move.amount_tax),
            ),
            (self.env._("Total"), self._format_amount(move.amount_total)),
            (self.env._("Due on"), due and self._format_date(due)),
            (
                self.env._("Payment"),
                due and move._is_charged() and self._get_payment_text(),
            ),
        ]

    def _get_invoice_line_fact(self, line):
        """Return what a line is for and its price, none below that of a bundle."""
        if line.display_type == "line_section" and line.collapse_prices:
            return line.name, self._format_amount(line.get_section_subtotal())
        is_priced = (
            line.display_type == "product" and not line.parent_id.collapse_prices
        )
        return line.name, is_priced and self._format_amount(line.price_subtotal)

    def _get_receipt_facts(self):
        """Return what was paid, when, and how."""
        move = self.move_id
        charge = move.transaction_ids.filtered(lambda tx: tx.state == "done")[:1]
        method = charge.token_id.display_name or charge.payment_method_id.name
        return [
            (self.env._("Invoice"), move.name),
            (self.env._("Received on"), self._format_date(self.date_event)),
            (self.env._("Amount"), self._format_amount(move.amount_total)),
            (self.env._("Paid with"), method),
        ]

    # === BUSINESS METHODS: PARTS OF THE TEXT === #

    def _get_agreement_facts(self):
        """Return which agreement it is about, and what it comprises."""
        subscription = self.subscription_id
        lines = subscription._get_running_lines()
        return [
            (self.env._("Subscription"), subscription.name),
            (self.env._("Plan"), subscription.plan_id.name),
            (self.env._("Includes"), "\n".join(map(self._describe_line, lines))),
        ]

    def _describe_line(self, line):
        """Return what a line of the subscription is about, such as "3 × Seat"."""
        name = line.with_env(self.env).product_id.name or line.name
        return name if line.quantity == 1 else f"{self._format(line.quantity)} × {name}"

    def _get_price_facts(self):
        """Return what a billing period costs, and how it is paid."""
        price = self._format_amount(self.subscription_id.amount_total)
        return [
            (self.env._("Price"), self._get_price_per_period(price)),
            (self.env._("Payment"), self._get_payment_text()),
        ]

    def _get_price_per_period(self, price):
        """Return a price and how often it is charged."""
        return self.env._(
            "%(price)s every %(period)s, taxes included",
            price=price,
            period=self.subscription_id.plan_id._get_interval_label(),
        )

    def _get_payment_text(self):
        """Return how the customer pays."""
        subscription = self.subscription_id
        if not subscription._is_charged():
            return self.env._("By invoice")
        if methods := subscription._get_payment_methods():
            return self.env._("Charged to %(method)s", method=methods[0].display_name)
        return self.env._("Charged to your saved payment method")

    def _get_line_fact(self, line):
        """Return what becomes of one line.

        :param dict line: ``product_id`` or ``name``, and as far as they are known
            ``quantity_before``, ``quantity_after``, ``price_before``, ``price_after``
        """
        product = self.env["product.product"].browse(line.get("product_id"))
        before, after = (
            self._describe_price(
                line.get(f"quantity_{when}"), line.get(f"price_{when}")
            )
            for when in ("before", "after")
        )
        return line.get("name") or product.name, self._join_change(before, after)

    def _describe_price(self, quantity, price):
        """Return a quantity and its unit price, of which either may be unknown."""
        parts = (
            quantity is not None and self._format(quantity),
            price is not None and self._format_amount(price),
        )
        return " × ".join(filter(None, parts))

    @api.model
    def _join_change(self, before, after):
        """Return "before → after", or the one of them that there is."""
        return " → ".join(filter(None, (before, after)))

    # === BUSINESS METHODS: FORMATS === #

    def _format(self, number):
        """Return a number without needless zeros, with the language's own signs."""
        lang = self.env["res.lang"].browse(get_lang(self.env).id)
        return lang.format("%g", number)

    def _format_date(self, date):
        """Return a day in words, such as "1 March 2027"."""
        return format_date(self.env, date, date_format="long")

    def _format_amount(self, amount):
        """Return an amount in the currency of the invoice or of the subscription."""
        currency = self.move_id.currency_id or self.subscription_id.currency_id
        return format_amount(self.env, amount, currency)
