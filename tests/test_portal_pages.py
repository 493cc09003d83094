"""The pages of subscriptions: whose they are, and what they show."""

from lxml import html
from odoo import Command, fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import new_test_user, tagged


@tagged("standard", "post_install", "-at_install")
class TestPortalPages(PortalCase):
    def test_the_list_shows_the_customers_own(self):
        other = self._create_subscription(
            partner_id=self.env["res.partner"].create({"name": "Somebody"}).id
        )
        self.authenticate("ada", "ada")
        page = self._get_page("/my/subscriptions")
        names = page.xpath("//tbody//th/a/text()")
        self.assertEqual(names, [self.subscription.name])
        self.assertNotIn(other.name, self._get_text(page))

    def test_the_page_shows_what_it_is_and_costs(self):
        self.authenticate("ada", "ada")
        page = self._get_page(self.subscription.access_url)
        self.assertEqual(page.xpath("//h1/text()"), ["Monthly"])
        text = self._get_text(page)
        self.assertIn("Maintenance", text)
        self.assertIn("$ 115.00", text)
        self.assertIn("Your subscription began.", text)

    def test_the_next_invoices_are_those_of_the_engine(self):
        self.authenticate("ada", "ada")
        page = self._get_page(self.subscription.access_url)
        shown = page.xpath("//section[@aria-labelledby='coming_title']//summary")
        self.assertEqual(len(shown), 3)
        self.assertIn("$ 115.00", self._get_text(shown[0]))

    def test_what_was_used_so_far_has_a_chart_and_its_cost(self):
        meter = self._create_meter(unit_name="calls")
        metered = self._create_metered(meter)
        today = fields.Date.to_string(self.company._get_subscription_today())
        self._record(metered, meter, {"quantity": 3, "time": f"{today} 00:00:00"})
        self.authenticate("ada", "ada")
        page = self._get_page(metered.access_url)
        section = page.xpath("//section[@aria-labelledby='usage_title']")[0]
        self.assertIn("$ 300.00", self._get_text(section))
        heights = {
            float(bar.get("height"))
            for bar in section.xpath(".//*[local-name()='rect']")
        }
        self.assertEqual(max(heights), 100)

    def test_included_services_show_what_is_left(self):
        service = self.env["product.product"].create(
            {"name": "Visit", "type": "service"}
        )
        plan = self._create_plan(name="Care")
        self._include_service(plan, service, quantity=4)
        cared = self._create_subscription(plan_id=plan.id)
        self._use_service(cared.entitlement_ids)
        self.authenticate("ada", "ada")
        page = self._get_page(cared.access_url)
        section = page.xpath("//section[@aria-labelledby='services_title']")[0]
        self.assertIn("3 left of 4", self._get_text(section))

    def test_what_has_ended_shows_no_services_that_are_left(self):
        plan = self._create_plan(name="Care")
        self._include_service(plan, quantity=4)
        ended = self._create_subscription(plan_id=plan.id)
        ended._close()
        self.authenticate("ada", "ada")
        page = self._get_page(ended.access_url)
        self.assertFalse(page.xpath("//section[@aria-labelledby='services_title']"))
        self.assertIn("What it included", self._get_text(page))

    def test_a_document_of_the_plan_is_downloaded(self):
        document = self.env["ir.attachment"].create(
            {"name": "terms.txt", "raw": b"Be kind.", "mimetype": "text/plain"}
        )
        self.plan.portal_document_ids = [Command.set(document.ids)]
        self.authenticate("ada", "ada")
        page = self._get_page(self.subscription.access_url)
        link = page.xpath("//section[@aria-labelledby='documents_title']//a/@href")[0]
        answer = self.url_open(link)
        self.assertEqual(answer.content, b"Be kind.")
        self.assertIn("attachment", answer.headers["Content-Disposition"])

    def test_a_document_of_somebody_else_is_not(self):
        document = self.env["ir.attachment"].create(
            {"name": "secret.txt", "raw": b"Not yours."}
        )
        self.authenticate("ada", "ada")
        url = f"{self.subscription.access_url}/documents/{document.id}"
        self.assertEqual(self.url_open(url).status_code, 404)

    def test_nobody_keeps_a_page(self):
        self.authenticate("ada", "ada")
        for url in ("/my/subscriptions", self.subscription.access_url):
            headers = self.url_open(url).headers
            self.assertIn("no-store", headers["Cache-Control"])
            self.assertEqual(headers["Referrer-Policy"], "same-origin")

    def test_a_list_without_anything_says_so(self):
        new_test_user(self.env, "new", "base.group_portal", password="new")
        self.authenticate("new", "new")
        page = self._get_page("/my/subscriptions")
        self.assertIn("You have no subscriptions yet", self._get_text(page))

    def test_a_wrong_order_or_filter_is_no_error(self):
        self.authenticate("ada", "ada")
        url = "/my/subscriptions?sortby=id;drop&filterby=x&search_in=y&search=%25"
        self.assertEqual(self.url_open(url).status_code, 200)
        answer = self.url_open("/my/subscriptions/page/99")
        self.assertEqual(answer.status_code, 200)

    def test_a_subscription_that_cannot_be_forecast_still_has_its_page(self):
        self.subscription.line_ids.product_id.property_account_income_id = False
        self.authenticate("ada", "ada")
        self.assertEqual(self.url_open(self.subscription.access_url).status_code, 200)


