"""Policies for customers who have paid much or little so far, or owe much or little."""

from datetime import date

from odoo.addons.subscription_billing_dunning.tests.common import DUE, DunningCommon
from odoo.exceptions import ValidationError
from odoo.tests import tagged

LATE = date(2026, 3, 5)


@tagged("standard", "post_install", "-at_install")
class TestDunningSegments(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        step = {"name": "Ask", "days": 3, "action": "activity"}
        cls.valued = cls._create_policy(step, name="Valued", sequence=1)

    def _open(self, **vals):
        """Return the case of a customer who owes one invoice."""
        invoice = self._bill(**vals)
        self._dun(LATE)
        return self._get_case(invoice), invoice

    def test_who_has_paid_much_so_far_has_a_policy_of_his_own(self):
        earlier = self._bill()
        self._pay(earlier)
        self.valued.min_lifetime = earlier.amount_total
        case, _invoice = self._open()
        self.assertEqual(case.policy_id, self.valued)

    def test_what_is_owed_or_credited_was_not_paid(self):
        earlier = self._bill()
        self._pay(earlier)
        self.valued.min_lifetime = earlier.amount_total + 0.01
        case, invoice = self._open()
        self.assertEqual(case.policy_id, self.policy)
        values = self.valued._map_paid(self.company, self.partner)
        self.assertEqual(values, {self.partner: earlier.amount_total})
        invoice._reverse_moves(cancel=True)
        self.env.flush_all()
        values = self.valued._map_paid(self.company, self.partner)
        self.assertAlmostEqual(values[self.partner], earlier.amount_total)

    def test_a_band_ends_below_its_last_amount(self):
        invoice = self._bill()
        self.valued.max_amount = invoice.amount_total
        self._dun(LATE)
        self.assertEqual(self._get_case(invoice).policy_id, self.policy)

    def test_who_owes_less_than_the_band_ends_with_is_in_it(self):
        invoice = self._bill()
        self.valued.max_amount = invoice.amount_total + 0.01
        self._dun(LATE)
        self.assertEqual(self._get_case(invoice).policy_id, self.valued)

    def test_a_band_that_holds_nobody_is_refused_with_its_fields(self):
        with self.assertRaisesRegex(ValidationError, "Owed, Below must be more than"):
            self.valued.write({"min_amount": 50, "max_amount": 50})

    def test_nothing_is_summed_up_where_no_policy_asks(self):
        self.valued.read(["min_lifetime", "max_lifetime"])
        with self.assertQueryCount(0):
            self.assertFalse(self.valued._map_paid(self.company, self.partner))

    def test_each_customer_counts_for_himself(self):
        rich = self.env["res.partner"].create({"name": "Rich"})
        paid = self._bill(partner_id=rich.id)
        self._pay(paid, DUE)
        self.valued.min_lifetime = paid.amount_total
        case, _invoice = self._open()
        self.assertEqual(case.policy_id, self.policy)
