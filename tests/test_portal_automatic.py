"""Customers agree to pay automatically while nothing is to be paid."""

from odoo.tests import new_test_user, tagged

from .portal_pay_case import PortalPayCase


@tagged("standard", "post_install", "-at_install")
class TestPortalAutomatic(PortalPayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription.collection_method = "invoice"
        cls.page = f"{cls.subscription.access_url}/automatic"
        token = cls.subscription._portal_ensure_token()
        cls.link = f"{cls.page}?access_token={token}"

    def _save(self, url, **params):
        """Save a method on a page, and come back; return the transaction."""
        saving = self._find_payment(self._start(self._open_form(url), **params))
        self._simulate(saving)
        self._come_back()
        return saving

    def _is_automatic(self):
        """Return whether the subscription is paid automatically."""
        return self.subscription.collection_method == "automatic"

    def test_by_link_the_method_is_saved_and_charged_from_now_on(self):
        self.authenticate(None, None)
        page = self._get_page(self.link)
        [consent] = page.xpath("//p[@name='consent']/span")
        saving = self._save(self.link)
        self.assertEqual(saving.operation, "validation")
        self.assertRecordValues(
            self.subscription,
            [
                {
                    "collection_method": "automatic",
                    "payment_token_id": saving.token_id.id,
                }
            ],
        )
        self.assertEqual(saving.token_id.partner_id, self.partner)
        kept = self.env["subscription.consent"].search(
            [("res_id", "=", self.subscription.id), ("kind", "=", "automatic")]
        )
        self.assertRecordValues(
            kept, [{"text": self._get_text(consent), "is_by_link": True}]
        )
        done = self._get_page(saving.landing_route)
        self.assertIn("From now on, invoices are paid", self._get_text(done))

    def test_by_login_it_is_the_method_of_who_is_logged_in(self):
        self.authenticate("ada", "ada")
        saving = self._save(self.page)
        self.assertEqual(self.subscription.payment_token_id, saving.token_id)
        page = self._get_page(self.page)
        self.assertIn("are paid automatically", self._get_text(page))
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))

    def test_it_happens_when_the_browser_never_came_back(self):
        self.authenticate(None, None)
        saving = self._find_payment(self._start(self._open_form(self.link)))
        self._simulate(saving)
        self.assertFalse(self._is_automatic())
        self._run_cron("payment.cron_post_process_payment_tx")
        self.assertTrue(self._is_automatic())

    def test_a_method_that_was_not_saved_changes_nothing(self):
        self.authenticate(None, None)
        for state in ("cancel", "error"):
            saving = self._find_payment(self._start(self._open_form(self.link)))
            self._simulate(saving, state)
            self._come_back()
            page = self._get_page(saving.landing_route)
            self.assertIn("No payment method was saved", self._get_text(page))
        self.assertFalse(self._is_automatic())

    def test_a_method_that_cannot_be_saved_is_refused(self):
        self.authenticate(None, None)
        form = self._open_form(self.link)
        self.provider.allow_tokenization = False
        self.assertIn("cannot be used here", self._get_refusal(self._start(form)))

    def test_a_saved_method_of_somebody_else_is_refused(self):
        self.authenticate(None, None)
        refusal = self._start(self._open_form(self.link), token=self._create_token())
        self.assertIn("cannot be used here", self._get_refusal(refusal))

    def test_who_is_not_the_customer_agrees_to_nothing(self):
        new_test_user(self.env, "eve", "base.group_portal")
        self.authenticate("eve", "eve")
        page = self._get_page(self.link)
        self.assertIn("cannot be set up here", self._get_text(page))
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))

    def test_what_has_ended_agrees_to_nothing(self):
        self.authenticate("ada", "ada")
        form = self._open_form(self.page)
        self.subscription._close()
        self.assertIn("error", self._start(form))
        page = self._get_page(self.page)
        self.assertIn("cannot be set up here", self._get_text(page))

    def test_who_has_saved_methods_is_led_to_them(self):
        self._create_token()
        self.authenticate("ada", "ada")
        page = self._get_page(self.page)
        self.assertTrue(page.xpath("//a[@href='/my/subscriptions/methods']"))

    def test_the_page_of_the_subscription_leads_there(self):
        for login, url in ((None, self.link), ("ada", self.page)):
            self.authenticate(login, login)
            shown = self._get_page(url.replace("/automatic", ""))
            self.assertEqual(
                shown.xpath(f"//a[@href='{url}']/text()"), ["Pay automatically"]
            )
        self._save(self.page)
        shown = self._get_page(self.subscription.access_url)
        self.assertFalse(shown.xpath(f"//a[@href='{self.page}']"))
