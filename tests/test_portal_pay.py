"""What customers pay in the portal, and how they agree to pay automatically."""

from odoo.tests import mute_logger, new_test_user, tagged

from .portal_pay_case import PortalPayCase

PAY = "/my/subscriptions/pay"


@tagged("standard", "post_install", "-at_install")
class TestPortalPay(PortalPayCase):
    def setUp(self):
        super().setUp()
        self.authenticate("ada", "ada")

    def _get_url(self, invoices):
        """Return the page that asks for some invoices."""
        return f"{PAY}?" + "&".join(f"invoice={number}" for number in invoices.ids)

    # === CHOOSING === #

    def test_all_open_invoices_can_be_chosen(self):
        invoices = self._bill(3)
        page = self._get_page(PAY)
        boxes = page.xpath("//input[@type='checkbox'][@name='invoice']")
        self.assertEqual({int(box.get("value")) for box in boxes}, {*invoices.ids})
        self.assertTrue(all(box.get("checked") for box in boxes))
        for box in boxes:
            self.assertTrue(page.xpath(f"//label[@for='{box.get('id')}']"))
        self.assertIn("$ 345.00", self._get_text(page))
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))

    def test_the_only_invoice_needs_no_choice(self):
        self._bill()
        self.assertEqual(float(self._open_form(PAY).get("data-amount")), 115)

    def test_nothing_open_says_so(self):
        self.assertIn("nothing to pay", self._get_text(self._get_page(PAY)))

    def test_the_query_count_does_not_grow(self):
        counts = []
        for number in (2, 10):
            self._bill(number)
            self._get_page(PAY)
            counts.append(self._count_queries(PAY))
        self.assertEqual(*counts)

    def test_what_is_not_theirs_cannot_be_chosen(self):
        other = self._bill(partner_id=self.env["res.partner"].create({"name": "B"}).id)
        mine = self._bill()
        for invoices in (other, mine | other, other.browse(2**31 - 2)):
            answer = self.url_open(self._get_url(invoices))
            self.assertEqual(answer.status_code, 400)
            self.assertIn('role="alert"', answer.text)
            self.assertNotIn("o_payment_form", answer.text)
        self.assertNotIn(other.name, answer.text)

    def test_a_number_that_is_none_is_refused_as_well(self):
        self._bill()
        self.assertEqual(self.url_open(f"{PAY}?invoice=x").status_code, 400)

    def test_invoices_of_two_currencies_are_not_paid_at_once(self):
        other = self.env.ref("base.EUR")
        other.active = True
        foreign = self._bill(currency_id=other.id)
        self.assertEqual(foreign.currency_id, other)
        mine = self._bill()
        page = self._get_page(PAY)
        self.assertEqual(len(page.xpath("//fieldset/legend")), 2)
        answer = self.url_open(self._get_url(mine | foreign))
        self.assertEqual(answer.status_code, 400)
        self.assertIn("one currency", answer.text)

    # === PAYING === #

    def test_several_are_paid_with_a_saved_method(self):
        first, second, third = self._bill(3)
        token = self._create_token()
        payment = self._pay(self._get_url(first | third), token)
        self.assertRecordValues(
            payment, [{"amount": 230, "state": "done", "token_id": token.id}]
        )
        self.assertEqual(payment.invoice_ids, first | third)
        self.assertEqual(first.amount_residual + third.amount_residual, 0)
        self.assertEqual(second.amount_residual, 115)

    def test_one_is_paid_with_a_new_method_that_is_not_saved(self):
        invoice = self._bill()
        payment = self._pay(PAY)
        self.assertRecordValues(payment, [{"tokenize": False, "token_id": False}])
        self.assertEqual(invoice.amount_residual, 0)
        page = self._get_page(payment.landing_route)
        self.assertIn("your payment has arrived", self._get_text(page))

    def test_all_are_paid_with_the_method_of_a_colleague(self):
        invoices = self._bill(2)
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.partner.parent_id = firm
        colleague = self.env["res.partner"].create({"name": "C", "parent_id": firm.id})
        token = self._create_token(colleague)
        self._pay(self._get_url(invoices), token)
        self.assertEqual(sum(invoices.mapped("amount_residual")), 0)

    def test_the_page_of_one_subscription_asks_for_its_own(self):
        invoice, other = self._bill(2)
        url = f"{invoice.subscription_ids.access_url}/pay"
        payment = self._pay(url, self._create_token())
        self.assertEqual(payment.invoice_ids, invoice)
        self.assertEqual(other.amount_residual, 115)
        page = self._get_page(payment.landing_route)
        self.assertIn("your payment has arrived", self._get_text(page))
        self.assertEqual(page.xpath("//h1/text()"), ["Monthly"])

    def test_what_is_open_has_a_button_on_its_page(self):
        subscription = self._bill().subscription_ids
        url = f"{subscription.access_url}/pay"
        page = self._get_page(subscription.access_url)
        self.assertTrue(page.xpath(f"//a[@href='{url}']"))
        self._pay(url, self._create_token())
        page = self._get_page(subscription.access_url)
        self.assertFalse(page.xpath(f"//a[@href='{url}']"))

    def test_the_page_of_the_invoice_leads_there(self):
        invoice = self._bill()
        page = self._get_page(invoice.get_portal_url())
        link = page.xpath("//a[@name='subscription_pay']/@href")
        self.assertEqual(link, [f"{PAY}?invoice={invoice.id}"])
        self.authenticate(None, None)
        page = self._get_page(invoice.get_portal_url())
        self.assertFalse(page.xpath("//a[@name='subscription_pay']"))

    # === REFUSED === #

    def test_an_amount_that_has_changed_is_refused(self):
        invoice = self._bill()
        form = self._open_form(PAY)
        for amount in (114, 116, 0, None, "nan", "much", -115):
            error = self._get_refusal(self._start(form, amount=amount))
            self.assertIn("Load the page again", error)
        self.assertFalse(invoice.transaction_ids)

    def test_invoices_of_others_are_refused_by_the_route_too(self):
        other = self._bill(partner_id=self.env["res.partner"].create({"name": "B"}).id)
        mine = self._bill()
        form = self._open_form(PAY)
        for numbers in (f"{other.id}", f"{mine.id}-{other.id}", "x", "0", str(10**30)):
            form.set("data-transaction-route", f"{PAY}/{numbers}/transaction")
            for amount in (115, 230):
                error = self._get_refusal(self._start(form, amount=amount))
                self.assertIn("Load the page again", error)
        self.assertFalse((mine | other).transaction_ids)

    def test_a_method_of_somebody_else_is_refused(self):
        invoice = self._bill()
        stranger = self.env["res.partner"].create({"name": "B"})
        error = self._get_refusal(
            self._start(self._open_form(PAY), self._create_token(stranger))
        )
        self.assertIn("cannot be used here", error)
        self.assertFalse(invoice.transaction_ids)

    def test_what_the_form_does_not_send_is_refused(self):
        self._bill()
        answer = self._start(self._open_form(PAY), custom_create_values={"amount": 1})
        self.assertIn("not whitelisted", self._get_refusal(answer))
        answer = self._start(self._open_form(PAY), subscription_enrolment={"amount": 1})
        self.assertIn("not whitelisted", self._get_refusal(answer))

    def test_a_form_that_is_sent_twice_pays_once(self):
        invoice = self._bill()
        form, token = self._open_form(PAY), self._create_token()
        self._find_payment(self._start(form, token))
        self.assertIn(
            "Load the page again", self._get_refusal(self._start(form, token))
        )
        self._come_back()
        self.assertIn(
            "Load the page again", self._get_refusal(self._start(form, token))
        )
        self.assertEqual(len(invoice.transaction_ids), 1)

    def test_what_a_charge_is_taking_is_left_out(self):
        token = self._create_token(state="pending")
        charged = self._bill(collection_method="automatic", payment_token_id=token.id)
        form = self._open_form(PAY)
        self._run_collection()
        self.assertEqual(charged.transaction_ids.state, "pending")
        self.assertIn("Load the page again", self._get_refusal(self._start(form)))
        page = self._get_page(PAY)
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))
        self.assertIn("do not pay them a second time", self._get_text(page))

    def test_a_method_that_is_saved_while_paying_is_not_charged_beside_it(self):
        """A new method has what failed collected again: the invoice being paid is."""
        token = self._create_token(state="error")
        failed = self._bill(collection_method="automatic", payment_token_id=token.id)
        self._run_collection()
        self.assertEqual(failed.collection_state, "failed")
        form = self._open_form(PAY)
        payment = self._find_payment(self._start(form, tokenization_requested=True))
        self._simulate(payment)
        self._run_collection()
        self._come_back()
        self._run_collection()
        paid = failed.transaction_ids.filtered(lambda tx: tx.state == "done")
        self.assertEqual(paid, payment)
        self.assertEqual(failed.amount_residual, 0)

    def test_a_payment_that_fails_can_be_made_again(self):
        invoice = self._bill()
        form = self._open_form(PAY)
        self._start(form, self._create_token(state="error"))
        self._come_back()
        back = f"{invoice.subscription_ids.access_url}/pay/back"
        for url in (f"{PAY}/back", back):
            page = self._get_page(url)
            self.assertIn("not made", self._get_text(page))
            self.assertTrue(page.xpath("//form[@id='o_payment_form']"))
        self._pay(PAY)
        self.assertEqual(invoice.amount_residual, 0)


