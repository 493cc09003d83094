"""What invoice lines say of their amounts, and unit prices that can be read."""

from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.tests import tagged

from .test_bundles import BundleCase


class FormulaCase(BundleCase):
    def _get_texts(self, move):
        """Return what each line of a document says after its period, as lists."""
        names = [
            line.name.replace("\N{NO-BREAK SPACE}", " ")
            for line in move.invoice_line_ids
        ]
        return [name.splitlines()[2:] for name in names]


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestFormulas(FormulaCase):
    def setUp(self):
        super().setUp()
        self.plan.is_explained = True

    def _bill_first(self, *lines, **vals):
        """Return the formulas of the first invoice of a subscription."""
        subscription = self._create_subscription([*lines], **vals)
        return self._get_texts(self._bill(subscription, "2026-05-01"))

    def test_by_default_nothing_is_explained(self):
        self.plan.is_explained = False
        self.assertEqual(self._bill_first({"quantity": 3}), [[]])

    def test_a_customer_can_ask_for_it(self):
        self.plan.is_explained = False
        self.partner.is_explained = True
        (texts,) = self._bill_first({"quantity": 3})
        self.assertEqual(texts, ["3 × $ 100.00 = $ 300.00"])

    def test_discounts_and_coupons(self):
        (texts,) = self._bill_first(
            {"quantity": 3, "discount": 10},
            discount_ids=[
                Command.create(
                    {"name": "Welcome", "kind": "percentage", "percentage": 5}
                )
            ],
        )
        self.assertEqual(
            texts[1:], ["Discount: 10 % of $ 300.00 = −$ 30.00", "Welcome: −13.50"]
        )

    def test_a_part_of_a_period(self):
        for basis, days in (("natural", "11/31"), ("thirty", "10/30")):
            with self.subTest(basis):
                self.plan.write(
                    {
                        "anchor_mode": "calendar",
                        "anchor_day": 1,
                        "proration_basis": basis,
                    }
                )
                subscription = self._create_subscription(
                    [{"price_unit": 93}], date_start="2026-05-21"
                )
                (texts,) = self._get_texts(self._bill(subscription, "2026-05-21"))
                amount = subscription.invoice_ids.amount_untaxed
                self.assertEqual(texts[1], f"$ 93.00 × {days} days = $ {amount:.2f}")

    def test_a_free_first_period(self):
        self.plan.write(
            {"anchor_mode": "calendar", "anchor_day": 1, "first_period": "free"}
        )
        self.plan.is_zero_invoiced = True
        subscription = self._create_subscription(date_start="2026-05-21")
        (texts,) = self._get_texts(self._bill(subscription, "2026-05-21"))
        self.assertEqual(texts[1], "The first period is free.")

    def _set_tiers(self):
        """Give the product two tiers: ten units at 5.00, the others at 4.00."""
        self.env["subscription.price"].create(
            {
                "plan_id": self.plan.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "pricing_model": "graduated",
                "tier_ids": [
                    Command.create({"quantity_last": 10, "price_unit": 5}),
                    Command.create({"price_unit": 4}),
                ],
            }
        )

    def test_tier_by_tier(self):
        self._set_tiers()
        (texts,) = self._bill_first({"quantity": 15})
        self.assertEqual(
            texts,
            ["1–10: 10 × $ 5.00 = $ 50.00", "11 and above: 5 × $ 4.00 = $ 20.00"],
        )

    def test_usage_tier_by_tier(self):
        self._set_tiers()
        meter = self._create_meter()
        subscription = self._create_metered(meter)
        self._bill(subscription, "2026-05-01")
        with freeze_time("2026-05-04"):
            self._record(
                subscription, meter, {"quantity": 12, "time": "2026-05-03T10:00:00Z"}
            )
        (texts,) = self._get_texts(self._bill(subscription, "2026-06-01"))
        self.assertEqual(len(texts), 2)
        self.assertIn("11 and above: 2 ×", texts[1])

    def test_credits_tell_what_they_are_of(self):
        subscription = self._create_subscription([{"price_unit": 31}])
        self._pay(self._bill(subscription, "2026-05-01"))
        with freeze_time("2026-05-12"):
            self._change(
                subscription, [(subscription.line_ids, {"quantity": 2})]
            ).action_confirm()
        credit, debit, _whole = self._get_texts(self._bill(subscription, "2026-06-01"))
        self.assertEqual(credit, ["$ 31.00 × 20/31 days = $ 20.00"])
        self.assertEqual(debit[1], "$ 62.00 × 20/31 days = $ 40.00")

    def test_what_is_left_of_an_amount_is_told_as_such(self):
        """7.00 less 2.26 and 0.23 is 4.51, and 20/31 of it would be 4.52."""
        subscription = self._create_subscription([{"price_unit": 7}])
        self._pay(self._bill(subscription, "2026-05-01"))
        subscription._pause(date(2026, 5, 2), "credit")
        subscription._resume(date(2026, 5, 12))
        self.env["subscription.renewal"]._settle_now(subscription)
        change = self._change(
            subscription,
            [(subscription.line_ids, {"quantity": 2})],
            proration="invoice_now",
        )
        change.action_confirm()
        texts = self._get_texts(subscription.invoice_ids.sorted("id")[-1])
        self.assertEqual(
            texts[:2],
            [["$ 7.00 × 1/31 days = $ 0.23"], ["What is left of $ 7.00: $ 4.51"]],
        )

    def test_a_bundle_is_explained_in_its_heading(self):
        heading, licence, _support = self._bill_first(
            {"product_id": self.gold.id, "quantity": 2, "discount": 10}
        )
        self.assertEqual(len(heading), 2)
        self.assertIn("2 ×", heading[0])
        self.assertEqual(heading[1:], ["Discount: 10 % of $ 62.00 = −$ 6.20"])
        self.assertFalse(licence)

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        (texts,) = self._bill_first({"price_unit": 1234.5})
        self.assertEqual(texts, ["1 × $ 1 234,50 = $ 1 234,50"])


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-01")
class TestUnitPrices(FormulaCase):
    def _shorten(self, quantity, price_unit, discount=0.0):
        """Return quantity and unit price of an invoice line, as they are shown."""
        subscription = self._create_subscription(state="draft")
        vals = subscription._shorten_price(
            {
                "name": "Line",
                "quantity": quantity,
                "price_unit": price_unit,
                "discount": discount,
            }
        )
        return vals["quantity"], vals["price_unit"], vals["name"].splitlines()[1:]

    def test_the_fewest_decimals_at_which_it_comes_to_the_amount(self):
        self.assertEqual(self._shorten(1, 40 / 3), (1, 13.33, []))
        self.assertEqual(self._shorten(7, 40 / 3), (7, 13.333, []))
        self.assertEqual(self._shorten(-7, 40 / 3), (-7, 13.333, []))
        self.assertEqual(self._shorten(7, 40 / 3, 10), (7, 13.333, []))

    def test_a_price_that_is_agreed_stays(self):
        self.assertEqual(self._shorten(1000, 0.0035), (1000, 0.0035, []))
        self.assertEqual(self._shorten(3, 12.5), (3, 12.5, []))

    def test_where_too_many_are_needed_the_amount_is_the_price(self):
        self.assertEqual(
            self._shorten(2_000_000, 1 / 300), (1, 6666.67, ["Quantity: 2,000,000"])
        )
        self.assertEqual(
            self._shorten(-2_000_000, 1 / 300), (-1, 6666.67, ["Quantity: 2,000,000"])
        )

    def test_no_document_shows_endless_decimals(self):
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        subscription = self._create_subscription(
            [
                {"price_unit": 40, "quantity": 7, "discount": 12.5},
                {"product_id": self.gold.id, "quantity": 3},
            ],
            date_start="2026-05-20",
        )
        invoice = self._bill(subscription, "2026-05-20")
        lines = invoice.invoice_line_ids.filtered("product_id")
        for line in lines:
            self.assertEqual(line.price_unit, round(line.price_unit, 4))
            amount = line.quantity * line.price_unit * (1 - line.discount / 100)
            currency = self.company.currency_id
            self.assertEqual(currency.round(amount), line.price_subtotal)
        self.assertEqual(invoice.amount_untaxed, 94.84 + 36)

    def test_what_the_customer_gets_has_one_price_for_a_bundle(self):
        self.licence.taxes_id = self.tax
        self.plan.write({"anchor_mode": "calendar", "anchor_day": 1})
        subscription = self._create_subscription(
            [{"price_unit": 40, "quantity": 7}, {"product_id": self.gold.id}],
            date_start="2026-05-19",
        )
        invoice = self._bill(subscription, "2026-05-19")
        report = self.env["ir.actions.report"]
        html, _kind = report._render_qweb_html("account.report_invoice", invoice.ids)
        for shown in (b"16.774<", b"117.42<", b"Gold", b"13.00<", b"Licence"):
            self.assertTrue(shown in html, shown)
        for hidden in (b"16.7741", b"7.80<", b"5.20<", b"2.60<"):
            self.assertFalse(hidden in html, hidden)
