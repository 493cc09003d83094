"""What one company keeps from the people of another."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon


@tagged("standard", "post_install", "-at_install")
class TestCompanies(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._create_user("user")
        cls.manager = cls._create_user("manager")
        cls.price = cls._create_price(cls.plan)
        cls.subscription = cls._create_subscription()
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.other_plan = cls._create_plan(name="Other's", company_id=cls.other.id)
        cls.other_price = cls._create_price(cls.other_plan)
        for plan in (cls.plan, cls.other_plan):
            cls._include_service(plan)
        cls.subscription._start_entitlements()
        cls.other_subscription = cls._create_subscription(
            [{"price_unit": 0}, {"price_unit": 10}],
            company_id=cls.other.id,
            plan_id=cls.other_plan.id,
        )
        for subscription in (cls.subscription, cls.other_subscription):
            cls._use_service(subscription.entitlement_ids)
        cls._create_increase(cls.company)
        cls.other_increase = cls._create_increase(cls.other)
        cls.coupon = cls._redeem_coupon(cls.subscription)
        cls.other_coupon = cls._redeem_coupon(cls.other_subscription)
        # A period without amount is claimed without an invoice.
        (cls.subscription | cls.other_subscription).mapped(
            lambda subscription: subscription.action_bill_now()
        )
        cls.usage = cls._count(cls._create_meter(company_id=cls.company.id))
        cls.other_usage = cls._count(
            cls._create_meter(company_id=cls.other.id),
            company_id=cls.other.id,
            plan_id=cls.other_plan.id,
        )
        cls.other_rule = cls.env["subscription.notice.rule"].create(
            {"name": "Other's", "kind": "price_change", "company_id": cls.other.id}
        )
        cls.env["subscription.notifier"]._notify(
            cls.subscription | cls.other_subscription,
            "price_change",
            "test",
            cls.subscription.date_start,
        )
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        # What is in the cache is not asked for: a client begins without one.
        self.env.invalidate_all()

    @classmethod
    def _create_user(cls, role, company=None):
        """Create a user or a manager of subscriptions, in one company."""
        company = company or cls.company
        return new_test_user(
            cls.env,
            f"{company.name}_{role}",
            groups=f"subscription_billing.group_subscription_{role}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def _create_price(cls, plan):
        return cls.env["subscription.price"].create(
            {
                "plan_id": plan.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "price_unit": 100,
                "tier_ids": [Command.create({"price_unit": 100})],
            }
        )

    @classmethod
    def _create_increase(cls, company):
        increase = cls.env["subscription.increase"].create(
            {"name": company.name, "percent": 5, "company_id": company.id}
        )
        increase.with_company(company).action_compute()
        return increase

    @classmethod
    def _redeem_coupon(cls, subscription):
        """Create a coupon of the subscription's company, and a free period with it."""
        coupon = cls.env["subscription.coupon"].create(
            {
                "name": "Free",
                "code": "FREE",
                "percentage": 100,
                "company_id": subscription.company_id.id,
            }
        )
        subscription._add_coupon(coupon)
        return coupon

    @classmethod
    def _count(cls, meter, **vals):
        """Return an event of a subscription that is metered."""
        (result,) = cls._record(cls._create_metered(meter, **vals), meter, {})
        return cls.env["subscription.usage"].browse(result["id"])

    def _get_theirs(self):
        """Return records of the other company, of each model that knows companies."""
        theirs = self.other_subscription
        records = (
            theirs,
            theirs.line_ids,
            theirs.period_ids,
            theirs.event_ids,
            theirs.discount_ids,
            theirs.discount_ids.use_ids,
            theirs.notice_ids,
            self.other_rule,
            theirs.entitlement_ids,
            theirs.entitlement_ids.consumption_ids,
            self.other_plan.entitlement_ids,
            self.other_plan,
            self.other_price,
            self.other_increase,
            self.other_increase.line_ids,
            self.other_price.tier_ids,
            self.other_coupon,
            self.other_usage,
            self.other_usage.meter_id,
        )
        self.assertTrue(all(records), "there is nothing to hide")
        return records

    # === SEEING === #

    def test_nothing_of_another_company_is_seen(self):
        for user in (self.user, self.manager):
            for record in self._get_theirs():
                self.env.invalidate_all()
                with self.subTest(model=record._name, user=user.login):
                    seen = record.with_user(user).search([])
                    self.assertTrue(seen, "the own company's are seen")
                    self.assertFalse(seen.sudo() & record)
                    with self.assertRaises(AccessError):
                        record.with_user(user).read()

    def test_a_shared_plan_and_its_prices_are_seen_by_all(self):
        neighbour = self._create_user("user", self.other)
        self.coupon.write({"company_id": False, "code": "SHARED"})
        for record in (self.plan, self.price, self.coupon):
            self.assertFalse(record.company_id)
            self.assertIn(record, record.with_user(neighbour).search([]))

    def test_who_works_for_both_companies_sees_both(self):
        self.user.company_ids |= self.other
        seen = (
            self.env["subscription.subscription"]
            .with_user(self.user)
            .with_context(allowed_company_ids=(self.company | self.other).ids)
            .search([])
        )
        self.assertIn(self.subscription, seen)
        self.assertIn(self.other_subscription, seen)

    # === CHANGING === #

    def test_nothing_of_another_company_is_changed(self):
        theirs = self.other_subscription.with_user(self.user)
        plan = self.other_plan.with_user(self.manager)
        close = self.env["subscription.close"].with_user(self.user)
        reason = self.env.ref("subscription_billing.close_reason_price")
        attempts = {
            "write": lambda: theirs.write({"note": "mine"}),
            "line": lambda: theirs.line_ids.write({"price_unit": 1}),
            "plan": lambda: plan.write({"name": "Mine"}),
            "price": lambda: self.other_price.with_user(self.manager).unlink(),
            "coupon": lambda: self.other_coupon.with_user(self.manager).unlink(),
            "redeem": lambda: theirs._add_coupon("FREE"),
            "discount": lambda: theirs.discount_ids.with_user(
                self.user
            ).action_remove(),
            "bill": theirs.action_bill_now,
            "retry": theirs.action_retry_billing,
            "close": lambda: close.create(
                {
                    "reason_id": reason.id,
                    "subscription_ids": [Command.link(theirs.id)],
                }
            ),
        }
        for name, attempt in attempts.items():
            self.env.invalidate_all()
            with self.subTest(name), self.assertRaises(AccessError):
                attempt()

    def test_nothing_is_created_in_another_company(self):
        with self.assertRaises(AccessError):
            self.env["subscription.subscription"].with_user(self.user).create(
                self._prepare_subscription_vals(company_id=self.other.id)
            )

    def test_nothing_is_moved_to_another_company(self):
        draft = self._create_subscription(state="draft").with_user(self.user)
        with self.assertRaises(AccessError):
            draft.company_id = self.other

    def test_what_runs_stays_in_its_company(self):
        with self.assertRaisesRegex(ValidationError, "can no longer change"):
            self.subscription.with_user(self.user).company_id = self.other

    # === PAYMENT METHODS === #

    def _create_their_token(self, token):
        """Save the customer's payment method with the other company too."""
        provider = token.provider_id.copy({"company_id": self.other.id})
        return token.copy({"provider_id": provider.id})

    def test_users_see_the_payment_methods_of_their_companies_only(self):
        ours = self._create_token()
        theirs = self._create_their_token(ours)
        self.assertEqual(theirs.company_id, self.other)
        seen = self.env["payment.token"].with_user(self.user).search([])
        self.assertIn(ours, seen)
        self.assertNotIn(theirs, seen)

    def test_a_method_saved_with_another_company_pays_for_nothing_here(self):
        """Else the other company would get the money."""
        theirs = self._create_their_token(self._create_token())
        with self.assertRaisesRegex(UserError, "no company crossover"):
            self.subscription.payment_token_id = theirs

    def test_who_is_no_user_sees_the_own_payment_methods_only(self):
        self._create_token()
        for group in ("base.group_user", "base.group_portal"):
            stranger = new_test_user(self.env, group, groups=group)
            own = self._create_token(stranger.partner_id)
            seen = self.env["payment.token"].with_user(stranger).search([])
            self.assertEqual(seen, own.with_user(stranger))