@tagged("standard", "post_install", "-at_install")
class TestPortalOwners(PortalCase):
    """Who sees a subscription, with and without its link."""

    def _sees(self, url):
        """Return whether the visitor sees the subscription at an address."""
        answer = self.url_open(url)
        page = html.fromstring(answer.text)
        return bool(page.xpath("//h1[contains(., 'Monthly')]"))

    def test_a_colleague_sees_it(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.partner.parent_id = firm
        colleague = new_test_user(self.env, "bob", "base.group_portal", password="bob")
        colleague.partner_id.parent_id = firm
        self.authenticate("bob", "bob")
        self.assertTrue(self._sees(self.subscription.access_url))

    def test_another_customer_does_not(self):
        new_test_user(self.env, "eve", "base.group_portal", password="eve")
        self.authenticate("eve", "eve")
        self.assertFalse(self._sees(self.subscription.access_url))

    def test_nobody_else_does_without_the_link(self):
        self.authenticate(None, None)
        url = self.subscription.access_url
        for token in ("", "wrong", "None", "False"):
            self.assertFalse(self._sees(f"{url}?access_token={token}"))

    def test_the_link_shows_it_without_a_login(self):
        self.authenticate(None, None)
        self.assertTrue(self._sees(self.subscription.get_portal_url()))

    def test_the_link_of_another_one_does_not_show_it(self):
        other = self._create_subscription()
        token = other._portal_ensure_token()
        self.authenticate(None, None)
        url = f"{self.subscription.access_url}?access_token={token}"
        self.assertFalse(self._sees(url))

    def test_a_draft_is_shown_to_nobody(self):
        draft = self._create_subscription(state="draft")
        self.authenticate("ada", "ada")
        self.assertFalse(self._sees(draft.get_portal_url()))

    def test_a_number_that_cannot_be_one_is_no_error(self):
        self.authenticate("ada", "ada")
        for number in (0, 2**31, 10**30):
            answer = self.url_open(f"/my/subscriptions/{number}")
            self.assertEqual(answer.status_code, 200)

    def test_the_query_count_of_the_list_does_not_grow(self):
        counts = []
        self.authenticate("ada", "ada")
        self._get_page("/my/subscriptions")
        for number in (2, 18):
            for _each in range(number):
                self._create_subscription()
            counts.append(self._count_queries("/my/subscriptions"))
        self.assertEqual(*counts)
