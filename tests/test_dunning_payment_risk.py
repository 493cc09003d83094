"""How likely customers are to pay late, in numbers and words."""

from datetime import date, timedelta

from freezegun import freeze_time
from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.addons.subscription_billing_dunning.tools.risk import POINTS, RiskModel
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

LEARNING = "subscription_billing_dunning.ir_cron_dunning_learning"
LATER = DUE + timedelta(days=30)


@tagged("standard", "post_install", "-at_install")
class TestDunningPaymentRisk(DunningCommon):
    def _get_partner(self):
        return self.partner.with_company(self.company)

    def test_who_owes_and_has_no_method_is_risky_and_one_can_read_why(self):
        invoice = self._bill()
        self._dun(LATER)
        case = self._get_case(invoice)
        self.assertGreaterEqual(case.dunning_risk, 50)
        self.assertEqual(self._get_partner().dunning_risk, case.dunning_risk)
        self.assertEqual(
            case.dunning_risk_reasons.split("\n"),
            [
                "Paid 30 days late on average in the last year.",
                "A customer for 30 days.",
                "Overdue: 1.0 × the usual invoice.",
            ],
        )
        self.assertEqual(
            self._get_partner().dunning_risk_reasons, case.dunning_risk_reasons
        )

    def test_each_reason_has_words(self):
        for key in (*POINTS, "everybody"):
            with self.subTest(key=key):
                text = self.partner._describe_reason(key, 3.0)
                self.assertNotIn("%(", text)
        self.assertIn(
            "has expired", self.partner._describe_reason("days_to_expiry", -1)
        )

    def test_a_good_customer_is_no_risk(self):
        for months in range(14, 1, -1):
            day = DUE - timedelta(days=30 * months)
            with freeze_time(f"{day} 08:00:00"):
                old = self._create_subscription(date_start=day)
                self._run_renewal()
                old.state = "closed"
            self._pay(old.invoice_ids, day)
        self._create_token()
        invoice = self._bill()
        self._dun(DUE + timedelta(days=2))
        case = self._get_case(invoice)
        self.assertLess(case.dunning_risk, 40)

    def test_a_step_for_risky_customers_leaves_the_others_alone(self):
        self.policy.step_ids[0].min_risk = 100
        self.policy.step_ids[1:].unlink()
        invoice = self._bill()
        self._dun(LATER)
        case = self._get_case(invoice)
        self.assertFalse(case.action_ids)
        with freeze_time(LATER):
            self.policy.step_ids.min_risk = case.dunning_risk
        self._dun(LATER + timedelta(days=1))
        self.assertEqual(len(case.action_ids), 1)

    def test_risky_cases_can_be_found(self):
        invoice = self._bill()
        self._dun(LATER)
        found = self.env["dunning.case"].search([("dunning_risk", ">=", 50)])
        self.assertIn(self._get_case(invoice), found)

    def test_with_a_model_the_score_is_its_chance(self):
        nothing = dict.fromkeys(POINTS, 0.0)
        model = RiskModel(1.0, nothing, nothing)
        self.env["dunning.timing"].create(
            {
                "kind": "risk",
                "company_id": self.company.id,
                "coefficients": model.to_json(),
                "is_current": True,
            }
        )
        invoice = self._bill()
        self._dun(LATER)
        case = self._get_case(invoice)
        self.assertEqual(case.dunning_risk, 73)
        self.assertEqual(
            case.dunning_risk_reasons, "Customers like this one often pay late."
        )

    def test_each_company_has_its_own_view_of_a_customer(self):
        self._bill()
        self._dun(LATER)
        other = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(self.partner.with_company(other).dunning_risk)

    def test_nobody_writes_it_and_not_everybody_reads_it(self):
        self._bill()
        self._dun(LATER)
        groups = (
            "base.group_partner_manager,subscription_billing.group_subscription_user"
        )
        seller = new_test_user(self.env, "risk_seller", groups)
        self.assertTrue(self.partner.with_user(seller).dunning_risk)
        with self.assertRaisesRegex(UserError, "works out how risky"):
            self.partner.with_user(seller).dunning_risk = 0
        plain = new_test_user(self.env, "risk_plain", "base.group_user")
        with self.assertRaises(AccessError):
            self.partner.with_user(plain).read(["dunning_risk"])

    def test_many_customers_cost_no_more_queries(self):
        counts = []
        for number in (3, 30):
            with freeze_time(f"{DUE} 08:00:00"):
                self._create_subscriptions(number, date_start=DUE)
                self._run_renewal()
            self._dun(DUE + timedelta(days=1))
            cases = self.env["dunning.case"].search([], order="id desc", limit=number)
            with freeze_time(f"{LATER} 08:00:00"):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                cases._assess_risk()
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)


@tagged("standard", "post_install", "-at_install")
class TestDunningRiskLearning(DunningCommon):
    def _learn(self):
        with freeze_time("2026-06-01 08:00:00"):
            self._run_cron(LEARNING)
        return self.env["dunning.timing"].search(
            [("company_id", "=", self.company.id), ("kind", "=", "risk")]
        )

    def _make_books(self, count):
        """Bill as many customers twice; half of them pay two months late each time."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(count)]
        )
        first = self._bill_all(partners, DUE)
        self._pay_all(first, (DUE, DUE + timedelta(days=25)))
        second = self._bill_all(partners, date(2026, 4, 1))
        self._pay_all(second, (date(2026, 4, 1), date(2026, 5, 20)))

    def _bill_all(self, partners, day):
        moves = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": day,
                    "invoice_date_due": day,
                    "invoice_line_ids": [
                        (0, 0, {"name": "Line", "price_unit": 100, "tax_ids": []})
                    ],
                }
                for partner in partners
            ]
        )
        moves.action_post()
        # Without it, PostgreSQL plans for empty tables, and paying does not end.
        self.env.flush_all()
        self.env.cr.execute(
            "ANALYZE account_move, account_move_line, account_payment,"
            " account_partial_reconcile"
        )
        return moves

    def _pay_all(self, moves, days):
        """Pay every other invoice on the first of two days, the rest on the second."""
        for start, day in enumerate(days):
            some = moves.browse(moves.ids[start::2])
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=some.ids
            )
            wizard.create({"payment_date": day}).action_create_payments()

    def test_who_pays_late_is_learnt_from_the_companys_own_invoices(self):
        self._make_books(104)
        fit = self._learn()
        self.assertRecordValues(
            fit, [{"count": 208, "positive_count": 104, "is_current": True}]
        )
        self.assertGreater(fit.auc, 0.6)
        self.assertIn("208 invoices, of which 104 were paid late", fit.quality)
        model = self.env["dunning.timing"]._get_risk_model(self.company)
        self.assertGreater(model.weights["days_late_average"], 0)

    def test_too_few_customers_leave_the_rules_in_use(self):
        fit = self._learn()
        self.assertIn("too few customers who paid late", fit.refusal)
        self.assertIsNone(self.env["dunning.timing"]._get_risk_model(self.company))
