"""The saved payment methods of a customer: shown, ordered, used and removed."""

from datetime import date, timedelta

from lxml import html
from odoo.tests import mute_logger, new_test_user, tagged

from .portal_pay_case import PortalPayCase

METHODS = "/my/subscriptions/methods"


class PortalMethodsCase(PortalPayCase):
    def setUp(self):
        super().setUp()
        self.subscription.collection_method = "automatic"
        self.second = self._create_token(payment_details="1111")
        self.first = self._create_token(payment_details="2222")
        self.env.flush_all()
        self.authenticate("ada", "ada")

    def _post(self, token, action, **data):
        """Press a button of the page; return the answer."""
        self.env.flush_all()
        page = self._get_page(METHODS)
        secret = page.xpath("//input[@name='csrf_token']/@value")[0]
        answer = self.url_open(
            f"{METHODS}/{getattr(token, 'id', token)}/{action}",
            data={"csrf_token": secret, **data},
        )
        self.env.invalidate_all()
        return answer

    def _get_alert(self, answer):
        """Return what a page refuses, in words."""
        page = html.fromstring(answer.text)
        return " ".join(map(self._get_text, page.xpath("//*[@role='alert']")))

    def _get_card(self, token):
        """Return what the page says of a method."""
        self.env.flush_all()
        page = self._get_page(METHODS)
        return page.xpath(f"//li[@id='method_{token.id}']")[0]

    def _get_order(self):
        """Return the methods as the page lists them."""
        cards = self._get_page(METHODS).xpath("//li[starts-with(@id, 'method_')]")
        return [int(card.get("id").removeprefix("method_")) for card in cards]


