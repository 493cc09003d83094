from collections import defaultdict

from odoo import api, fields, models

from ..tools.recurrence import Period


class SubscriptionSubscription(models.Model):
    """The services that a subscription includes: they come with its plan and its lines,
    and leave with them."""

    _inherit = "subscription.subscription"

    # === FIELDS === #

    entitlement_ids = fields.One2many(
        "subscription.entitlement", "subscription_id", string="Entitlements"
    )
    entitlement_count = fields.Integer(compute="_compute_entitlement_summary")
    entitlement_available_count = fields.Integer(compute="_compute_entitlement_summary")
    entitlement_summary = fields.Char(compute="_compute_entitlement_summary")

    # === COMPUTE METHODS === #

    @api.depends("entitlement_ids.availability", "entitlement_ids.quantity_left")
    def _compute_entitlement_summary(self):
        for subscription in self:
            subscription.update(subscription.entitlement_ids._prepare_summary_vals())

    # === ACTIONS === #

    def action_view_entitlements(self):
        """Open the services that these subscriptions include."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "subscription_billing.subscription_entitlement_action"
        )
        context = {"default_subscription_id": self.id} if len(self) == 1 else {}
        return {
            **action,
            "domain": [("subscription_id", "in", self.ids)],
            "context": context,
        }

    def action_record_use(self):
        """Open the dialog that records the use of an included service."""
        self.ensure_one()
        return self.env["subscription.consumption.record"]._get_dialog(self)

    # === BUSINESS METHODS: THE QUESTION === #

    def _is_entitled(self, what, day=None):
        """Return whether a service may be claimed: the one question to ask.

        :param what: the service, as a product, a product template, an entitlement, or
            the included service of a plan
        :param datetime.date day: the company's today by default
        :return: the best answer that these subscriptions give; its ``reason`` is
            ``none`` where none of them includes the service
        :rtype: models.subscription_entitlement_answer.Answer
        """
        return self.entitlement_ids._get_best_answer(what, day)

    # === BUSINESS METHODS: LIFE === #

    def _start_entitlements(self):
        """Give confirmed subscriptions the services of their plans."""
        vals_list = [
            subscription._prepare_entitlement_vals(
                service, service._get_first_day(subscription)
            )
            for subscription in self
            for service in subscription.plan_id.sudo().entitlement_ids
            if subscription._includes(service)
        ]
        self.env["subscription.entitlement"].sudo().create(vals_list)

    def _exchange_entitlements(self, day):
        """Replace what former plans brought by what the plans bring from ``day`` on.

        What was agreed apart from any plan stays.
        """
        for subscription in self._get_served_subscriptions():
            leaving = subscription._get_plan_entitlements(day).filtered(
                lambda each, plan=subscription.plan_id: each.plan_id != plan
            )
            services = subscription.plan_id.sudo().entitlement_ids
            subscription._replace_entitlements(leaving, services, day)

    def _follow_lines(self, lines, day):
        """Bring in the services of products that are new on ``day``, and end those of
        products that have left.

        :param lines: the lines that begin on that day
        """
        before = fields.Date.subtract(day, days=1)
        for subscription in self._get_served_subscriptions():
            known = (subscription.line_ids - lines).filtered(
                lambda line: line._is_running_on(before)
            )
            products = (lines & subscription.line_ids).product_tmpl_id
            products -= known.product_tmpl_id
            leaving = subscription._get_plan_entitlements(day).filtered(
                lambda each, owner=subscription: not owner._includes(each, day)
            )
            services = subscription.plan_id.sudo().entitlement_ids.filtered(
                lambda service, new=products: service.included_with_id in new
            )
            subscription._replace_entitlements(leaving, services, day)

    def _replace_entitlements(self, leaving, services, day):
        """End some entitlements and begin others on ``day``.

        One to the same service takes over what was claimed before.

        :param leaving: ``subscription.entitlement`` records that end
        :param services: ``subscription.plan.entitlement`` records that begin
        """
        self.ensure_one()
        staying = self._get_plan_entitlements(day) - leaving
        vals_list = []
        for service in services - staying.plan_entitlement_id:
            if self._includes(service, day):
                former = leaving.filtered(
                    lambda each, product=service.product_id: each.product_id == product
                )
                vals = self._prepare_entitlement_vals(
                    service, self._get_line_start(service, day)
                )
                vals_list.append({**vals, "predecessor_id": former[:1].id})
        leaving.sudo()._replace(vals_list, day)

    def _prepare_entitlement_vals(self, service, day):
        """Return the values of the copy of a plan's service, from ``day`` on.

        Its price is in the currency of the subscription.
        """
        self.ensure_one()
        recurrence = service._get_periods(self)
        terms = service.with_context(lang=self.partner_id.lang)._prepare_terms_vals()
        return {
            **terms,
            "subscription_id": self.id,
            "plan_id": service.plan_id.id,
            "plan_entitlement_id": service.id,
            "overage_price": service.currency_id._convert(
                service.overage_price,
                self.currency_id,
                self.company_id,
                self.company_id._get_subscription_today(),
                round=False,
            ),
            "date_start": day,
            "date_anchor": recurrence.anchor,
            "anchor_day": recurrence.anchor_day,
        }

    # === BUSINESS METHODS: DAYS === #

    def _get_served_subscriptions(self):
        """Return those that have begun and are not closed."""
        return self.filtered(lambda each: each.state not in ("draft", "closed"))

    def _get_plan_entitlements(self, day):
        """Return the entitlements that a plan has brought and that last to ``day``."""
        return self.entitlement_ids.filtered(
            lambda each: each.plan_id and (not each.date_end or each.date_end >= day)
        )

    def _includes(self, service, day=None):
        """Return whether the product that a service comes with is on the subscription.

        :param datetime.date day: from this day on; ever, without it
        """
        self.ensure_one()
        product = service.included_with_id
        return not product or any(
            not (day and line.date_end and line.date_end < day)
            for line in self.line_ids
            if line.product_tmpl_id == product
        )

    def _get_line_start(self, service, day):
        """Return the first day from ``day`` on with the product of a service."""
        self.ensure_one()
        starts = [
            line.date_start or day
            for line in self.line_ids
            if line.product_tmpl_id == service.included_with_id
            and not (line.date_end and line.date_end < day)
        ]
        return max(min(starts, default=day), day)

    def _get_closed_spans(self):
        """Return the days on which these subscriptions were closed between two lives.

        :rtype: defaultdict[int, list[tools.recurrence.Period]], by subscription id
        """
        spans, closed = defaultdict(list), {}
        for event in (
            self.env["subscription.event"]
            .sudo()
            .search(
                [
                    ("subscription_id", "in", self.ids),
                    "|",
                    ("state_before", "=", "closed"),
                    ("state_after", "=", "closed"),
                ],
                order="id",
            )
        ):
            key = event.subscription_id.id
            if event.state_after == "closed":
                closed.setdefault(key, event.date)
            elif (start := closed.pop(key, event.date)) < event.date:
                spans[key].append(Period(start, event.date))
        return spans

    def _settle_if_closed(self):
        """Bill or credit what came after the last invoice, where no other follows."""
        for subscription in self:
            if subscription.state == "closed" and subscription.pending_item_ids:
                self.env["subscription.renewal"]._settle_now(subscription)
