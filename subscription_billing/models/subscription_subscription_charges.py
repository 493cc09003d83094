from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from odoo import fields, models

from ..tools.allocation import allocate
from ..tools.charge import Charge
from ..tools.coverage import Settlement, settle
from ..tools.proration import credit, cut, part, share
from ..tools.recurrence import Period
from ..tools.spans import subtract


class SubscriptionSubscription(models.Model):
    """What a subscription owes: its claims brought in line with the days it is served.

    While nothing has changed, the next invoice bills the next period of every line. A
    change sets ``date_settle_from``; from that day on, days served and days billed are
    compared, and what differs is billed or given back with the next invoice.
    """

    _inherit = "subscription.subscription"

    # === FIELDS === #

    pause_ids = fields.One2many(
        "subscription.pause", "subscription_id", string="Pauses", readonly=True
    )
    item_ids = fields.One2many(
        "subscription.item", "subscription_id", string="One-off Items"
    )
    pending_item_ids = fields.One2many(
        "subscription.item",
        "subscription_id",
        string="Pending Items",
        domain=[("move_line_id", "=", False)],
    )
    date_settle_from = fields.Date(
        copy=False,
        readonly=True,
        help="First day on which the days served have to be compared with the days "
        "billed; empty when they agree.",
    )

    # === BUSINESS METHODS: WHAT IS OWED === #

    def _get_charges(self, period, usage=()):
        """Return what is owed with the invoice for ``period``.

        Extend it to charge more.

        :param tools.recurrence.Period period: the next period
        :param list[tools.charge.Charge] usage: what the metered lines owe
        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        recurring = self._get_recurring_charges(period.date_end)
        charges = self._apply_discounts([*recurring, *usage])
        return [*charges, *self._get_item_charges()]

    def _get_settlement_charges(self, until=None, usage=()):
        """Return what is owed without a new period.

        :param datetime.date until: also what is owed for served days before it
        :param list[tools.charge.Charge] usage: what the metered lines owe
        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        until = max(filter(None, (until, self.date_next_period)), default=None)
        charges = self._get_recurring_charges(until) if until else []
        charges = self._apply_discounts([*charges, *usage])
        return [*charges, *self._get_item_charges()]

    def _get_recurring_charges(self, until):
        """Return what the lines owe for the days before ``until``, less what is to be
        given back.

        :param datetime.date until: first day that is not billed
        :rtype: list[tools.charge.Charge]
        """
        start = self._get_billing_start()
        window = Period(start, until) if start < until else None
        if self.date_settle_from:
            return self._get_settled_charges(start, until)
        charges = []
        if window:
            pauses = self._get_pauses(("credit", "keep"))._get_spans(window)
            for line in self._get_recurring_lines():
                spans = line._get_served(window)
                spans = subtract(spans, pauses) if pauses else spans
                charges += self._get_line_charges(line, spans)
        return charges

    def _get_settled_charges(self, start, until):
        """Return what makes the claims agree with the days served, from ``start`` on.

        Days from ``until`` on are not billed yet; but those that were billed and will
        not be served are given back.
        """
        claims = self._get_claims_from(start)
        end = max([until, *claims.mapped("date_end")])
        if end <= start:
            return []
        window = Period(start, end)
        by_line = claims.grouped("line_id")
        owed, given_back = [], []
        for line in self._get_recurring_lines():
            owned = by_line.get(line, claims.browse())
            settlement = self._settle_line(line, owned, window)
            billed = [
                Period(span.date_start, min(span.date_end, until))
                for span in settlement.to_bill
                if span.date_start < until
            ]
            owed += self._get_line_charges(line, billed)
            given_back += self._get_credit_charges(owned, settlement)
        return [*given_back, *owed]

    def _settle_line(self, line, claims, window):
        """Compare the days on which a line is served with those billed.

        :rtype: tools.coverage.Settlement
        """
        after = self._get_days_after_end(window)
        served = subtract(line._get_served(window), after)
        given_back = self._get_pauses(("credit",))._get_spans(window)
        waived = self._get_pauses(("keep",))._get_spans(window)
        if not self.is_end_credited:
            # Except for days that a pause gives back: it would have gone on.
            waived += subtract(after, given_back)
        if not served and not claims:
            return Settlement((), ())
        return settle(
            window,
            subtract(served, given_back),
            [claim._get_billed() for claim in claims],
            waived,
        )

    def _get_days_after_end(self, window):
        """Return the days of ``window`` after the last one of this subscription.

        :rtype: list[tools.recurrence.Period]
        """
        if not self.date_end:
            return []
        first = max(fields.Date.add(self.date_end, days=1), window.date_start)
        return [Period(first, window.date_end)] if first < window.date_end else []

    def _get_line_charges(self, line, spans):
        """Return the charges of a line for some days, one for each period they touch.

        :param list[tools.recurrence.Period] spans: the days
        """
        recurrence = self._get_recurrence()
        return [
            line._get_charge(piece, self._get_share(piece, recurrence))
            for span in spans
            for piece in cut(span, recurrence)
        ]

    def _get_share(self, piece, recurrence):
        """Return how much of a period's price the days of ``piece`` cost.

        A first period that is shorter than the others may be free or cost as much as
        they do: so do its days, when it is billed in parts.
        """
        basis, first = self.plan_id.proration_basis, self._get_first_day()
        mode = self.plan_id.first_period
        if mode == "prorated" or recurrence.is_boundary(first):
            return share(piece, recurrence, basis)
        stub = recurrence.period_from(first)
        if not stub.date_start <= piece.date_start < stub.date_end:
            return share(piece, recurrence, basis)
        is_free = mode == "free"
        return Fraction(0) if is_free else part(piece, stub, recurrence, basis)

    def _get_credit_charges(self, claims, settlement):
        """Return what is given back of the claims of a line, as negative charges.

        Each comes from what the claim was billed, and never exceeds it.
        """
        by_claim = defaultdict(list)
        for key, span in settlement.to_credit:
            by_claim[key].append(span)
        credited = claims.filtered(lambda claim: claim.id in by_claim).with_prefetch(
            claims._prefetch_ids
        )
        return [
            charge
            for siblings in credited._group_by_price()
            for charge in self._credit_together(siblings, by_claim[siblings[0].id])
        ]

    def _credit_together(self, claims, spans):
        """Return what is given back of claims that were billed at one price.

        The parts add up to what is given back of that price, to the cent.

        :param claims: one claim, or those of the products of a bundle
        :param list[tools.recurrence.Period] spans: the days, in order
        """
        recurrence, basis = self._get_recurrence(), self.plan_id.proration_basis
        left = [claim._get_amount_left() for claim in claims]
        billed = claims[0]._get_billed()
        total = sum(Decimal(str(claim.amount)) for claim in claims)
        standing = billed.standing
        charges = []
        for span in spans:
            standing = subtract(standing, [span])
            share_of_price = part(span, billed.period, recurrence, basis)
            amount = credit(
                total, total - sum(left), share_of_price, is_rest=not standing
            )
            rounded = Decimal(str(self.currency_id.round(float(amount))))
            parts = [rounded]
            if len(claims) > 1:
                parts = allocate(
                    rounded, [abs(each) for each in left], self._get_step()
                )
            left = [before - taken for before, taken in zip(left, parts, strict=True)]
            charges += [
                self._get_credit_charge(claim, span, taken)
                for claim, taken in zip(claims, parts, strict=True)
            ]
        return charges

    def _get_credit_charge(self, claim, span, amount):
        """Return the charge that gives ``amount`` of a claim back, for some days.

        :rtype: tools.charge.Charge
        """
        return Charge(
            line_id=claim.line_id.id,
            kind="credit",
            period=span,
            quantity=-Decimal(str(claim.quantity)) or Decimal(-1),
            gross=-amount,
            origin_id=claim.id,
            component_id=claim.component_id.id,
        )

    def _get_item_charges(self):
        """Return the one-off items that are due on the day of the invoice: today.

        :rtype: list[tools.charge.Charge]
        """
        self.ensure_one()
        if not self.pending_item_ids:
            return []
        day = self.company_id._get_subscription_today()
        return [item._get_charge(day) for item in self.pending_item_ids._get_due(day)]

    # === BUSINESS METHODS: WHERE IT BEGINS === #

    def _get_recurring_lines(self):
        """Return the lines that are billed by the period, and not by what was used."""
        self.ensure_one()
        return self.line_ids.filtered(lambda line: not line.meter_id)

    def _get_billing_start(self):
        """Return the first day that this invoice looks at."""
        self.ensure_one()
        following = self.date_next_period
        settled = self.date_settle_from or following
        return min(max(settled, self._get_first_billed_day()), following)

    def _get_claims_from(self, day):
        """Return the standing recurring claims of days from ``day`` on."""
        self.ensure_one()
        claims = self.period_ids.filtered(
            lambda claim: (
                claim.kind == "recurring" and claim.is_standing and claim.date_end > day
            )
        )
        prefetch_ids = self.period_ids._prefetch_ids
        return claims.sorted("date_start").with_prefetch(prefetch_ids)

    def _get_pauses(self, policies):
        """Return the pauses that have one of the billing policies."""
        self.ensure_one()
        return self.pause_ids.filtered(lambda pause: pause.policy in policies)

    def _mark_unsettled(self, day):
        """Have the next invoice compare days served and billed from ``day`` on."""
        for subscription in self:
            known = subscription.date_settle_from
            subscription.sudo().date_settle_from = min(known, day) if known else day
