"""Paying from the link in a reminder, and saving a method there."""

from odoo.tests import mute_logger, tagged

from .dunning_link_case import DunningLinkCase


@tagged("standard", "post_install", "-at_install")
class TestDunningLinkPayment(DunningLinkCase):
    def setUp(self):
        super().setUp()
        self.case = self._open_case(2)
        self.path = self.case._get_link("pay")

    def _start(self, amount=230, path=None, **params):
        """Start a payment, and return its transaction."""
        answer = self._call(
            f"{path or self.path}/transaction",
            amount=amount,
            **self._prepare_choice(**params),
        )
        return self._find(answer)

    def _find(self, answer):
        reference = answer["result"]["reference"]
        return self.env["payment.transaction"].search([("reference", "=", reference)])

    def _refuse(self, amount=230, path=None, **params):
        """Try to start a payment, and return why it is refused."""
        error = self._get_error(
            f"{path or self.path}/transaction",
            amount=amount,
            **self._prepare_choice(**params),
        )
        self.assertFalse(
            self.env["payment.transaction"].search(
                [("invoice_ids", "in", self.case.move_ids.ids)]
            )
        )
        return error

    def _finish(self, transaction, state="done"):
        """Let the provider say what has become of a payment."""
        self._call(
            "/payment/demo/simulate_payment",
            reference=transaction.reference,
            simulated_state=state,
            payment_details="5555",
        )
        self._call("/payment/status/poll")

    # === PAYING === #

    def test_one_payment_pays_all_and_closes_the_case(self):
        transaction = self._start()
        self.assertEqual(transaction.invoice_ids, self.case.move_ids)
        self.assertEqual(transaction.amount, 230)
        self.assertEqual(transaction.partner_id, self.partner)
        self.assertEqual(transaction.landing_route, self.path)
        self.assertFalse(transaction.tokenize)
        self._finish(transaction)
        self.assertEqual(self.case.state, "closed")
        self.assertFalse(sum(self.case.move_ids.mapped("amount_residual")))
        self.assertIn("nothing left", self._get(self.path).text)

    def test_the_only_invoice_gives_its_name_to_the_payment(self):
        self._pay(self.case.move_ids[0], "2026-03-05")
        left = self.case._get_asked()
        self.assertIn(left.name, self._start(115).reference)

    def test_what_the_bank_takes_its_time_for_is_not_paid_again(self):
        self._finish(self._start(), "pending")
        page = self._get(self.path).text
        self.assertIn("Your payment is being processed", page)
        self.assertNotIn("o_payment_form", page)
        error = self._get_error(
            f"{self.path}/transaction", amount=230, **self._prepare_choice()
        )
        self.assertIn("What you owe has changed", error)

    def test_a_declined_payment_can_be_tried_again(self):
        self._finish(self._start(), "error")
        self.assertIn("o_payment_form", self._get(self.path).text)
        self._finish(self._start())
        self.assertEqual(self.case.state, "closed")

    def test_what_is_being_charged_is_left_out(self):
        charged, other = self.case.move_ids
        self.patch(
            type(charged),
            "_get_payment_block",
            lambda move: "pending" if move.id == charged.id else None,
        )
        page = self._get(self.path).text
        self.assertIn("Being processed", page)
        self.assertEqual(self._start(115).invoice_ids, other)

    def test_an_old_page_pays_no_other_amount(self):
        for amount in (115, 231, 0, -230, None, "x", "nan", "inf"):
            with self.subTest(amount=amount):
                self.assertIn("What you owe has changed", self._refuse(amount))

    def test_nothing_is_paid_by_a_link_that_is_no_good(self):
        for path in (
            self._tamper(self.path),
            self.path.replace(self.path.rsplit("/", 1)[1], str(self.case.id)),
            self.case._get_link("feedback").replace("feedback", "overdue"),
        ):
            self.assertIn("expired", self._refuse(path=path))

    def test_nothing_is_paid_for_a_closed_case(self):
        self._pay(self.case.move_ids, "2026-03-05")
        self.assertIn("expired", self._refuse())

    # === WITH WHAT === #

    def test_a_saved_method_pays_for_nobody_without_a_login(self):
        error = self._refuse(flow="token", token_id=self.token.id)
        self.assertIn("cannot be used here", error)

    def test_the_customer_who_is_logged_in_pays_with_a_saved_method(self):
        self._login(self.partner)
        self.token.demo_simulated_state = "done"
        transaction = self._start(flow="token", token_id=self.token.id)
        self.assertEqual(transaction.token_id, self.token)
        self.assertEqual(transaction.state, "done")

    def test_the_saved_method_of_somebody_else_pays_nothing(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        other = self._create_token(stranger)
        self._login(self.partner)
        error = self._refuse(flow="token", token_id=other.id)
        self.assertIn("cannot be used here", error)

    def test_only_what_the_page_shows_can_be_chosen(self):
        for params in (
            {"provider_id": 2**31 - 1},
            {"provider_id": "x"},
            {"payment_method_id": 0},
            {"payment_method_id": None},
            {"flow": "offline"},
            {"flow": None},
        ):
            with self.subTest(params=params):
                self.assertIn("cannot be used here", self._refuse(**params))

    def test_a_provider_of_another_company_takes_nothing(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        other = self.provider.copy({"company_id": elsewhere.id, "state": "test"})
        other.is_published = True
        self.assertIn("cannot be used here", self._refuse(provider_id=other.id))

    def test_a_page_sends_nothing_else(self):
        with mute_logger("odoo.http"):
            error = self._refuse(partner_id=1, currency_id=1)
        self.assertIn("not whitelisted", error)

    # === SAVING A METHOD === #

    def _open_automatic(self, **vals):
        """Return the case of a subscription that is charged by itself, in vain."""
        self._pay(self.case.move_ids, "2026-03-05")
        invoice = self._bill(collection_method="automatic", **vals)
        self._run_collection()
        self._dun("2026-03-06")
        self.env.flush_all()
        return self._get_case(invoice)

    def test_a_method_that_is_saved_replaces_the_one_that_was_declined(self):
        case = self._open_automatic(payment_token_id=self.token.id)
        subscription = case.move_ids.subscription_ids
        self.assertEqual(subscription.payment_token_id, self.token)
        transaction = self._start(
            115, case._get_link("pay"), tokenization_requested=True
        )
        self._finish(transaction)
        self.assertEqual(case.state, "closed")
        saved = subscription.payment_token_id
        self.assertNotEqual(saved, self.token)
        self.assertEqual(saved, transaction.token_id)
        self.assertEqual(saved.partner_id, self.partner)

    def test_a_method_replaces_its_own_when_a_backup_was_declined_last(self):
        self._create_token(state="error", payment_details="1111")
        case = self._open_automatic(payment_token_id=self.token.id)
        self.assertEqual(len(case.move_ids.transaction_ids), 2)
        transaction = self._start(
            115, case._get_link("pay"), tokenization_requested=True
        )
        self._finish(transaction)
        subscription = case.move_ids.subscription_ids
        self.assertEqual(subscription.payment_token_id, transaction.token_id)

    def test_a_method_that_works_stays(self):
        good = self._create_token(payment_details="1111")
        case = self._open_automatic(
            payment_token_id=self.token.id, is_backup_allowed=False
        )
        other = self._create_subscription(
            collection_method="automatic", payment_token_id=good.id
        )
        transaction = self._start(
            115, case._get_link("pay"), tokenization_requested=True
        )
        self._finish(transaction)
        self.assertEqual(other.payment_token_id, good)

    def test_a_method_is_saved_without_paying_and_charged_at_once(self):
        case = self._open_automatic(payment_token_id=self.token.id)
        path = case._get_link("pay")
        self.assertIn(f"{path}/method", self._get(path).text)
        page = self._get(f"{path}/method").text
        self.assertIn('data-mode="validation"', page)
        self.assertNotIn("4242", page)
        answer = self._call(
            f"{path}/method/transaction", amount=None, **self._prepare_choice()
        )
        transaction = self._find(answer)
        self.assertEqual(transaction.operation, "validation")
        self.assertFalse(transaction.invoice_ids)
        self._finish(transaction)
        subscription = case.move_ids.subscription_ids
        self.assertEqual(subscription.payment_token_id, transaction.token_id)
        self._run_collection()
        self.assertEqual(case.move_ids.amount_residual, 0)
        self.assertEqual(case.state, "closed")

    def test_no_method_is_saved_by_a_link_that_is_no_good(self):
        case = self._open_automatic(payment_token_id=self.token.id)
        path = self._tamper(case._get_link("pay"))
        self.assertEqual(self._get(f"{path}/method").status_code, 403)
        error = self._get_error(
            f"{path}/method/transaction", amount=None, **self._prepare_choice()
        )
        self.assertIn("expired", error)

    def test_who_pays_invoices_is_not_asked_for_a_method(self):
        self.assertNotIn(f"{self.path}/method", self._get(self.path).text)
