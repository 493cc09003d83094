"""Writing off: what the books say, who may do it, and what does not follow from it."""

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_access import AccessCase
from .test_dunning_ends import EndsCase, day

STEP = {"action": "write_off", "name": "Give up", "days": 5}


class WriteOffCase(EndsCase):
    """A company that knows where it books what it gives up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        accounts = cls.env["account.account"]
        cls.loss = accounts.create(
            {"name": "Bad Debts", "code": "664455", "account_type": "expense"}
        )
        cls.company.dunning_write_off_account_id = cls.loss
        cls.company.dunning_write_off_journal_id = cls.env["account.journal"].create(
            {"name": "Write-Offs", "code": "WOFF", "type": "general"}
        )

    def _get_lines(self, entry):
        """Return (account, debit less credit) of the lines of an entry."""
        return sorted(
            (line.account_id.name, line.balance, line.amount_currency)
            for line in entry.line_ids
        )

    def _get_write_offs(self, invoice=None):
        return (invoice or self.invoice).dunning_write_off_ids

    def _write_off(self, when=None, user=None, **vals):
        """Write off what is overdue, by hand."""
        case = self._get_case(self.invoice).with_user(user or self.env.user)
        with freeze_time(f"{when or day(6)} 10:00:00"):
            action = case.action_write_off()
            wizard = self.env[action["res_model"]].with_user(user or self.env.user)
            wizard.with_context(**action["context"]).create(
                {"reason": "Insolvent.", **vals}
            ).action_write_off()


@tagged("standard", "post_install", "-at_install")
class TestWriteOffBooks(WriteOffCase):
    def setUp(self):
        super().setUp()
        tags = self.env["account.account.tag"].create(
            [
                {"name": name, "applicability": "taxes", "country_id": self._country()}
                for name in ("Base 15", "Tax 15")
            ]
        )
        self.base_tag, self.tax_tag = tags
        self.tax_account = self.env["account.account"].create(
            {
                "name": "Tax Due",
                "code": "223344",
                "account_type": "liability_current",
            }
        )
        for line in self.tax.invoice_repartition_line_ids:
            if line.repartition_type == "base":
                line.tag_ids = self.base_tag
            else:
                line.write(
                    {"tag_ids": self.tax_tag.ids, "account_id": self.tax_account.id}
                )

    def _country(self):
        return self.company.account_fiscal_country_id.id

    def test_the_invoice_is_settled_and_the_loss_is_in_the_books(self):
        self._follow(STEP)
        self._dun(day(5))
        write_off = self._get_write_offs()
        self.assertEqual(self.invoice.payment_state, "paid")
        self.assertFalse(self.invoice.amount_residual)
        self.assertRecordValues(
            write_off,
            [
                {
                    "amount": 115,
                    "date": day(5),
                    "reason": "Give up",
                    "state": "booked",
                    "step_id": self.followed.step_ids.id,
                }
            ],
        )
        self.assertRecordValues(
            write_off.entry_id,
            [
                {
                    "state": "posted",
                    "date": day(5),
                    "journal_id": self.company.dunning_write_off_journal_id.id,
                    "dunning_written_off_case_id": write_off.case_id.id,
                }
            ],
        )
        receivable = self.invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).account_id.name
        self.assertEqual(
            self._get_lines(write_off.entry_id),
            sorted([("Bad Debts", 115, 115), (receivable, -115, -115)]),
        )

    def test_taxes_are_taken_back_where_the_company_may(self):
        self.company.is_dunning_write_off_tax_corrected = True
        self._follow(STEP)
        self._dun(day(5))
        entry = self._get_write_offs().entry_id
        loss = entry.line_ids.filtered(lambda line: line.account_id == self.loss)
        tax = entry.line_ids.filtered(lambda line: line.account_id == self.tax_account)
        self.assertRecordValues(
            loss, [{"balance": 100, "tax_tag_ids": self.base_tag.ids}]
        )
        self.assertRecordValues(
            tax,
            [
                {
                    "balance": 15,
                    "tax_line_id": self.tax.id,
                    "tax_tag_ids": self.tax_tag.ids,
                }
            ],
        )
        self.assertEqual(self.invoice.payment_state, "paid")

    def test_only_the_share_that_is_lost_counts(self):
        self.company.is_dunning_write_off_tax_corrected = True
        self._follow(STEP)
        with freeze_time(f"{day(1)} 12:00:00"):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=self.invoice.ids
            ).create({"amount": 81.67}).action_create_payments()
        self._dun(day(5))
        entry = self._get_write_offs().entry_id
        self.assertEqual(self._get_write_offs().amount, 33.33)
        amounts = {line.account_id: line.balance for line in entry.line_ids}
        self.assertEqual(amounts[self.tax_account], 4.35)
        self.assertEqual(amounts[self.loss], 28.98)

    def test_lines_of_several_rates_keep_their_taxes_apart(self):
        self.company.is_dunning_write_off_tax_corrected = True
        other = self.tax.copy({"name": "Tax 5", "amount": 5})
        product = self.env["product.product"].create(
            {"name": "Paper", "taxes_id": [Command.set(other.ids)]}
        )
        self._follow(STEP, lines=[{}, {"product_id": product.id, "price_unit": 33.33}])
        self._dun(day(5))
        entry = self._get_write_offs().entry_id
        taxes = entry.line_ids.filtered("tax_line_id")
        self.assertEqual(
            {line.tax_line_id: line.balance for line in taxes},
            {self.tax: 15, other: 1.67},
        )
        self.assertAlmostEqual(sum(entry.line_ids.mapped("balance")), 0)

    def test_another_currency_leaves_no_difference(self):
        currency = self.env["res.currency"].create(
            {
                "name": "ZZZ",
                "symbol": "Z",
                "rate_ids": [
                    Command.create({"name": "2020-01-01", "rate": 3}),
                    Command.create({"name": day(3), "rate": 4}),
                ],
            }
        )
        self.company.is_dunning_write_off_tax_corrected = True
        self._follow(STEP, currency_id=currency.id, lines=[{"price_unit": 100}])
        self._dun(day(5))
        entry = self._get_write_offs().entry_id
        self.assertEqual(self.invoice.currency_id, currency)
        self.assertEqual(self.invoice.payment_state, "paid")
        amounts = {
            line.account_id: (line.amount_currency, line.balance)
            for line in entry.line_ids
        }
        self.assertEqual(amounts[self.loss], (100, 33.33))
        self.assertEqual(amounts[self.tax_account], (15, 5))
        partials = self.invoice.line_ids.matched_credit_ids
        self.assertFalse(partials.exchange_move_id)

    def test_taxes_due_with_the_payment_never_are(self):
        self.company.tax_exigibility = True
        self.company.is_dunning_write_off_tax_corrected = True
        waiting = self.tax_account.copy({"name": "Tax Waiting", "reconcile": True})
        self.tax.write(
            {
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": waiting.id,
            }
        )
        self._follow(STEP)
        self._dun(day(5))
        entry = self._get_write_offs().entry_id
        amounts = {line.account_id: line.balance for line in entry.line_ids}
        self.assertEqual(amounts[waiting], 15)
        balances = self.env["account.move.line"]._read_group(
            [("account_id", "in", (waiting | self.tax_account).ids)],
            ["account_id"],
            ["balance:sum"],
        )
        self.assertEqual(dict(balances), {waiting: 0})

    def test_a_setting_that_is_missing_is_named(self):
        for name, label in (
            ("dunning_write_off_journal_id", "Write-Off Journal"),
            ("dunning_write_off_account_id", "Write-Off Account"),
        ):
            with self.subTest(name=name):
                value = self.company[name]
                self.company[name] = False
                invoice = self._follow(STEP, partner_id=self.partner.copy().id)
                with mute_logger("odoo.addons.subscription_billing.models.batch"):
                    self._dun(day(5))
                self.assertIn(label, self._get_case(invoice).error)
                self.assertEqual(invoice.payment_state, "not_paid")
                self.assertFalse(self._get_write_offs())
                self.company[name] = value
                self.followed.active = False


@tagged("standard", "post_install", "-at_install")
class TestWriteOff(WriteOffCase, AccessCase):
    def test_it_is_done_once(self):
        self._follow(STEP)
        self._dun_daily(day(5), 4)
        self.assertEqual(len(self._get_write_offs()), 1)
        with self.assertRaises(UserError):
            self._get_case(self.invoice)._write_off(self.invoice, "Again.")
        self.assertEqual(len(self._get_write_offs()), 1)

    def test_the_loss_stands_where_the_sale_does_in_analytic_accounts(self):
        self._follow({"action": "suspend", "days": 3})
        plan = self.env["account.analytic.plan"].create({"name": "Sites"})
        north, south = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("North", "South")]
        )
        line = self.invoice.line_ids.filtered(lambda each: each.product_id)
        line.analytic_distribution = {str(north.id): 75, str(south.id): 25}
        self._dun(day(3))
        self._write_off()
        lines = self._get_write_offs().entry_id.line_ids
        loss = lines.filtered(lambda each: each.account_id == self.loss)
        self.assertEqual(
            loss.analytic_distribution, {str(north.id): 75, str(south.id): 25}
        )
        self.assertFalse((lines - loss).analytic_distribution)

    def test_a_suspended_subscription_stays_so(self):
        self._follow({"action": "suspend", "days": 3}, STEP)
        self._dun_daily(day(3), 4)
        case = self._get_case(self.invoice)
        self.assertEqual(case.state, "closed")
        self.assertEqual(self.subscription.state, "suspended")
        self._dun_daily(day(7), 3)
        self.assertEqual(self.subscription.state, "suspended")

    def test_what_dunning_has_begun_goes_on(self):
        self._follow(
            {"action": "restrict", "days": 2},
            {"action": "pause", "days": 3},
            {"action": "close_period", "days": 4},
            STEP,
        )
        self._dun_daily(day(2), 5)
        self.assertTrue(self._get_write_offs())
        self.assertEqual(self.subscription.state, "paused")
        self.assertTrue(self.subscription.is_change_restricted)
        self.assertEqual(self._get_changes().state, "scheduled")

    def test_nobody_is_thanked_for_a_payment(self):
        self._follow(STEP)
        self._dun(day(5))
        notices = self.env["subscription.notice"].search(
            [("subscription_id", "=", self.subscription.id)]
        )
        self.assertNotIn("receipt", notices.rule_id.mapped("kind"))

    def test_it_is_no_invoice_that_was_paid_late(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        self._write_off()
        self.env.flush_all()
        history = self.partner._map_histories(self.company)[self.partner.id]
        paid = [(each.date_paid, each.owed) for each in history.invoices]
        self.assertIn((None, 0), paid)

    def test_it_is_no_money_that_is_expected_or_that_was_paid(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        valued = self._create_policy(name="Good customers", min_lifetime=1)
        before = valued._map_paid(self.company, self.partner)[self.partner]
        self._write_off()
        self.env.flush_all()
        paid = valued._map_paid(self.company, self.partner)[self.partner]
        self.assertEqual(paid, before)
        query = self.env["dunning.forecast.line"]._select_paid(self.company)
        with freeze_time(f"{day(9)} 10:00:00"):
            ages = [age for *_others, age in self.env.execute_query(query)]
        self.assertEqual(ages, [None])

    def test_forgiving_lets_the_service_go_on(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        self._write_off(is_forgiven=True)
        self.assertEqual(self.subscription.state, "active")

    def test_one_can_forgive_later(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        self._write_off()
        self.assertEqual(self.subscription.state, "suspended")
        self._get_write_offs().with_user(self.accountant).action_forgive()
        self.assertEqual(self.subscription.state, "active")
        case = self._get_case(self.invoice)
        self.assertIn(self.accountant.partner_id, case.message_ids.author_id)

    def test_money_that_comes_after_all_can_be_booked(self):
        self._follow({"action": "suspend", "days": 3}, STEP)
        self._dun_daily(day(3), 4)
        case, write_off = self._get_case(self.invoice), self._get_write_offs()
        with freeze_time(f"{day(30)} 10:00:00"):
            write_off.with_user(self.accountant).action_take_back()
        self.assertEqual(self.invoice.payment_state, "not_paid")
        self.assertEqual(self.invoice.amount_residual, 115)
        self.assertRecordValues(
            case, [{"state": "open", "amount_overdue": 115, "date_closed": False}]
        )
        self.assertRecordValues(
            write_off.reversal_id, [{"state": "posted", "date": day(30)}]
        )
        self._dun_daily(day(31), 3)
        self.assertEqual(len(self._get_write_offs()), 1)
        self._pay(self.invoice, day(35))
        self.assertEqual(case.state, "closed")
        self.assertEqual(self.subscription.state, "active")
        balances = self.env["account.move.line"]._read_group(
            [("account_id", "=", self.loss.id)], [], ["balance:sum"]
        )
        self.assertEqual(balances, [(0,)])

    def test_it_is_taken_back_once(self):
        self._follow(STEP)
        self._dun(day(5))
        self._get_write_offs().action_take_back()
        with self.assertRaises(UserError):
            self._get_write_offs().action_take_back()
        with self.assertRaises(UserError):
            self._get_write_offs().action_forgive()

    def test_it_can_be_written_off_again_by_a_person(self):
        self._follow(STEP)
        self._dun(day(5))
        self._get_write_offs().action_take_back()
        self._write_off(day(8))
        self.assertEqual(
            self._get_write_offs().sorted("id").mapped("state"),
            ["taken_back", "booked"],
        )

    def test_what_is_taken_back_joins_the_case_that_is_open(self):
        self._follow(STEP)
        self._dun(day(5))
        write_off, old = self._get_write_offs(), self._get_case(self.invoice)
        self.followed.active = False
        self._follow({"action": "suspend", "days": 30})
        self._dun(day(6))
        new = self._get_case(self.invoice)
        self.assertNotEqual(old, new)
        write_off.action_take_back()
        self.assertEqual(write_off.move_id.dunning_case_id, new)
        self.assertEqual(old.state, "closed")
        self.assertEqual(new.amount_overdue, 230)

    def test_a_payment_plan_is_not_kept_by_giving_up(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        case = self._get_case(self.invoice)
        with freeze_time(f"{day(4)} 10:00:00"):
            self.env["dunning.agree"].create(
                {"case_id": case.id, "date_first": day(20), "note": "By phone."}
            ).action_agree()
        self._write_off()
        self.assertEqual(case.agreement_ids.state, "cancelled")

    def test_a_charge_under_way_is_waited_for(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        self.invoice.sudo().collection_state = "open"
        with self.assertRaisesRegex(UserError, "being charged"):
            self._write_off()

    def test_who_and_why_is_kept(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        self._write_off(user=self.accountant, reason="Moved abroad.")
        case = self._get_case(self.invoice)
        for record in (case, self.invoice):
            message = record.message_ids.filtered(lambda m: "Moved abroad." in m.body)
            self.assertEqual(message.author_id, self.accountant.partner_id)
        self.assertEqual(self._get_write_offs().create_uid, self.accountant)

    def test_a_reason_and_an_invoice_are_asked_for(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        for vals in ({"reason": " "}, {"move_ids": [Command.clear()]}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._write_off(**vals)

    def test_only_invoices_of_the_case_are_written_off(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        other = self._bill(partner_id=self.partner.copy().id)
        with self.assertRaises(UserError):
            self._write_off(move_ids=[Command.set(other.ids)])
        self.assertEqual(other.payment_state, "not_paid")

    def test_only_accountants_write_off_or_take_back(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        for user in (self.user, self.manager, self.auditor, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._write_off(user=user)
        self._write_off(user=self.accountant)
        for user in (self.user, self.manager, self.auditor):
            for action in ("action_take_back", "action_forgive"):
                write_off = self._get_write_offs().with_user(user)
                with self.subTest(user=user.name), self.assertRaises(AccessError):
                    getattr(write_off, action)()

    def test_a_form_shows_nothing_of_another_company(self):
        self._follow({"action": "suspend", "days": 3})
        self._dun(day(3))
        case = self._get_case(self.invoice)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_user("elsewhere", "account.group_account_manager")
        stranger.write(
            {
                "company_ids": [Command.set(elsewhere.ids)],
                "company_id": elsewhere.id,
            }
        )
        wizard = self.env["dunning.write.off.wizard"].with_user(stranger)
        with self.assertRaises(AccessError):
            wizard.with_company(elsewhere).onchange(
                {"case_id": case.id}, ["case_id"], {"case_id": {}, "amount": {}}
            )

    def test_what_is_written_off_is_not_changed_behind_its_back(self):
        self._follow(STEP)
        self._dun(day(5))
        entry = self._get_write_offs().entry_id
        for move in (self.invoice, entry):
            refused = self.assertRaisesRegex(UserError, "Take Back")
            with self.subTest(move=move.name), refused:
                move.button_draft()
        with freeze_time(f"{day(6)} 10:00:00"):
            self._get_write_offs().action_take_back()
        self.assertEqual(entry.state, "posted")

    def test_a_write_off_stays(self):
        self._follow(STEP)
        self._dun(day(5))
        with self.assertRaises(UserError):
            self._get_write_offs().unlink()
