"""Bundles: one price for the customer, split to the cent over what is included."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .test_changes import ChangeCase


class BundleCase(ChangeCase):
    """A gold package of 31.00 a month: three licences of 10, and support of 20."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reduced = cls.env["account.tax"].create(
            {"name": "Sales tax 5 %", "amount": 5, "type_tax_use": "sale"}
        )
        cls.accounts = cls.env["account.account"].create(
            [
                {"name": name, "code": code, "account_type": "income"}
                for name, code in (("Licences", "400910"), ("Support", "400920"))
            ]
        )
        cls.gold = cls._create_product("Gold", 31)
        cls.licence = cls._create_product(
            "Licence", 10, cls.reduced, property_account_income_id=cls.accounts[0].id
        )
        cls.support = cls._create_product(
            "Support", 20, cls.tax, property_account_income_id=cls.accounts[1].id
        )
        cls.bundle = cls._create_bundle(cls.gold, {cls.licence: 3, cls.support: 1})

    @classmethod
    def _create_product(cls, name, price, tax=None, **vals):
        """Create a service; without a tax it has none."""
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.set(tax.ids if tax else [])],
                **vals,
            }
        )

    @classmethod
    def _create_bundle(cls, product, contents, **vals):
        """Create a bundle.

        :param dict contents: quantities by product
        """
        return cls.env["subscription.bundle"].create(
            {
                "product_id": product.id,
                "line_ids": [
                    Command.create({"product_id": part.id, "quantity": quantity})
                    for part, quantity in contents.items()
                ],
                **vals,
            }
        )

    def _subscribe(self, **line):
        """Create an active subscription to the gold package."""
        return self._create_subscription([{"product_id": self.gold.id, **line}])

    def _get_parts(self, move):
        """Return the untaxed amounts of the products of a document, in order."""
        lines = move.invoice_line_ids.filtered(lambda li: li.display_type == "product")
        return lines.mapped("price_subtotal")


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestBundleInvoice(BundleCase):
    def test_the_price_is_split_by_stand_alone_prices(self):
        """31.00 over 30 : 20 is 18.60 and 12.40."""
        invoice = self._bill(self._subscribe(), "2026-05-01")
        heading, licence, support = invoice.invoice_line_ids
        self.assertEqual(heading.display_type, "line_section")
        self.assertFalse(heading.collapse_prices, "two taxes have two bases")
        self.assertIn("Gold", heading.name)
        self.assertIn("05/01/2026 to 05/31/2026", heading.name)
        self.assertEqual(heading.get_section_subtotal(), 31)
        self.assertRecordValues(
            licence + support,
            [
                {
                    "product_id": self.licence.id,
                    "quantity": 3,
                    "price_subtotal": 18.6,
                    "account_id": self.accounts[0].id,
                    "tax_ids": self.reduced.ids,
                },
                {
                    "product_id": self.support.id,
                    "quantity": 1,
                    "price_subtotal": 12.4,
                    "account_id": self.accounts[1].id,
                    "tax_ids": self.tax.ids,
                },
            ],
        )
        self.assertEqual(invoice.amount_untaxed, 31)
        self.assertEqual(invoice.amount_tax, 0.93 + 1.86)

    def test_the_customer_sees_one_price_where_the_taxes_are_the_same(self):
        self.licence.taxes_id = self.tax
        invoice = self._bill(self._subscribe(), "2026-05-01")
        self.assertTrue(invoice.invoice_line_ids[0].collapse_prices)
        notice = self.env["subscription.notice"].new(
            {
                "move_id": invoice.id,
                "subscription_id": invoice.subscription_ids.id,
                "company_id": self.company.id,
            }
        )
        amounts = [amount for _name, amount in notice._get_invoice_facts() if amount]
        self.assertIn("$\N{NO-BREAK SPACE}31.00", amounts)
        self.assertNotIn("$\N{NO-BREAK SPACE}18.60", amounts)

    def test_the_subscription_shows_the_one_price_and_all_its_taxes(self):
        subscription = self._subscribe()
        self.assertEqual(subscription.amount_untaxed, 31)
        self.assertEqual(subscription.amount_tax, 2.79)
        self.assertEqual(subscription.mrr, 31)
        self.assertEqual(self._get_mrr(subscription), 31)

    def test_the_mrr_of_a_yearly_bundle_is_that_of_its_price(self):
        plan = self._create_plan(interval_unit="year")
        line = {"product_id": self.gold.id, "price_unit": 100}
        bundled = self._create_subscription([line], plan_id=plan.id)
        line["product_id"] = self.product.id
        single = self._create_subscription([line], plan_id=plan.id)
        self.assertEqual(bundled.mrr, single.mrr)

    def test_cents_that_cannot_be_split_are_not_lost(self):
        third = self._create_product("Third", 10)
        thirds = self._create_product("Thirds", 10)
        parts = [self._create_product(f"Part {n}", 7) for n in range(3)]
        self._create_bundle(thirds, dict.fromkeys(parts, 1))
        self.assertTrue(third)
        subscription = self._create_subscription([{"product_id": thirds.id}])
        invoice = self._bill(subscription, "2026-05-01")
        self.assertEqual(self._get_parts(invoice), [3.34, 3.33, 3.33])

    def test_each_product_has_its_analytic_else_that_of_the_line(self):
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        own, other = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("Licences", "Other")]
        )
        self.env["account.analytic.distribution.model"].create(
            {
                "product_id": self.licence.id,
                "analytic_distribution": {str(own.id): 100},
            }
        )
        subscription = self._subscribe(analytic_distribution={str(other.id): 100})
        invoice = self._bill(subscription, "2026-05-01")
        self.assertEqual(
            invoice.invoice_line_ids[1:].mapped("analytic_distribution"),
            [{str(own.id): 100}, {str(other.id): 100}],
        )

    def test_taxes_follow_the_fiscal_position(self):
        exempt = self.env["account.tax"].create(
            {
                "name": "Exempt",
                "amount": 0,
                "type_tax_use": "sale",
                "original_tax_ids": [Command.set(self.tax.ids)],
            }
        )
        position = self.env["account.fiscal.position"].create(
            {"name": "Abroad", "tax_ids": [Command.link(exempt.id)]}
        )
        subscription = self._subscribe()
        subscription.fiscal_position_id = position
        invoice = self._bill(subscription, "2026-05-01")
        self.assertEqual(invoice.invoice_line_ids[2].tax_ids, exempt)

    def test_other_lines_stand_above_the_bundle(self):
        subscription = self._create_subscription(
            [{"product_id": self.gold.id}, {"price_unit": 5}]
        )
        subscription.item_ids = [
            Command.create({"product_id": self.product.id, "price_unit": 7})
        ]
        invoice = self._bill(subscription, "2026-05-01")
        self.assertEqual(self._get_parts(invoice), [5, 7, 18.6, 12.4])
        self.assertFalse(invoice.invoice_line_ids[:2].parent_id)

    def test_quantity_and_discount_are_told_in_the_heading(self):
        subscription = self._subscribe(quantity=2, discount=10)
        invoice = self._bill(subscription, "2026-05-01")
        heading, licence, _support = invoice.invoice_line_ids
        self.assertIn("Quantity: 2", heading.name)
        self.assertIn("Discount: 10 %", heading.name)
        self.assertEqual(licence.quantity, 6)
        self.assertEqual(invoice.amount_untaxed, 55.8)
        self.assertEqual(subscription.amount_untaxed, 55.8)

    def test_a_coupon_reduces_the_whole_price_once(self):
        subscription = self._subscribe()
        subscription.discount_ids = [
            Command.create(
                {"name": "Welcome", "kind": "amount", "amount": 1, "duration": "once"}
            )
        ]
        self.assertEqual(subscription.amount_untaxed, 30)
        invoice = self._bill(subscription, "2026-05-01")
        self.assertEqual(self._get_parts(invoice), [18, 12])
        self.assertIn("Welcome: −1.00", invoice.invoice_line_ids[0].name)
        self.assertEqual(subscription.discount_ids.use_ids.amount, 1)
        self.assertEqual(
            self._get_parts(self._bill(subscription, "2026-06-01")), [18.6, 12.4]
        )

    def test_bundles_of_several_subscriptions_share_an_invoice(self):
        self.partner.is_invoiced_together = True
        self._subscribe()
        self._create_subscription([{"price_unit": 5}])
        self._run_renewal()
        invoice = self.env["subscription.period"].search([]).move_id
        self.assertEqual(len(invoice), 1)
        self.assertEqual(
            invoice.invoice_line_ids.filtered("parent_id").mapped("price_subtotal"),
            [18.6, 12.4],
        )

    def test_a_preview_tells_what_is_in_it(self):
        self.licence.taxes_id = self.tax
        subscription = self._subscribe()
        (forecast,) = self.env["subscription.forecast"]._preview(subscription, count=1)
        self.assertEqual([line.amount for line in forecast.lines], [0, 18.6, 12.4])
        self.assertEqual([line.total for line in forecast.lines], [31, None, None])
        html = self.env["subscription.forecast"]._render([forecast], subscription, "")
        self.assertIn("Licence", html)
        self.assertIn("31.00", html)
        self.assertNotIn("18.60", html)


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestBundleChanges(BundleCase):
    def setUp(self):
        super().setUp()
        self.subscription = self._subscribe()
        self.line = self.subscription.line_ids
        self._pay(self._bill(self.subscription, "2026-05-01"))

    @freeze_time("2026-05-12")
    def test_a_change_credits_each_product_from_its_own_claim(self):
        """20 of 31 days: 20.00 of 31.00, and not 12.00 + 8.00 by chance."""
        change = self._change(self.subscription, [(self.line, {"price_unit": 62})])
        change.action_confirm()
        self.assertEqual(self.subscription.mrr, 62)
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_parts(invoice), [-12, -8, 24, 16, 37.2, 24.8])
        given_back = self.subscription.period_ids.filtered("origin_id")
        claims = given_back.origin_id
        self.assertEqual(claims.component_id.product_id, self.licence | self.support)
        self.assertEqual(
            given_back.move_line_id.account_id, claims.move_line_id.account_id
        )

    def test_parts_of_credits_add_up_to_the_credit_of_the_price(self):
        """Any day of the month gives back what one line of 31.00 would."""
        self.subscription.is_end_credited = True
        for day in range(2, 32):
            self.subscription.date_end = date(2026, 5, day - 1)
            self.subscription.date_settle_from = date(2026, 5, day)
            charges = self.subscription._get_settlement_charges(date(2026, 5, day))
            self.assertEqual(float(sum(c.amount for c in charges)), day - 1 - 31)

    @freeze_time("2026-05-12")
    def test_all_credits_together_never_exceed_the_claim(self):
        self.subscription._pause(date(2026, 5, 12), "credit")
        with freeze_time("2026-05-15"):
            self.subscription._resume(date(2026, 5, 15))
        with freeze_time("2026-05-20"):
            self.subscription._finish(date(2026, 5, 20), is_credited=True)
        claims = self.subscription.period_ids.filtered(lambda c: not c.origin_id)
        for claim in claims:
            self.assertGreaterEqual(claim.amount, claim._get_credited_amount())
        self.assertEqual(
            sum(self.subscription.period_ids.mapped("amount")), 31 - 3 - 12
        )

    @freeze_time("2026-05-12")
    def test_an_added_bundle_is_prorated_to_the_cent(self):
        other = self._create_product("Silver", 10)
        parts = [self._create_product(f"Part {n}", 1) for n in range(3)]
        self._create_bundle(other, dict.fromkeys(parts, 1))
        self._change(
            self.subscription,
            [(None, {"product_id": other.id})],
            proration="invoice_now",
        ).action_confirm()
        invoice = self.subscription.invoice_ids.sorted("id")[-1]
        self.assertEqual(self._get_parts(invoice), [2.15, 2.15, 2.15])
        self.assertEqual(invoice.amount_untaxed, 6.45)

    @freeze_time("2026-05-12")
    def test_a_bundle_on_another_plan_is_that_plans_own(self):
        plan = self._create_plan(name="Pro")
        own = self._create_bundle(self.gold, {self.support: 1}, plan_id=plan.id)
        self._change(self.subscription, plan_id=plan.id).action_confirm()
        self.assertEqual(self.subscription._get_running_lines().bundle_id, own)

    @freeze_time("2026-05-12")
    def test_what_is_no_bundle_on_another_plan_has_its_own_taxes(self):
        plan, back = self._create_plan(name="Pro"), self.subscription.plan_id
        bundle = self.line.bundle_id
        bundle.sudo().active = False
        self.gold.taxes_id = self.tax
        self._change(self.subscription, plan_id=plan.id).action_confirm()
        line = self.subscription._get_running_lines()
        self.assertFalse(line.bundle_id)
        self.assertEqual(line.tax_ids, self.tax)
        bundle.sudo().active = True
        with freeze_time("2026-05-20"):
            self._change(self.subscription, plan_id=back.id).action_confirm()
        line = self.subscription._get_running_lines()
        self.assertEqual(line.bundle_id, bundle)
        self.assertFalse(line.tax_ids)

    @freeze_time("2026-05-12")
    def test_a_bundle_can_be_swapped_for_a_product(self):
        change = self._change(
            self.subscription, [(self.line, {"product_id": self.product.id})]
        )
        change.action_confirm()
        invoice = self._bill(self.subscription, "2026-06-01")
        self.assertEqual(self._get_parts(invoice), [64.52, 100, -12, -8])


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestBundleDefinition(BundleCase):
    def test_a_form_shows_shares(self):
        form = Form(self.env["subscription.bundle"])
        form.product_id = self._create_product("Silver", 10)
        for product, price in ((self.licence, 60), (self.support, 40)):
            with form.line_ids.new() as line:
                line.product_id = product
                self.assertEqual(line.price_unit, product.lst_price)
                line.price_unit = price
        bundle = form.save()
        self.assertEqual(bundle.line_ids.mapped("share"), [60, 40])
        self.assertEqual(bundle.contents, "1.00 × Licence, 1.00 × Support")

    def test_a_bundle_of_nothing_is_refused(self):
        free = self._create_product("Free", 0)
        for number, contents in enumerate(({}, {free: 1})):
            product = self._create_product(f"Silver {number}", 10)
            with self.assertRaisesRegex(ValidationError, "Stand-alone Price"):
                self._create_bundle(product, contents)
        product = self._create_product("Silver", 10)
        with self.assertRaisesRegex(ValidationError, "include itself"):
            self._create_bundle(product, {product: 1, self.licence: 1})
        with self.assertRaisesRegex(ValidationError, "Stand-alone Price"):
            self.bundle.line_ids.unlink()

    def test_what_subscriptions_run_on_is_kept(self):
        subscription = self._subscribe()
        line = self.bundle.line_ids[0]
        with self.assertRaisesRegex(UserError, "New Version"):
            line.quantity = 5
        with self.assertRaisesRegex(UserError, "New Version"):
            line.unlink()
        with self.assertRaisesRegex(UserError, "New Version"):
            self.bundle.line_ids = [Command.create({"product_id": self.product.id})]
        with self.assertRaisesRegex(UserError, "New Version"):
            line.copy({"bundle_id": self.bundle.id})
        self.assertTrue(self.bundle.is_used)
        self.assertEqual(self.bundle.subscription_count, 1)
        action = self.bundle.action_new_version()
        version = self.env["subscription.bundle"].browse(action["res_id"])
        version.line_ids[0].quantity = 5
        self.assertEqual(self._subscribe().line_ids.bundle_id, version)
        self.assertEqual(subscription.line_ids.bundle_id, self.bundle)

    def test_a_draft_follows_its_product(self):
        form = Form(self.env["subscription.subscription"])
        form.partner_id = self.partner
        form.plan_id = self.plan
        with form.line_ids.new() as line:
            line.product_id = self.product
            self.assertEqual(line.tax_ids[:], self.tax)
            line.product_id = self.gold
            self.assertEqual(line.bundle_id, self.bundle)
            self.assertFalse(line.tax_ids[:])
        self.assertEqual(form.save().amount_total, 33.79)

    def test_what_does_not_fit_a_bundle_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Taxes"):
            self._subscribe(tax_ids=[Command.set(self.tax.ids)])
        with self.assertRaisesRegex(ValidationError, "not sold as"):
            self._create_subscription([{"bundle_id": self.bundle.id}])
        subscription = self._subscribe()
        self._bill(subscription, "2026-05-01")
        with self.assertRaisesRegex(UserError, "has been billed"):
            subscription.line_ids.bundle_id = False

    def test_a_metered_line_is_no_bundle(self):
        subscription = self._subscribe(meter_id=self._create_meter().id)
        self.assertFalse(subscription.line_ids.bundle_id)
        with self.assertRaisesRegex(ValidationError, "cannot be metered"):
            subscription.line_ids.bundle_id = self.bundle