@tagged("standard", "post_install", "-at_install")
class TestPortalPayLink(PortalPayCase):
    """Who comes by the signed link of a subscription."""

    def setUp(self):
        super().setUp()
        self.invoice = self._bill()
        subscription = self.invoice.subscription_ids
        self.path = f"{subscription.access_url}/pay"
        self.url = f"{self.path}?access_token={subscription._portal_ensure_token()}"
        self.env.flush_all()
        self.authenticate(None, None)

    def test_the_link_pays_for_the_customer(self):
        payment = self._pay(self.url)
        self.assertEqual(payment.partner_id, self.partner)
        self.assertEqual(self.invoice.amount_residual, 0)
        page = self._get_page(payment.landing_route)
        self.assertIn("your payment has arrived", self._get_text(page))

    def test_without_javascript_the_link_tells_how_to_pay_by_bank_transfer(self):
        bank = self.env["res.bank"].create({"name": "Our Bank", "bic": "COBADEFFXXX"})
        self.invoice.partner_bank_id = self.env["res.partner.bank"].create(
            {
                "acc_number": "DE89 3704 0044 0532 0130 00",
                "partner_id": self.company.partner_id.id,
                "bank_id": bank.id,
                "allow_out_payment": True,
            }
        )
        self.env.flush_all()
        text = self._read_transfer()
        for part in (
            self.company.name,
            "115.00",
            self.invoice.payment_reference,
            "DE89 3704 0044 0532 0130 00",
            "Our Bank COBADEFFXXX",
        ):
            self.assertIn(part, text)
        self.invoice.partner_bank_id = False
        self.env.flush_all()
        self.assertIn("Please ask us for it.", self._read_transfer())

    def _read_transfer(self):
        """Return what the page tells a browser without JavaScript."""
        [told] = self._get_page(self.url).xpath("//noscript//div[@name='transfer']")
        return self._get_text(told)

    def test_the_link_shows_and_charges_no_saved_method(self):
        token = self._create_token()
        form = self._open_form(self.url)
        self.assertFalse(form.xpath(".//input[@data-payment-option-type='token']"))
        error = self._get_refusal(self._start(form, token))
        self.assertIn("cannot be used here", error)
        self.assertFalse(self.invoice.transaction_ids)

    def test_a_payment_that_fails_leads_back_to_the_form(self):
        payment = self._find_payment(self._start(self._open_form(self.url)))
        self._simulate(payment, "error")
        self._come_back()
        page = self._get_page(payment.landing_route)
        self.assertIn("not made", self._get_text(page))
        self.assertTrue(page.xpath("//form[@id='o_payment_form']"))

    def test_what_nobody_has_heard_of_yet_is_said_so(self):
        payment = self._find_payment(self._start(self._open_form(self.url)))
        page = self._get_page(payment.landing_route)
        self.assertIn("have not heard yet", self._get_text(page))

    def test_somebody_else_who_is_logged_in_pays_with_their_own(self):
        eve = new_test_user(self.env, "eve", "base.group_portal", password="eve")
        ours, hers = self._create_token(), self._create_token(eve.partner_id)
        self.authenticate("eve", "eve")
        form = self._open_form(self.url)
        self.assertFalse(form.xpath(".//input[@name='subscription_enrol']"))
        self.assertIn("cannot be used", self._get_refusal(self._start(form, ours)))
        error = self._get_refusal(self._start(form, hers, enrol=True))
        self.assertIn("cannot be charged automatically", error)
        self._find_payment(self._start(form, hers))

    def test_a_wrong_link_pays_nothing(self):
        form = self._open_form(self.url)
        for secret in ("wrong", None, False, ""):
            form.set("data-access-token", secret or "")
            with mute_logger("odoo.http"):
                self.assertIn("error", self._start(form, access_token=secret))
            answer = self.url_open(f"{self.path}?access_token={secret}")
            self.assertNotIn("o_payment_form", answer.text)
        self.assertFalse(self.invoice.transaction_ids)

    def test_the_link_pays_no_other_invoice_of_the_customer(self):
        other = self._bill()
        form = self._open_form(self.url)
        route = form.get("data-transaction-route")
        form.set(
            "data-transaction-route", route.replace(str(self.invoice.id), str(other.id))
        )
        self.assertIn("Load the page again", self._get_refusal(self._start(form)))
        self.assertFalse(other.transaction_ids)

    def test_the_pages_of_all_need_a_login(self):
        answer = self.url_open(PAY)
        self.assertIn("/web/login", answer.url)

    def test_the_link_agrees_to_pay_automatically_with_a_new_method(self):
        payment = self._pay(self.url, enrol=True)
        self.assertRecordValues(
            self.invoice.subscription_ids,
            [
                {
                    "collection_method": "automatic",
                    "payment_token_id": payment.token_id.id,
                }
            ],
        )
        self.assertEqual(payment.token_id.partner_id, self.partner)
        notes = self.invoice.subscription_ids.message_ids.mapped("body")
        self.assertTrue(any("by the link of the subscription" in n for n in notes))