@tagged("standard", "post_install", "-at_install")
class TestPortalMethods(PortalMethodsCase):
    # === SHOWN === #

    def test_each_method_says_what_it_is_and_pays(self):
        self.first.write(
            {
                "brand": "Visa",
                "last_digits": "4242",
                "date_expiry": date.today() + timedelta(days=400),
            }
        )
        text = self._get_text(self._get_card(self.first))
        for part in ("Visa", "4242", "Default", self.subscription.name):
            self.assertIn(part, text)
        self.assertIn(self.first.expiry_label, text)
        text = self._get_text(self._get_card(self.second))
        self.assertIn("Backup 1", text)
        self.assertIn("Pays nothing unless", text)

    def test_a_method_that_expires_or_was_refused_warns(self):
        self.first.date_expiry = date.today() + timedelta(days=5)
        self.assertIn("expires soon", self._get_text(self._get_card(self.first)))
        self.first.date_expiry = date.today() - timedelta(days=5)
        self.assertIn("has expired", self._get_text(self._get_card(self.first)))
        self.second._refuse("Stolen card, suspected fraud.")
        text = self._get_text(self._get_card(self.second))
        self.assertIn("Your bank does not accept", text)
        answer = self.url_open(METHODS)
        for word in ("tolen", "raud"):
            self.assertNotIn(word, answer.text)
        self.assertIn("no-store", answer.headers["Cache-Control"])

    def test_the_methods_of_the_company_are_theirs_and_others_are_not(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.partner.parent_id = firm
        colleague = self.env["res.partner"].create({"name": "C", "parent_id": firm.id})
        shared = self._create_token(colleague)
        stranger = self._create_token(self.env["res.partner"].create({"name": "B"}))
        order = self._get_order()
        self.assertIn(shared.id, order)
        self.assertNotIn(stranger.id, order)

    def test_what_is_late_can_be_paid_from_there(self):
        self.assertFalse(self._get_page(METHODS).xpath("//a[@name='pay_late']"))
        invoice = self._bill(collection_method="invoice")
        link = self._get_page(METHODS).xpath("//a[@name='pay_late']/@href")
        self.assertEqual(link, [f"/my/subscriptions/pay?invoice={invoice.id}"])

    def test_cores_page_leads_there(self):
        page = self._get_page("/my/payment_method")
        self.assertTrue(page.xpath(f"//a[@href='{METHODS}']"))

    def test_the_page_of_a_subscription_leads_there(self):
        page = self._get_page(self.subscription.access_url)
        self.assertTrue(page.xpath(f"//a[@href='{METHODS}']"))

    def test_without_a_login_there_is_no_page(self):
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(METHODS).url)

    def test_who_has_nothing_can_save_a_method(self):
        new_test_user(self.env, "new", "base.group_portal", password="new")
        self.authenticate("new", "new")
        page = self._get_page(METHODS)
        self.assertIn("No payment method is saved yet", self._get_text(page))
        self.assertTrue(page.xpath("//form[@id='o_payment_form']"))

    def test_a_method_is_added_and_becomes_the_default(self):
        form = self._open_form(METHODS)
        payment = self._find_payment(
            self._start(
                form,
                amount=None,
                currency_id=None,
                partner_id=self.partner.id,
                is_validation=True,
                tokenization_requested=True,
                reference_prefix=form.get("data-reference-prefix"),
            )
        )
        self._simulate(payment)
        self._come_back()
        page = self._get_page(payment.landing_route)
        self.assertIn("was saved", self._get_text(page))
        self.assertEqual(self._get_order()[0], payment.token_id.id)

    # === ORDERED === #

    def test_another_one_becomes_the_default(self):
        self.assertEqual(self._get_order(), [self.first.id, self.second.id])
        answer = self._post(self.second, "move", direction="first")
        self.assertIn("The order was changed", answer.text)
        self.assertEqual(self._get_order(), [self.second.id, self.first.id])
        methods = self.subscription._get_payment_methods()
        self.assertEqual(methods.ids, [self.second.id, self.first.id])

    def test_methods_move_up_and_down_and_stop_at_the_ends(self):
        third = self._create_token()
        ids = [third.id, self.first.id, self.second.id]
        self.assertEqual(self._get_order(), ids)
        for token, direction, expected in (
            (self.first, "down", [third.id, self.second.id, self.first.id]),
            (self.first, "down", [third.id, self.second.id, self.first.id]),
            (self.second, "up", [self.second.id, third.id, self.first.id]),
            (self.second, "up", [self.second.id, third.id, self.first.id]),
        ):
            self._post(token, "move", direction=direction)
            self.assertEqual(self._get_order(), expected)

    def test_a_direction_that_is_none_is_not_found(self):
        answer = self._post(self.first, "move", direction="sideways")
        self.assertEqual(answer.status_code, 404)

    # === USED === #

    def test_a_subscription_is_paid_with_a_chosen_method(self):
        number = self.subscription.id
        answer = self._post(self.second, "use", subscription_id=number)
        self.assertIn("is paid with it", answer.text)
        self.assertEqual(self.subscription.payment_token_id, self.second)
        self.assertEqual(self.subscription.change_ids.state, "applied")
        text = self._get_text(self._get_card(self.second))
        self.assertIn(f"Pays {self.subscription.name}", text)

    def test_a_subscription_that_was_invoiced_agrees_to_be_charged(self):
        self.subscription.collection_method = "invoice"
        self._post(self.second, "use", subscription_id=self.subscription.id)
        self.assertEqual(self.subscription.collection_method, "automatic")
        notes = self.subscription.message_ids.mapped("body")
        self.assertTrue(any("until another method is chosen" in n for n in notes))

    def test_an_expired_method_is_used_for_nothing(self):
        self.second.date_expiry = date.today() - timedelta(days=5)
        self.assertFalse(self._get_card(self.second).xpath(".//select"))
        number = self.subscription.id
        answer = self._post(self.second, "use", subscription_id=number)
        self.assertEqual(answer.status_code, 400)
        self.assertIn("cannot pay for this", self._get_alert(answer))
        self.assertFalse(self.subscription.payment_token_id)

    def test_a_subscription_of_somebody_else_is_as_if_it_did_not_exist(self):
        other = self._create_subscription(
            partner_id=self.env["res.partner"].create({"name": "B"}).id
        )
        alerts = set()
        for number in (other.id, 2**31 - 2, 10**30, "x", ""):
            answer = self._post(self.first, "use", subscription_id=number)
            self.assertEqual(answer.status_code, 404)
            alerts.add(self._get_alert(answer))
        self.assertEqual(len(alerts), 1)
        self.assertFalse(other.payment_token_id)

    # === REMOVED === #

    def test_a_method_that_is_not_needed_is_removed(self):
        answer = self._post(self.first, "remove")
        self.assertIn("was removed", answer.text)
        self.assertFalse(self.first.active)
        self.assertEqual(self.subscription._get_payment_methods(), self.second)

    def test_the_last_one_of_an_automatic_subscription_stays(self):
        self.first.active = False
        answer = self._post(self.second, "remove")
        self.assertEqual(answer.status_code, 400)
        alert = self._get_alert(answer)
        self.assertIn(self.subscription.name, alert)
        self.assertIn("Add another one first", alert)
        self.assertTrue(self.second.active)

    def test_an_expired_one_does_not_take_the_place_of_the_last(self):
        self.first.date_expiry = date.today() - timedelta(days=5)
        self.assertEqual(self._post(self.second, "remove").status_code, 400)
        self.assertEqual(self._post(self.first, "remove").status_code, 200)
        self.assertFalse(self.first.active)

    def test_the_last_one_goes_where_invoices_are_paid_by_hand(self):
        self.first.active = False
        self.subscription.collection_method = "invoice"
        self.assertEqual(self._post(self.second, "remove").status_code, 200)
        self.assertFalse(self.second.active)

    def test_cores_page_keeps_the_last_one_as_well(self):
        self._ask("/payment/archive_token", token_id=self.first.id)
        self.assertFalse(self.first.active)
        answer = self._ask("/payment/archive_token", token_id=self.second.id)
        self.assertIn("Add another one first", self._get_refusal(answer))
        self.assertTrue(self.second.active)


