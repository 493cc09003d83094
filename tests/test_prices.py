"""Prices: which one holds for whom, what it comes to, and who stays on it."""

from contextlib import contextmanager
from datetime import date

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

#: up to, price of a unit, flat fee: case F1 of the published tests
GRADUATED = ((10, 10, 2), (20, 5, 3), (0, 5, 3))
#: the same of cases F3 to F5, as volume
VOLUME = ((100, 2, 10), (200, 1, 0), (0, 0.5, 50))


class PriceCase(SubscriptionCommon):
    """A product whose prices are set in each test."""

    @classmethod
    def _prepare_tiers(cls, *rows):
        """Return the commands of tiers of rows (up to, unit price, flat fee)."""
        return [
            Command.create(
                {"quantity_last": last, "price_unit": price, "amount_flat": flat}
            )
            for last, price, flat in rows
        ]

    @classmethod
    def _create_price(cls, *tiers, **vals):
        """Create a price of the product on the monthly plan."""
        return cls.env["subscription.price"].create(
            {
                "plan_id": cls.plan.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "tier_ids": cls._prepare_tiers(*tiers),
                **vals,
            }
        )

    @classmethod
    def _create_user(cls, role):
        """Create a user or a manager of subscriptions."""
        groups = f"subscription_billing.group_subscription_{role}"
        return new_test_user(cls.env, f"prices_{role}", groups=groups)

    @contextmanager
    def _refused(self, error, message):
        """Check that something is refused in these words, and leaves no trace."""
        with self.assertRaisesRegex(error, message), self.env.cr.savepoint():
            yield
        self.env.invalidate_all()

    def _get_price(self, partner=None, product=None, day=date(2026, 3, 10)):
        """Return the price that is offered."""
        return self.env["subscription.price"]._get_price(
            self.plan,
            product or self.product,
            self.company.currency_id,
            day,
            partner=partner,
        )


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestWhosePrice(PriceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.config.settings"].create(
            {"group_product_pricelist": True}
        ).execute()
        cls.pricelist = cls.env["product.pricelist"].create({"name": "Friends"})
        cls.friend = cls.env["res.partner"].create(
            {
                "name": "Grace Hopper",
                "specific_property_product_pricelist": cls.pricelist.id,
            }
        )
        cls.navy = cls.env["res.partner"].create({"name": "Navy", "is_company": True})
        cls.officer, cls.branch = cls.env["res.partner"].create(
            [
                {"name": "Officer", "parent_id": cls.navy.id},
                {"name": "Branch", "parent_id": cls.navy.id, "type": "invoice"},
            ]
        )

    def test_customer_then_pricelist_then_variant_then_product(self):
        of_product = self._create_price(price_unit=100)
        of_variant = self._create_price(price_unit=90, product_id=self.product.id)
        of_list = self._create_price(price_unit=80, pricelist_id=self.pricelist.id)
        of_friend = self._create_price(price_unit=70, partner_id=self.friend.id)
        self.assertEqual(self._get_price(self.friend), of_friend)
        self.assertEqual(self._get_price(self.partner), of_variant)
        self.assertEqual(self._get_price(), of_variant)
        of_friend.unlink()
        self.assertEqual(self._get_price(self.friend), of_list)
        of_variant.unlink()
        self.assertEqual(self._get_price(self.friend), of_list)
        self.assertEqual(self._get_price(self.partner), of_product)

    def test_a_variant_of_a_pricelist_comes_before_its_product(self):
        self._create_price(price_unit=80, pricelist_id=self.pricelist.id)
        variant = self._create_price(
            price_unit=75, pricelist_id=self.pricelist.id, product_id=self.product.id
        )
        self.assertEqual(self._get_price(self.friend), variant)

    def test_a_price_of_a_pricelist_is_for_no_other_customer(self):
        self._create_price(price_unit=80, pricelist_id=self.pricelist.id)
        self.partner.specific_property_product_pricelist = self.env[
            "product.pricelist"
        ].create({"name": "Strangers"})
        self.assertFalse(self._get_price(self.partner))

    def test_a_price_on_a_shared_plan_belongs_to_the_company_of_its_customers(self):
        self.navy.company_id = self.company
        price = self._create_price(price_unit=70, partner_id=self.navy.id)
        self.assertEqual(price.company_id, self.company)
        self.assertFalse(self._create_price(price_unit=100).company_id)
        other = self.env["res.company"].create({"name": "Other"})
        self.pricelist.company_id = other
        theirs = self._create_plan(name="Ours", company_id=self.company.id)
        with self._refused(UserError, "company inconsistencies"):
            self._create_price(plan_id=theirs.id, pricelist_id=self.pricelist.id)

    def test_a_customers_price_holds_for_the_whole_company(self):
        price = self._create_price(price_unit=70, partner_id=self.officer.id)
        for member in (self.navy, self.officer, self.branch):
            self.assertEqual(self._get_price(member), price)
        self.assertFalse(self._get_price(self.partner))

    def test_a_subscription_is_sold_at_the_customers_price(self):
        self._create_price(price_unit=100)
        price = self._create_price(price_unit=70, partner_id=self.navy.id)
        line = self._create_subscription(partner_id=self.officer.id).line_ids
        self.assertRecordValues(line, [{"price_id": price.id, "price_unit": 70}])

    def test_another_customer_of_a_draft_has_another_price(self):
        self._create_price(price_unit=100)
        self._create_price(price_unit=70, partner_id=self.navy.id)
        form = Form(self.env["subscription.subscription"])
        form.partner_id = self.partner
        form.plan_id = self.plan
        with form.line_ids.new() as line:
            line.product_id = self.product
            self.assertEqual(line.price_unit, 100)
        form.partner_id = self.officer
        subscription = form.save()
        self.assertEqual(subscription.amount_untaxed, 70)
        subscription.partner_id = self.partner
        self.assertEqual(subscription.amount_untaxed, 100)

    def test_many_lines_ask_for_their_prices_at_once(self):
        self._create_price(price_unit=100)
        self._create_price(price_unit=70, partner_id=self.navy.id)
        lines = self._create_subscriptions(20, state="draft").line_ids

        def count_queries(ids):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["subscription.line"].browse(ids)._choose_price(self.company)
            return self.env.cr.sql_log_count - before

        count_queries(lines.ids)  # what is read once and for all
        self.assertEqual(count_queries(lines.ids), count_queries(lines[:1].ids))

    def test_two_prices_for_the_same_customers_are_refused(self):
        self._create_price(price_unit=70, partner_id=self.navy.id)
        with self._refused(
            ValidationError, "already has a price .* for these dates and Navy, Officer"
        ):
            self._create_price(price_unit=75, partner_id=self.officer.id)
        self._create_price(price_unit=80, pricelist_id=self.pricelist.id)
        with self._refused(ValidationError, "for these dates and Friends"):
            self._create_price(price_unit=85, pricelist_id=self.pricelist.id)
        self._create_price(price_unit=100)

    def test_a_price_of_a_pricelist_is_in_its_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.pricelist.currency_id = euro
        price = self._create_price(price_unit=80, pricelist_id=self.pricelist.id)
        self.assertEqual(price.currency_id, euro)
        with self._refused(ValidationError, "Currency must be EUR"):
            price.currency_id = self.company.currency_id

    @mute_logger("odoo.sql_db")
    def test_a_price_is_for_a_customer_or_for_a_pricelist(self):
        with self._refused(Exception, "for_customer_or_pricelist"):
            self._create_price(partner_id=self.navy.id, pricelist_id=self.pricelist.id)

    def test_a_line_takes_no_price_of_something_else(self):
        other = self._create_plan(name="Other")
        price = self._create_price(price_unit=70, plan_id=other.id)
        draft = self._create_subscription(state="draft")
        with self._refused(ValidationError, "is not for Maintenance"):
            draft.line_ids.price_id = price
        draft.plan_id = other
        self.assertEqual(draft.line_ids.price_id, price)


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestPricingModels(PriceCase):
    def _get_amount(self, quantity, **line):
        """Return what a quantity of the product costs a new subscription."""
        draft = self._create_subscription(
            [{"quantity": quantity, **line}], state="draft"
        )
        self.assertEqual(draft.amount_untaxed, draft.line_ids.price_subtotal)
        return draft.line_ids.price_subtotal

    def test_a_graduated_price(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        for quantity, amount in ((0, 2), (1, 12), (10, 102), (11, 110), (21, 163)):
            self.assertEqual(self._get_amount(quantity), amount)

    def test_a_volume_price(self):
        self._create_price(*VOLUME, pricing_model="volume")
        for quantity, amount in ((100, 210), (100.5, 100.5), (101, 101), (210, 155)):
            self.assertEqual(self._get_amount(quantity), amount)

    def test_a_package_price(self):
        self._create_price(
            pricing_model="package",
            price_unit=100,
            package_size=10,
            included_quantity=10,
        )
        self.assertEqual(self._get_amount(121), 1200)

    def test_a_flat_price(self):
        self._create_price(pricing_model="flat", price_unit=50)
        self.assertEqual(self._get_amount(7), 50)

    def test_a_percentage_of_a_volume(self):
        self._create_price(
            pricing_model="percentage", percentage=1.3, included_quantity=250
        )
        self.assertEqual(self._get_amount(800), 7.15)

    def test_a_graduated_percentage(self):
        tiers = [
            Command.create(
                {"quantity_last": last, "percentage": share, "amount_flat": flat}
            )
            for last, share, flat in ((10, 1, 200), (20, 2, 300), (0, 3, 400))
        ]
        self._create_price(pricing_model="graduated_percentage", tier_ids=tiers)
        self.assertEqual(self._get_amount(12), 500.14)

    def test_blocks_of_a_tier(self):
        tiers = [
            Command.create({"quantity_last": 1000, "price_unit": 1, "block_size": 100}),
            Command.create({"price_unit": 1, "block_size": 1000}),
        ]
        self._create_price(pricing_model="graduated", tier_ids=tiers)
        self.assertEqual(self._get_amount(5325), 15)

    def test_prices_below_a_cent(self):
        self._create_price(
            (1000, 0.01, 0),
            (10000, 0.008, 0),
            (0, 0.005, 0),
            pricing_model="graduated",
        )
        self.assertEqual(self._get_amount(15000), 107)

    def test_a_unit_price_below_a_cent(self):
        self._create_price(price_unit=0.008)
        self.assertEqual(self._get_amount(1000), 8)

    def test_included_units_and_a_minimum_of_a_unit_price(self):
        self._create_price(price_unit=10, included_quantity=2, amount_minimum=25)
        self.assertEqual(self._get_amount(3), 25)
        self.assertEqual(self._get_amount(7), 50)
        self.assertEqual(self._get_amount(7, price_unit=8), 40)

    def test_the_discount_of_the_line_is_taken_off_the_rated_amount(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        self.assertEqual(self._get_amount(10, discount=10), 91.8)

    def test_taxes_and_monthly_revenue_of_a_tiered_line(self):
        self.plan.interval_count = 3
        self._create_price(*GRADUATED, pricing_model="graduated")
        subscription = self._create_subscription([{"quantity": 11}])
        self.assertRecordValues(
            subscription.line_ids,
            [{"price_subtotal": 110, "price_tax": 16.5, "mrr": 36.67}],
        )
        self.assertRecordValues(subscription, [{"amount_total": 126.5, "mrr": 36.67}])

    def test_a_tax_that_the_price_includes(self):
        self.tax.price_include_override = "tax_included"
        self._create_price(*GRADUATED, pricing_model="graduated")
        subscription = self._create_subscription([{"quantity": 11}])
        self.assertRecordValues(
            subscription, [{"amount_untaxed": 95.65, "amount_total": 110}]
        )

    def test_a_tiered_line_is_invoiced_as_it_is_shown(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        subscription = self._create_subscription([{"quantity": 11, "discount": 10}])
        subscription.action_bill_now()
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 99)
        self.assertEqual(subscription.invoice_ids.amount_total, 113.85)

    def test_another_quantity_is_rated_anew(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        draft = self._create_subscription(state="draft")
        draft.line_ids.quantity = 21
        self.assertEqual(draft.amount_untaxed, 163)

    def test_a_draft_follows_what_a_manager_mends(self):
        price = self._create_price(*GRADUATED, pricing_model="graduated")
        draft = self._create_subscription([{"quantity": 11}], state="draft")
        price.tier_ids[1].price_unit = 7
        self.assertEqual(draft.amount_untaxed, 112)
        price.amount_minimum = 200
        self.assertEqual(draft.amount_untaxed, 200)

    def test_a_rating_of_another_quantity(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        line = self._create_subscription([{"quantity": 11}]).line_ids
        self.assertEqual(line._get_rating().amount, 110)
        self.assertEqual(line._get_rating(21).amount, 163)

    def test_events_of_a_percentage(self):
        self._create_price(
            pricing_model="percentage",
            percentage=1.3,
            included_quantity=250,
            price_event=2,
            included_events=2,
        )
        line = self._create_subscription([{"quantity": 800}]).line_ids
        self.assertAlmostEqual(float(line._get_rating(events=4).amount), 11.15)

    def test_a_plain_line_may_have_a_negative_price(self):
        line = self._create_subscription([{"price_unit": -5, "quantity": 2}]).line_ids
        self.assertEqual(line._get_rating().amount, -10)
        self.assertEqual(line.price_subtotal, -10)

    def test_a_typed_unit_price_takes_the_place_of_the_tiers(self):
        """A price of their own, as an import brings it, is never lost in silence."""
        self._create_price(*GRADUATED, pricing_model="graduated")
        draft = self._create_subscription(
            [{"price_unit": 4, "quantity": 11}, {"quantity": 11}], state="draft"
        )
        own, listed = draft.line_ids
        self.assertRecordValues(
            own, [{"price_id": False, "price_unit": 4, "price_subtotal": 44}]
        )
        self.assertEqual(listed.price_subtotal, 110)
        draft.line_ids.write({"price_unit": 3})
        self.assertFalse(listed.price_id)
        self.assertEqual(draft.amount_untaxed, 66)

    def test_no_price_is_a_choice(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        draft = self._create_subscription([{"quantity": 2}], state="draft")
        with Form(draft) as form, form.line_ids.edit(0) as line:
            self.assertEqual(line.pricing_model, "graduated")
            line.price_id = self.env["subscription.price"]
            self.assertEqual(line.price_unit, 100)
        self.assertEqual(draft.amount_untaxed, 200)

    def test_a_negative_quantity_is_refused_in_words(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        draft = self._create_subscription(state="draft")
        with self._refused(ValidationError, "Quantity must be 0 or more"):
            draft.line_ids.quantity = -1

    # === WORDS === #

    def _explain(self, quantity, **line):
        """Return how the amount of a line is worked out."""
        draft = self._create_subscription([{"quantity": quantity, **line}])
        text = draft.line_ids.explanation.replace("\N{NO-BREAK SPACE}", "")
        return text.splitlines()

    def test_the_bands_are_explained(self):
        self._create_price(*GRADUATED, pricing_model="graduated")
        self.assertEqual(
            self._explain(21, discount=10),
            [
                "1–10: 10 × $10.00 + $2.00 = $102.00",
                "11–20: 10 × $5.00 + $3.00 = $53.00",
                "21 and above: 1 × $5.00 + $3.00 = $8.00",
                "Discount: 10 % of $163.00",
            ],
        )

    def test_parts_of_units_are_explained(self):
        self._create_price(*VOLUME, pricing_model="volume")
        self.assertEqual(
            self._explain(100.5),
            ["Above 100, up to 200: 100.5 × $1.00 = $100.50"],
        )

    def test_packages_and_included_units_are_explained(self):
        self._create_price(
            pricing_model="package",
            price_unit=0.005,
            package_size=10,
            included_quantity=10,
        )
        self.assertEqual(
            self._explain(1210),
            ["Included: 10", "120 × 10 units at $0.005 = $0.60"],
        )

    def test_percentages_and_the_minimum_are_explained(self):
        self._create_price(
            pricing_model="percentage", percentage=1.25, amount_minimum=20
        )
        self.assertEqual(
            self._explain(1000),
            [
                "1.25 % of $1,000.00 = $12.50",
                "Raised to the minimum charge of $20.00: $7.50",
            ],
        )

    def test_a_flat_price_and_a_plain_one_are_explained(self):
        self.assertEqual(self._explain(2), ["2 × $100.00 = $200.00"])
        self._create_price(pricing_model="flat", price_unit=50)
        self.assertEqual(self._explain(2), ["Flat price: $50.00"])

    def test_an_explanation_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.partner.lang = "de_DE"
        self._create_price(*GRADUATED, pricing_model="graduated")
        line = self._create_subscription([{"quantity": 10.5}]).line_ids
        lines = [
            text.replace("\N{NO-BREAK SPACE}", "")
            for text in line._explain(line._get_rating().steps)
        ]
        self.assertIn("10 × $10,00 + $2,00 = $102,00", lines[0])
        self.assertIn("0,5 × $5,00 + $3,00 = $5,50", lines[1])

    def test_examples_show_what_a_price_comes_to(self):
        price = self._create_price(*GRADUATED, pricing_model="graduated")
        self.assertEqual(
            price.price_hint,
            "1 → 12.00, 10 → 102.00, 11 → 110.00, 20 → 155.00, 21 → 163.00",
        )
        self.assertFalse(price.price_warning)
        self.assertEqual(
            price.tier_ids.mapped("label"), ["1–10", "11–20", "21 and above"]
        )

    def test_a_volume_price_warns_where_more_costs_less(self):
        price = self._create_price(*VOLUME, pricing_model="volume")
        self.assertIn(
            "100 cost $210.00, and 101 cost $101.00",
            price.price_warning.replace("\N{NO-BREAK SPACE}", ""),
        )
        price.pricing_model = "graduated"
        self.assertFalse(price.price_warning)


@freeze_time("2026-03-10")
@tagged("standard", "post_install", "-at_install")
class TestVersions(PriceCase):
    """A new price leaves those on the old one who have it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price = cls._create_price(*GRADUATED, pricing_model="graduated")
        cls.subscription = cls._create_subscription([{"quantity": 11}])
        cls.manager = cls._create_user("manager")

    def _make_version(self, price=None):
        """Press the button; return the new version."""
        action = (price or self.price).with_user(self.manager).action_new_version()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_the_amounts_of_a_price_in_use_are_kept(self):
        changes = [
            (self.price, {"pricing_model": "volume"}),
            (self.price, {"price_unit": 3}),
            (self.price, {"amount_minimum": 3}),
            (self.price, {"included_quantity": 3}),
            (self.price, {"currency_id": self.env.ref("base.EUR").id}),
            (self.price, {"plan_id": self._create_plan(name="Other").id}),
            (self.price, {"tier_ids": [Command.clear()]}),
            (self.price, {"tier_ids": [Command.create({"quantity_last": 5})]}),
            (self.price.tier_ids[0], {"price_unit": 3}),
            (
                self.price.tier_ids[0],
                {"price_id": self.price.copy({"partner_id": self.partner.id}).id},
            ),
        ]
        for record, vals in changes:
            with (
                self.subTest(vals),
                self._refused(UserError, "Use its New Version button"),
            ):
                record.with_user(self.manager).write(vals)
        with self._refused(UserError, "New Version"):
            self.price.tier_ids[0].unlink()
        with self._refused(UserError, "New Version"):
            self.price.tier_ids.create({"price_id": self.price.id, "quantity_last": 5})
        self.assertEqual(self.subscription.line_ids._get_rating().amount, 110)

    def test_a_closed_subscription_keeps_its_price_too(self):
        self.subscription._close()
        with self._refused(UserError, "New Version"):
            self.price.amount_minimum = 3

    def test_writing_what_is_there_changes_nothing(self):
        self.price.write(
            {"pricing_model": "graduated", "price_unit": 0, "plan_id": self.plan.id}
        )
        self.price.date_end = date(2026, 12, 31)
        self.assertEqual(self.price.date_end, date(2026, 12, 31))

    def test_a_price_that_nobody_runs_on_may_change(self):
        self._create_subscription(state="draft", lines=[{"quantity": 1}])
        self.subscription.line_ids.price_id = False
        self.price.write({"pricing_model": "volume", "amount_minimum": 3})
        self.assertEqual(self.price.pricing_model, "volume")

    def test_a_new_version_begins_when_the_old_one_ends(self):
        version = self._make_version()
        self.assertRecordValues(
            self.price | version,
            [
                {"date_start": False, "date_end": date(2026, 3, 10)},
                {"date_start": date(2026, 3, 11), "date_end": False},
            ],
        )
        self.assertEqual(
            version.tier_ids.mapped("price_unit"),
            self.price.tier_ids.mapped("price_unit"),
        )
        self.assertNotEqual(version.tier_ids, self.price.tier_ids)

    def test_who_has_the_old_version_stays_on_it(self):
        version = self._make_version()
        version.tier_ids[0].price_unit = 20
        with freeze_time("2026-03-11"):
            new = self._create_subscription([{"quantity": 11}])
            self.subscription.partner_id = self.env["res.partner"].create(
                {"name": "Heir"}
            )
            self.subscription.line_ids.quantity = 12
        self.assertEqual(new.line_ids.price_id, version)
        self.assertEqual(new.amount_untaxed, 210)
        self.assertEqual(self.subscription.line_ids.price_id, self.price)
        self.assertEqual(self.subscription.amount_untaxed, 115)

    def test_a_line_that_is_added_later_has_the_new_version(self):
        version = self._make_version()
        with freeze_time("2026-03-11"):
            self.env["subscription.line"].create(
                {
                    "subscription_id": self.subscription.id,
                    "product_id": self.product.id,
                }
            )
        self.assertEqual(
            self.subscription.line_ids.mapped("price_id"), self.price | version
        )

    def test_who_has_a_unit_price_stays_on_it(self):
        self.price.date_end = date(2026, 3, 9)
        price = self._create_price(price_unit=80, date_start=date(2026, 3, 10))
        subscription = self._create_subscription()
        self._make_version(price).price_unit = 90
        with freeze_time("2026-03-11"):
            subscription.partner_id = self.env["res.partner"].create({"name": "Heir"})
            self.assertEqual(subscription.amount_untaxed, 80)
            self.assertEqual(self._create_subscription().amount_untaxed, 90)

    def test_another_product_on_a_running_line_has_its_own_price(self):
        other = self.env["product.product"].create({"name": "Other", "list_price": 30})
        line = Command.create(
            {"line_id": self.subscription.line_ids.id, "product_id": other.id}
        )
        self.env["subscription.change"].create(
            {"subscription_id": self.subscription.id, "line_ids": [line]}
        ).action_confirm()
        self.assertRecordValues(
            self.subscription._get_running_lines(),
            [{"product_id": other.id, "price_id": False, "price_unit": 30}],
        )

    def test_a_copy_of_a_subscription_has_the_same_price(self):
        self._make_version()
        with freeze_time("2026-03-11"):
            copy = self.subscription.copy()
        self.assertEqual(copy.line_ids.price_id, self.price)
        self.assertEqual(copy.amount_untaxed, 110)

    def test_the_version_of_a_price_that_ends_ends_with_it(self):
        self.price.date_end = date(2026, 12, 31)
        version = self._make_version()
        self.assertEqual(self.price.date_end, date(2026, 3, 10))
        self.assertEqual(version.date_end, date(2026, 12, 31))

    def test_the_version_of_a_price_that_has_ended_goes_on(self):
        self.price.date_end = date(2026, 2, 28)
        version = self._make_version()
        self.assertEqual(self.price.date_end, date(2026, 2, 28))
        self.assertRecordValues(
            version, [{"date_start": date(2026, 3, 11), "date_end": False}]
        )

    def test_the_version_of_a_price_to_come_begins_a_day_after_it(self):
        self.price.date_start = date(2026, 6, 1)
        version = self._make_version()
        self.assertEqual(self.price.date_end, date(2026, 6, 1))
        self.assertEqual(version.date_start, date(2026, 6, 2))

    def test_versions_can_be_told_apart(self):
        version = self._make_version()
        self.assertIn("03/11/2026", version.with_context(lang="en_US").display_name)
        self.assertNotEqual(version.display_name, self.price.display_name)

    def test_a_price_has_the_name_of_what_it_is_for(self):
        def get_name(**vals):
            price = self._create_price(date_end=date(2000, 1, 1), **vals)
            name = price.display_name.replace("\N{NO-BREAK SPACE}", "")
            price.unlink()
            return name

        self.price.date_start = date(2026, 1, 1)
        self.assertEqual(get_name(price_unit=0.005), "Maintenance, Monthly: $0.005")
        self.assertEqual(
            get_name(price_unit=5, pricing_model="flat", partner_id=self.partner.id),
            "Maintenance, Monthly, Ada Lovelace: Flat, $5.00",
        )
        self.assertEqual(
            get_name(price_unit=5, pricing_model="package", package_size=10),
            "Maintenance, Monthly: $5.00 for 10",
        )
        self.assertEqual(
            get_name(pricing_model="percentage", percentage=1.25),
            "Maintenance, Monthly: 1.25 %",
        )
        self.assertFalse(self.env["subscription.price"].new({}).display_name)

    def test_a_price_that_lines_have_is_not_deleted(self):
        with self._refused(UserError, "Set its Valid Until date"):
            self.price.unlink()
        self.subscription.line_ids.price_id = False
        self.price.unlink()
        self.assertFalse(self.price.exists())

    def test_who_runs_on_a_price_is_counted(self):
        self._create_subscription([{}, {}])
        self._create_subscription(state="draft")
        unused = self._make_version()
        self.assertEqual(self.price.subscription_count, 2)
        self.assertTrue(self.price.is_used)
        self.assertFalse(unused.is_used or unused.subscription_count)
        action = self.price.action_view_subscriptions()
        self.assertEqual(
            self.env[action["res_model"]].search_count(action["domain"]), 2
        )

    def test_only_a_manager_makes_prices(self):
        user = self._create_user("user")
        price = self.price.with_user(user)
        with self.assertRaises(AccessError):
            price.action_new_version()
        with self.assertRaises(AccessError):
            price.tier_ids.create({"price_id": price.id})
        with self.assertRaises(AccessError):
            price.tier_ids.write({"price_unit": 1})
        self.assertEqual(price.tier_ids[0].price_unit, 10)
        line = self.subscription.line_ids.with_user(user)
        self.assertEqual(line.action_explain()["res_id"], line.id)
        self.assertIn("10 × ", line.explanation)


@tagged("standard", "post_install", "-at_install")
class TestBadPrices(PriceCase):
    """What is wrong with a price is said in words, with the field and the way out."""

    def _assert_refused(self, message, *tiers, **vals):
        """Check that a price is neither created nor changed into."""
        with self.subTest(message):
            with self._refused(ValidationError, message):
                self._create_price(*tiers, **vals)
            price = self._create_price(date_start=date(2000, 1, 1))
            with self._refused(ValidationError, message):
                price.write({"tier_ids": self._prepare_tiers(*tiers), **vals})
            price.unlink()

    def test_terms_that_cannot_be_priced(self):
        for message, tiers, vals in (
            ("Unit Price must not be negative", (), {"price_unit": -1}),
            ("Included must not be negative", (), {"included_quantity": -1}),
            ("Minimum Charge must not be negative", (), {"amount_minimum": -1}),
            (
                "Package Size must be 1 or more",
                (),
                {"pricing_model": "package", "package_size": 0.5},
            ),
            (
                "Percentage must not be negative",
                (),
                {"pricing_model": "percentage", "percentage": -1},
            ),
            (
                "Fee per Event must not be negative",
                (),
                {"pricing_model": "percentage", "price_event": -1},
            ),
            (
                "Free Events must not be negative",
                (),
                {"pricing_model": "percentage", "included_events": -1},
            ),
            (
                "Price of Maintenance: Tiers: add at least one tier",
                (),
                {"pricing_model": "graduated"},
            ),
            (
                "Two tiers end at 10.*: change Up To of tier 2",
                ((10, 1, 0), (10, 1, 0), (0, 1, 0)),
                {"pricing_model": "volume"},
            ),
            (
                "Only one tier may go on without end: fill in Up To of tier 1",
                ((0, 1, 0), (0, 1, 0)),
                {"pricing_model": "volume"},
            ),
            (
                "No tier holds more than 10.*Up To of tier 1 left empty",
                ((10, 1, 0),),
                {"pricing_model": "volume"},
            ),
            (
                "Unit Price of tier 2 must not be negative",
                ((10, 1, 0), (0, -1, 0)),
                {"pricing_model": "graduated"},
            ),
            (
                "Flat Fee of tier 1 must not be negative",
                ((0, 1, -1),),
                {"pricing_model": "graduated_percentage"},
            ),
        ):
            self._assert_refused(message, *tiers, **vals)

    def test_percentage_and_block_of_a_tier(self):
        for model, message, tier in (
            (
                "graduated_percentage",
                "Percentage of tier 1 must not be negative",
                {"percentage": -1},
            ),
            ("volume", "Block Size of tier 1 must be 1 or more", {"block_size": 0.5}),
        ):
            with self._refused(ValidationError, message):
                self._create_price(pricing_model=model, tier_ids=[Command.create(tier)])

    def test_fields_of_other_models_do_not_matter(self):
        price = self._create_price((10, -1, 0), price_unit=80, package_size=0)
        self.assertEqual(price._get_terms().price, 80)
        flat = self._create_price(
            pricing_model="flat",
            included_quantity=5,
            price_unit=50,
            partner_id=self.partner.id,
        )
        self.assertEqual(flat.price_hint, "1 → 50.00")

    def test_tiers_that_change_alone_are_checked(self):
        price = self._create_price(*GRADUATED, pricing_model="graduated")
        for change in (
            lambda: price.tier_ids[2].unlink(),
            lambda: price.tier_ids[2].write({"quantity_last": 30}),
            lambda: price.tier_ids[0].write({"quantity_last": 20}),
            lambda: price.tier_ids.create({"price_id": price.id}),
        ):
            with self._refused(ValidationError, "tier"):
                change()
        with self._refused(ValidationError, "No tier holds more"):
            price.tier_ids[2].with_context(subscription_price_saving=True).unlink()

    def test_tiers_that_change_together_are_checked_together(self):
        price = self._create_price(*GRADUATED, pricing_model="graduated")
        last = price.tier_ids[2]
        price.tier_ids = [
            Command.update(last.id, {"quantity_last": 30}),
            Command.create({"price_unit": 1}),
        ]
        self.assertEqual(price.tier_ids.mapped("quantity_last"), [10, 20, 30, 0])
        self.assertEqual(price._rate(price._get_terms().bands[2].last).amount, 208)

    @mute_logger("odoo.sql_db")
    def test_a_tier_does_not_end_below_zero(self):
        with self._refused(Exception, "quantity_last_not_negative"):
            self._create_price((-5, 1, 0), (0, 1, 0), pricing_model="volume")

    def test_a_form_shows_the_problem_before_it_is_saved(self):
        form = Form(self.env["subscription.price"])
        form.plan_id = self.plan
        form.product_tmpl_id = self.product.product_tmpl_id
        form.pricing_model = "graduated"
        self.assertIn("add at least one tier", form.price_warning)
        self.assertFalse(form.price_hint)
        with form.tier_ids.new() as tier:
            tier.quantity_last = 10
            tier.price_unit = 10
        self.assertIn("No tier holds more than 10", form.price_warning)
        with form.tier_ids.new() as tier:
            tier.price_unit = 5
        self.assertFalse(form.price_warning)
        self.assertEqual(form.price_hint, "1 → 10.00, 10 → 100.00, 11 → 105.00")
        self.assertEqual(form.save().tier_ids.mapped("label"), ["1–10", "11 and above"])


@tagged("standard", "post_install", "-at_install")
class TestImportOfPrices(PriceCase):
    COLUMNS = (
        "plan_id",
        "product_tmpl_id",
        "partner_id",
        "pricing_model",
        "price_unit",
        "date_start",
        "tier_ids/quantity_last",
        "tier_ids/price_unit",
        "tier_ids/amount_flat",
    )

    def _load(self, *rows):
        """Import rows of cells; return the prices."""
        result = self.env["subscription.price"].load(self.COLUMNS, rows)
        self.assertEqual(result["messages"], [])
        return self.env["subscription.price"].browse(result["ids"])

    def test_a_price_list_comes_in_with_its_tiers(self):
        graduated, unit = self._load(
            ["Monthly", "Maintenance", "", "Graduated", "", "", "10", "10", "2"],
            ["", "", "", "", "", "", "20", "5", "3"],
            ["", "", "", "", "", "", "", "5", "3"],
            ["Monthly", "Maintenance", "Ada Lovelace", "", "90", "", "", "", ""],
        )
        self.assertRecordValues(
            graduated | unit,
            [
                {"pricing_model": "graduated", "partner_id": False},
                {"pricing_model": "per_unit", "partner_id": self.partner.id},
            ],
        )
        self.assertEqual(graduated.tier_ids.mapped("label")[-1], "21 and above")
        self.assertFalse(unit.tier_ids)
        self.assertEqual(self._create_subscription().amount_untaxed, 90)

    def test_a_bad_row_says_what_is_wrong(self):
        result = self.env["subscription.price"].load(
            self.COLUMNS,
            [["Monthly", "Maintenance", "", "Volume", "", "", "10", "10", "2"]],
        )
        self.assertFalse(result["ids"])
        self.assertIn("No tier holds more than 10", result["messages"][0]["message"])
