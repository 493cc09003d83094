"""Whoever was away for long, loads a page again or goes back, finds the way."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .portal_matrix_case import LOGIN, PortalMatrixCase
from .test_portal_matrix_sent import POSTED

PAGES = ("/my/subscriptions", "/subscriptions/plans", "/subscriptions/cancel")


@tagged("standard", "post_install", "-at_install")
class TestPortalLateForms(PortalMatrixCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # None is needed: nothing gets as far as to look for them.
        cls.ids |= {"method": 0, "contact": 0, "invoice": 0}

    def _find_form_addresses(self):
        """Return the addresses to which the forms of the portal are sent."""
        return [route.format(**self.ids) for route in POSTED]

    def test_the_address_of_every_form_leads_to_its_page(self):
        self.authenticate("ada", "ada")
        for address in self._find_form_addresses():
            with self.subTest(address=address):
                answer = self.url_open(address)
                self.assertEqual(answer.status_code, 200)
                self.assertTrue(self._is_page_above(address, answer.url), answer.url)

    def _is_page_above(self, address, url):
        """Return whether a page is the one that a form stands on, or near it."""
        path = url.split("?")[0].removeprefix(self.base_url())
        return address.startswith(path) or path in PAGES

    def test_the_link_of_who_has_no_login_is_kept(self):
        token = self.subscription._portal_ensure_token()
        url = self.subscription.access_url
        answer = self.url_open(f"{url}/cancel/undo?access_token={token}")
        self.assertEqual(answer.url.split("?")[0], f"{self.base_url()}{url}/cancel")

    def test_a_form_of_another_session_does_nothing_and_leads_back(self):
        self.authenticate("ada", "ada")
        for address in self._find_form_addresses():
            with self.subTest(address=address), mute_logger("odoo.http"):
                answer = self.url_open(address, data={"csrf_token": "0" * 50 + "o1"})
                self.assertEqual(answer.status_code, 400)
                [link] = self._parse(answer).xpath("//div[@id='wrap']//a/@href")
                self.assertTrue(self._is_page_above(address, link), link)
                self.assertEqual(self.url_open(link).status_code, 200)

    def test_a_form_by_link_leads_back_by_link(self):
        token = self.subscription._portal_ensure_token()
        url = f"{self.subscription.access_url}/cancel"
        with mute_logger("odoo.http"):
            answer = self.url_open(url, data={"access_token": token})
        [link] = self._parse(answer).xpath("//div[@id='wrap']//a/@href")
        self.assertEqual(link, f"{url}?access_token={token}")
        self.assertFalse(self.subscription.change_ids)

    def test_who_has_to_log_in_first_comes_to_the_page_of_the_form(self):
        url = f"{self.subscription.access_url}/pause"
        answer = self.url_open(
            f"{url}/confirm", data={"change_id": "1"}, allow_redirects=False
        )
        self.assertEqual(self._tell(answer), LOGIN)
        page = self._parse(self.url_open(answer.headers["Location"]))
        data = {"login": "ada", "password": "ada"}
        [form] = page.xpath("//form[.//input[@name='password']]")
        for name in ("csrf_token", "redirect"):
            [data[name]] = form.xpath(f".//input[@name='{name}']/@value")
        answer = self.url_open("/web/login", data=data)
        self.assertEqual(answer.status_code, 200)
        self.assertIn(self.subscription.access_url, answer.url)

    def test_the_page_of_a_draft_is_loaded_again_and_gone_back_to(self):
        self.authenticate("ada", "ada")
        url = f"{self.subscription.access_url}/cancel"
        page = self._send(self._get_page(url), "Continue")
        draft = self.answer.url
        self.assertIn("/cancel/confirm?change_id=", draft)
        again = self._parse(self.url_open(draft))
        self.assertEqual(self._get_text(page), self._get_text(again))
        self.assertEqual(len(self.subscription.change_ids), 1)
        self._send(again, "Cancel the subscription")
        end = self.subscription.date_end
        back = self._parse(self.url_open(draft))
        self.assertIn("There is nothing to cancel", self._get_text(back))
        self.assertEqual(self.subscription.date_end, end)
