"""What customers set for themselves, and what they may know and have erased."""

import json

from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import tagged

URL = "/my/subscriptions/preferences"
ERASURE = "subscription_portal.mail_activity_type_erasure"


@tagged("standard", "post_install", "-at_install")
class TestPortalPreferences(PortalCase):
    def setUp(self):
        super().setUp()
        self.authenticate("ada", "ada")

    def _save(self, **data):
        return self._post_form(URL, f"{URL}/save", {"lang": "en_US", **data})

    def test_language_and_time_zone_are_kept(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        answer = self._save(lang="fr_FR", tz="Europe/Paris")
        self.assertEqual(answer.status_code, 200)
        self.assertRecordValues(self.partner, [{"lang": "fr_FR", "tz": "Europe/Paris"}])

    def test_a_language_that_is_not_there_is_refused(self):
        answer = self._save(lang="xx_XX")
        self.assertEqual(answer.status_code, 400)
        self.assertIn("Language: choose one of the list.", answer.text)
        self.assertEqual(self.partner.lang, "en_US")

    def test_a_time_zone_that_is_none_is_refused(self):
        answer = self._save(tz="Mars/Olympus")
        self.assertEqual(answer.status_code, 400)
        self.assertIn("Time zone: choose one of the list.", answer.text)
        self.assertFalse(self.partner.tz)

    def test_the_own_data_are_a_file(self):
        self.env["subscription.renewal"]._bill_now(self.subscription)
        other = self._create_subscription(
            partner_id=self.env["res.partner"].create({"name": "Somebody"}).id
        )
        answer = self.url_open(f"{URL}/data")
        data = json.loads(answer.text)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(data["person"]["email"], self.partner.email)
        [mine] = data["subscriptions"]
        self.assertEqual(mine["number"], self.subscription.name)
        self.assertEqual(mine["invoices"][0]["amount"], 115)
        self.assertNotIn(other.name, answer.text)

    def test_erasure_is_asked_for_once(self):
        for _time in range(2):
            page = self._get_page(URL)
            forms = page.xpath(f"//form[@action='{URL}/erasure']")
            if forms:
                self._post_form(URL, f"{URL}/erasure", {})
        self.assertFalse(forms)
        self._post_form(URL, f"{URL}/erasure", {})
        activities = self.partner.activity_search([ERASURE])
        self.assertEqual(len(activities), 1)
        self.assertTrue(activities.user_id.active)

    def test_nothing_is_changed_without_the_token_of_the_form(self):
        for action in ("save", "erasure"):
            answer = self.url_open(f"{URL}/{action}", data={"lang": "en_US"})
            self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.partner.activity_search([ERASURE]))