@tagged("standard", "post_install", "-at_install")
class TestPortalMethodOwners(PortalMethodsCase):
    """What is not theirs, or not sent by the page."""

    def test_methods_of_others_are_as_if_they_did_not_exist(self):
        other = self._create_token(self.env["res.partner"].create({"name": "B"}))
        before = other.read(["sequence", "active"])
        for action, data in (
            ("move", {"direction": "first"}),
            ("use", {"subscription_id": self.subscription.id}),
            ("remove", {}),
        ):
            alerts = set()
            for number in (other.id, 2**31 - 2, 10**30, 0):
                answer = self._post(number, action, **data)
                self.assertEqual(answer.status_code, 404)
                alerts.add(self._get_alert(answer))
            self.assertEqual(len(alerts), 1)
        self._ask("/payment/archive_token", token_id=other.id)
        self.assertEqual(other.read(["sequence", "active"]), before)
        self.assertFalse(self.subscription.payment_token_id)

    def test_what_another_site_sends_is_refused(self):
        for action, data in (
            ("move", {"direction": "first"}),
            ("use", {"subscription_id": self.subscription.id}),
            ("remove", {}),
        ):
            with mute_logger("odoo.http"):
                answer = self.url_open(
                    f"{METHODS}/{self.second.id}/{action}",
                    data={"csrf_token": "", **data},
                )
            self.assertEqual(answer.status_code, 400)
        self.env.invalidate_all()
        self.assertTrue(self.second.active)
        self.assertEqual(self._get_order(), [self.first.id, self.second.id])

    def test_a_link_alone_does_nothing(self):
        answer = self.url_open(f"{METHODS}/{self.first.id}/remove")
        self.assertTrue(answer.url.endswith(METHODS), answer.url)
        self.assertIn(self.first.id, self._get_order())
        self.assertTrue(self.first.active)
