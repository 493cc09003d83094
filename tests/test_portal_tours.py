"""What customers do in the portal, in a real browser."""

from odoo import Command
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import tagged


class PortalTours:
    """The tours, at the width of the class."""

    def _let_change(self, **vals):
        """Leave the customer another plan, a product, and how many."""
        large = self._create_plan(name="Large")
        self.env["subscription.price"].create(
            {
                "plan_id": large.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "price_unit": 300,
            }
        )
        backup = self.env["product.product"].create(
            {"name": "Backup", "type": "service", "list_price": 20}
        )
        self.plan.write(
            {
                "portal_plan_ids": [Command.set(large.ids)],
                "portal_product_ids": [Command.set(backup.ids)],
                "is_portal_quantity": True,
                **vals,
            }
        )
        self.env["subscription.renewal"]._bill_now(self.subscription)

    def test_a_customer_changes_to_another_plan(self):
        self._let_change(proration="invoice_now")
        url = self.subscription.access_url
        self.start_tour(url, "subscription_portal_change_plan", login="ada")
        self.assertEqual(self.subscription.plan_id.name, "Large")

    def test_a_customer_takes_more_and_adds_a_product(self):
        self._let_change()
        url = self.subscription.access_url
        self.start_tour(url, "subscription_portal_change_lines", login="ada")
        lines = self.subscription._get_running_lines().sorted("quantity")
        self.assertEqual(lines.mapped("quantity"), [1, 3])

    def test_a_customer_takes_a_planned_change_back(self):
        self._let_change(proration="period_end")
        url = self.subscription.access_url
        self.start_tour(url, "subscription_portal_change_back", login="ada")
        changes = self.subscription.change_ids
        self.assertEqual(changes.mapped("state"), ["cancelled"])

    def test_a_customer_redeems_a_code(self):
        self.env["subscription.coupon"].create(
            {"name": "Spring", "code": "SPRING", "percentage": 10}
        )
        url = self.subscription.access_url
        self.start_tour(url, "subscription_portal_coupon", login="ada")
        self.assertEqual(self.subscription.discount_ids.name, "SPRING")

    def test_a_customer_cancels_and_undoes_it(self):
        self.start_tour("/my/home", "subscription_portal_cancel", login="ada")
        self.assertFalse(self.subscription.date_end)

    def test_a_customer_with_thirty_subscriptions_finds_the_first(self):
        for _each in range(29):
            self._create_subscription()
        self.start_tour("/my/home", "subscription_portal_cancel", login="ada")

    def test_a_customer_takes_an_offer_and_stays(self):
        self.env["subscription.retention.offer"].create(
            {"name": "Have a rest", "kind": "pause", "held_out": 0}
        )
        url = self.subscription.access_url
        self.start_tour(url, "subscription_portal_stay", login="ada")
        self.assertEqual(self.subscription.state, "paused")

    def test_a_customer_pauses_and_resumes(self):
        self.plan.is_portal_pause = True
        self.subscription.collection_method = "invoice"
        self.env["subscription.renewal"]._bill_now(self.subscription)
        url = self.subscription.access_url
        self.start_tour(url, "subscription_portal_pause", login="ada")
        self.assertEqual(self.subscription.state, "active")
        kinds = self.subscription.change_ids.mapped("kind")
        self.assertIn("pause", kinds)
        self.assertIn("resume", kinds)

    def test_a_customer_says_who_gets_invoices_and_what_they_want(self):
        rule = self.env.ref("subscription_billing.notice_rule_receipt")
        rule.active = True
        self.start_tour("/my/home", "subscription_portal_preferences", login="ada")
        self.assertTrue(self.partner.is_receipt_off)
        contacts = self.env["res.partner"].with_context(active_test=False)
        contact = contacts.search([("parent_id", "=", self.partner.id)])
        self.assertRecordValues(
            contact, [{"email": "books@example.com", "active": False}]
        )

    def test_a_customer_comes_back(self):
        self.subscription.collection_method = "invoice"
        self.subscription._close()
        url = self.subscription.access_url
        self.start_tour(url, "subscription_portal_reactivate", login="ada")
        self.assertEqual(self.subscription.state, "active")

    def test_a_visitor_signs_up(self):
        self.company.is_subscription_signup = True
        self.plan.write(
            {
                "collection_method": "invoice",
                "signup_product_ids": [Command.set(self.product.ids)],
            }
        )
        url = f"/subscriptions/plans?plan={self.plan.id}"
        self.start_tour(url, "subscription_portal_signup")
        signup = self.env["subscription.signup"].search([])
        self.assertEqual(signup.partner_id.name, "Grace Hopper")
        self.assertEqual(signup.subscription_id.state, "active")

    def test_who_has_the_link_cancels_without_a_login(self):
        url = self.subscription.get_portal_url()
        self.start_tour(url, "subscription_portal_cancel_by_link")
        closes = self.subscription.change_ids.filtered(lambda c: c.kind == "close")
        self.assertEqual(closes.mapped("state"), ["cancelled"])
        self.assertEqual(closes.note, "We are moving abroad.")

    def test_a_double_click_and_an_old_page_do_nothing_twice(self):
        url = f"{self.subscription.access_url}/cancel"
        self.start_tour(url, "subscription_portal_twice", login="ada")
        closes = self.subscription.change_ids.filtered(lambda c: c.state != "draft")
        self.assertEqual(closes.mapped("state"), ["scheduled"])

    def test_who_was_away_for_long_logs_in_and_goes_on(self):
        self.plan.is_portal_pause = True
        url = f"{self.subscription.access_url}/pause"
        self.start_tour(url, "subscription_portal_expired", login="ada")
        self.assertFalse(self.subscription.change_ids)

    def test_who_was_away_for_long_opens_the_link_again(self):
        self.subscription._portal_ensure_token()
        token = self.subscription.access_token
        url = f"{self.subscription.access_url}/cancel?access_token={token}"
        self.start_tour(url, "subscription_portal_expired_by_link")
        self.assertFalse(self.subscription.change_ids)

    def test_who_has_no_login_cancels_on_the_public_page(self):
        self.partner.email = "ada@example.com"
        self.subscription.name = "SUB-TOUR"
        self.start_tour("/web/login", "subscription_portal_cancel_request")
        requests = self.env["subscription.cancellation.request"]
        request = requests.search([("subscription_id", "=", self.subscription.id)])
        self.assertEqual(request.state, "received")
        requests._cron_answer()
        link = request._get_link("confirm")
        self.start_tour(link, "subscription_portal_confirm_request")
        self.assertEqual(request.state, "done")
        self.assertTrue(self.subscription.date_end)


@tagged("standard", "post_install", "-at_install")
class TestPortalTours(PortalTours, PortalCase):
    browser_size = "1280x900"


@tagged("standard", "post_install", "-at_install")
class TestPortalToursOnPhones(PortalTours, PortalCase):
    browser_size = "390x844"
    touch_enabled = True
