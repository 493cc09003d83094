from odoo import models
from odoo.addons.payment_stripe.const import PAYMENT_METHODS_MAPPING

from ..tools.takeover import (
    Obstacle,
    UnmappableError,
    get_interval,
    get_terms,
    is_same_interval,
)

#: Odoo's payment methods that a saved method can be of
TOKEN_CODES = (
    "card",
    "sepa_direct_debit",
    "ach_direct_debit",
    "bacs_direct_debit",
    "becs_direct_debit",
)


class StripeImportLine(models.Model):
    """What becomes of plans, products, prices, customers and methods: the dry run.

    Nothing but the lines is written. Each method asks the database once for all lines.
    """

    _inherit = "stripe.import.line"

    # === BUSINESS METHODS === #

    def _check(self):
        """Work out what becomes of these lines; what was taken over stays as it is."""
        for kind, lines in self.grouped("kind").items():
            open_lines = lines.filtered(
                lambda line: line.data and not line._is_settled()
            )
            getattr(open_lines, f"_check_{kind}s")()

    def _block(self, obstacle):
        """Say why a line cannot be mapped, and how to mend it."""
        self._settle("blocked", self._tell(obstacle))

    # === BUSINESS METHODS: CATALOG === #

    def _check_items(self):
        """What Stripe would put on its next invoice, Odoo does not know."""
        for line in self:
            line._block(
                Obstacle("item", f"{line.data['amount']} {line.data['currency']}")
            )

    def _check_plans(self):
        """Match plans with the same billing period that ask for nothing else."""
        plans = self._find_plain_plans()
        for line in self:
            try:
                interval = get_interval(line.data)
            except UnmappableError as error:
                line._block(error.obstacle)
                continue
            plan = line.plan_id
            if not line.is_chosen:
                key = (interval.days, interval.months)
                line.plan_id = plan = plans.get(key, plan.browse())
            elif plan and not line._is_period_of(plan):
                line._block(Obstacle("plan_interval", plan.display_name))
                continue
            line._settle_match(plan)

    def _is_period_of(self, plan):
        """Return whether a plan bills as often as Stripe did, in advance."""
        is_same = is_same_interval(plan._get_interval(), get_interval(self.data))
        return is_same and plan.billing_timing == "advance" and not plan.billing_offset

    def _find_plain_plans(self):
        """Return plans without terms of their own, by the length of their period."""
        company = self.company_id[:1]
        plans = self.env["subscription.plan"].search(
            [
                ("company_id", "in", (False, company.id)),
                ("anchor_mode", "=", "anniversary"),
                ("billing_timing", "=", "advance"),
                ("billing_offset", "=", 0),
                ("term_count", "=", 0),
                ("trial_days", "=", 0),
                ("notice_days", "=", 0),
                ("invoice_mode", "!=", "draft"),
                ("item_ids", "=", False),
                ("bundle_ids", "=", False),
                ("entitlement_ids", "=", False),
            ],
            order="sequence desc, id desc",
        )
        intervals = {plan: plan._get_interval() for plan in plans}
        return {(each.days, each.months): plan for plan, each in intervals.items()}

    def _check_products(self):
        """Match products whose internal reference is Stripe's id."""
        Product = self.env["product.product"]
        known = Product.search(
            [
                ("default_code", "in", self.mapped("stripe_id")),
                ("company_id", "in", (False, *self.company_id.ids)),
            ]
        ).grouped("default_code")
        for line in self:
            found = known.get(line.stripe_id, Product)
            if not line.is_chosen:
                line.product_id = found if len(found) == 1 else False
            line._settle_match(
                line.product_id,
                len(found) > 1 and Obstacle("many_products", line.stripe_id),
            )

    def _check_prices(self):
        """Say which prices there will be."""
        for line in self:
            data = line.data
            if not line.is_used:
                line._settle("skip", self._tell(Obstacle("unused")))
                continue
            try:
                get_interval(data)
                get_terms(data)
            except UnmappableError as error:
                line._block(error.obstacle)
                continue
            if data["is_metered"] and not line.meter_id:
                line._block(Obstacle("meter", data["meter"]))
                continue
            line._settle("new", self._tell(Obstacle("new_price")))

    def _settle_match(self, record, note=None):
        """Write that a record is taken, or that one will be made."""
        self.ensure_one()
        if record:
            self._settle("match", self._tell(Obstacle("match", record.display_name)))
        else:
            self._settle("new", self._tell(note or Obstacle(f"new_{self.kind}")))

    # === BUSINESS METHODS: CUSTOMERS === #

    def _check_customers(self):
        """Match the contacts that Stripe's customers are."""
        known = self._find_known_partners()
        marked = self._find_marked_partners()
        emailed = self._find_partners_by_email()
        for line in self:
            data, note = line.data, None
            if not line.is_chosen:
                same = emailed.get(_normal(data["email"]), line.partner_id.browse())
                line.partner_id = (
                    known.get(line.stripe_id)
                    or marked.get(line.stripe_id)
                    or (same if len(same) == 1 else False)
                )
                if len(same) > 1:
                    note = Obstacle("many_partners", data["email"])
            line._settle_match(line.partner_id, note)

    def _find_known_partners(self):
        """Return the partners of customers and tokens that are registered here.

        :rtype: dict[str, res.partner], by Stripe's id
        """
        provider, refs = self.provider_id[:1], self.mapped("stripe_id")
        tokens = self.env["payment.token"].search(
            [("provider_id", "=", provider.id), ("provider_ref", "in", refs)]
        )
        customers = self.env["stripe.customer"].search(
            [
                ("provider_id", "=", provider.id),
                ("reference", "in", refs),
                ("is_live", "=", provider.state == "enabled"),
            ]
        )
        return {token.provider_ref: token.partner_id for token in tokens} | {
            customer.reference: customer.partner_id for customer in customers
        }

    def _find_marked_partners(self):
        """Return the partners that this database has named at Stripe."""
        database = self.env["payment.provider"]._get_database_id()
        marks = {
            line.stripe_id: int(line.data["partner"])
            for line in self
            if line.data["database"] == database and line.data["partner"].isdigit()
        }
        partners = self.env["res.partner"].browse(marks.values()).exists()
        existing = {partner.id: partner for partner in partners}
        return {ref: existing.get(id_) for ref, id_ in marks.items()}

    def _find_partners_by_email(self):
        """Return the contacts that have the e-mails of these customers."""
        emails = [_normal(line.data["email"]) for line in self if line.data["email"]]
        partners = self.env["res.partner"].search(
            [
                ("email_normalized", "in", emails),
                ("company_id", "in", (False, *self.company_id.ids)),
            ]
        )
        return partners.grouped("email_normalized")

    # === BUSINESS METHODS: PAYMENT METHODS === #

    def _check_methods(self):
        """Match saved methods; those that cannot be charged from here are named."""
        tokens = self.env["payment.token"].search(
            [
                ("provider_id", "in", self.provider_id.ids),
                ("stripe_payment_method", "in", self.mapped("stripe_id")),
            ]
        )
        known = {token.stripe_payment_method: token for token in tokens}
        kinds = self._find_payment_methods()
        for line in self:
            line.token_id = known.get(line.stripe_id, False)
            if line.token_id or line.data["type"] in kinds:
                line._settle_match(line.token_id)
            else:
                line._block(Obstacle("method_type", line.data["type"]))

    def _find_payment_methods(self):
        """Return Odoo's payment methods that a token can be of, by Stripe's type."""
        methods = self.env["payment.method"].search(
            [("code", "in", TOKEN_CODES), ("active", "in", (True, False))]
        )
        # Of several with one code the first counts.
        methods = reversed(methods)
        return {PAYMENT_METHODS_MAPPING.get(m.code, m.code): m for m in methods}


def _normal(email):
    return (email or "").strip().lower()
