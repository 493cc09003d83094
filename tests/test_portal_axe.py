"""No page of the portal has a barrier that axe knows of, at any width."""

from odoo import Command, fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import tagged

from workshop import node

#: runs on the page; what core's own header and footer have is not ours to mend, nor are
#: the logos in its payment form, whose names stand beside them as well
LOOK = """
const look = () => axe.run(
    {include: [["#wrap"]], exclude: [["#o_payment_form img"]]},
    {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
).then((found) => {
    const barriers = found.violations.map((violation) => [
        violation.id,
        violation.help,
        violation.nodes.map((node) => node.html),
    ]);
    if (barriers.length) {
        console.error(JSON.stringify(barriers, null, 1));
    } else {
        console.log("test successful");
    }
});
"""
#: refuses a page that reads from left to right, or is wider than the screen
MIRRORED = """
const {direction} = getComputedStyle(document.querySelector("#wrap"));
const {scrollWidth, clientWidth} = document.documentElement;
if (direction !== "rtl" || scrollWidth > clientWidth) {
    console.error(`${direction}: ${scrollWidth} px on ${clientWidth} px`);
} else {
    console.log("test successful");
}
"""
#: puts the page that follows the first form in place of this one
GO_ON = """
const fillIn = (data) => {
    for (const [name, value] of data.entries()) {
        if (name.startsWith("quantity_")) {
            data.set(name, Number(value) + 1);
        }
    }
    return data;
};
const goOn = (form) => fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(fillIn(new FormData(form))),
}).then((answer) => answer.text()).then((text) => {
    document.documentElement.innerHTML = text;
});
"""
PATIENCE = 120


class AxeCase(PortalCase):
    """A customer with something of everything that a page can show."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.axe = node.axe()
        service = cls.env["product.product"].create(
            {"name": "Visit", "type": "service"}
        )
        plan = cls._create_plan(name="Care")
        document = cls.env["ir.attachment"].create({"name": "terms.txt", "raw": b"-"})
        plan.portal_document_ids = [Command.set(document.ids)]
        cls._include_service(plan, service, quantity=4)
        meter = cls._create_meter(unit_name="calls")
        cls.full = cls._create_subscription([{"meter_id": meter.id}], plan_id=plan.id)
        cls._record(cls.full, meter, {"quantity": 3})
        cls.env["subscription.renewal"]._bill_now(cls.subscription)
        cls._let_change(plan)
        cls._fill_preferences()
        cls.plan.is_portal_pause = True
        cls.paused, cls.ended = (
            cls._create_subscription(collection_method="invoice") for _each in range(2)
        )
        cls.env["subscription.change"].create(
            {"subscription_id": cls.paused.id, "kind": "pause"}
        ).action_confirm()
        cls.ended._close()
        cls.env["subscription.retention.offer"].create(
            {"name": "Have a rest", "kind": "pause", "held_out": 0}
        )
        cls.request = cls.env["subscription.cancellation.request"].create(
            {
                "kind": "ordinary",
                "customer_name": "Ada",
                "contract_number": cls.subscription.name,
                "email": "ada@example.com",
                "state": "received",
                "company_id": cls.company.id,
                "subscription_id": cls.subscription.id,
                "partner_id": cls.partner.id,
            }
        )

        cls.company.is_subscription_signup = True
        cls.plan.signup_product_ids = cls.product
        cls.plan.terms = "<p>Be kind.</p>"
        cls.signup_url = (
            f"/subscriptions/signup?plan={cls.plan.id}&product={cls.product.id}"
        )

    @classmethod
    def _let_change(cls, other):
        """Leave the customer everything to choose, with something planned already.

        :param other: the plan to change to
        """
        first, second = cls.env["product.product"].create(
            [{"name": name, "type": "service"} for name in ("Backup", "Archive")]
        )
        cls.plan.write(
            {
                "portal_plan_ids": [Command.set(other.ids)],
                "portal_product_ids": [Command.set((first | second | cls.product).ids)],
                "is_portal_quantity": True,
                "is_portal_billing_day": True,
            }
        )
        cls.env["subscription.coupon"].create(
            {"name": "Spring", "code": "SPRING", "percentage": 10}
        )
        cls.env["subscription.change"].create(
            {
                "subscription_id": cls.subscription.id,
                "is_portal": True,
                "timing": "period_end",
                "line_ids": [Command.create({"product_id": first.id})],
            }
        ).action_confirm()

    @classmethod
    def _fill_preferences(cls):
        """Leave the customer something of everything to choose and to read."""
        cls.partner._add_invoice_contact("Books", "books@example.com")
        cls.env["res.partner"].create(
            {"name": "Office", "type": "invoice", "parent_id": cls.partner.id}
        )
        rule = cls.env.ref("subscription_billing.notice_rule_receipt")
        rule.active = True
        cls.env["subscription.consent"]._record(
            "order", cls.subscription, partner=cls.partner, text="I order."
        )

    def _look(self, url):
        """Fail when axe finds a barrier on a page."""
        code = f"{self.axe}{LOOK}look();"
        self.browser_js(url, code, login="ada", timeout=PATIENCE)

    def _look_behind(self, url, before=""):
        """Fail when axe finds a barrier on the page that follows a form.

        :param str before: code that fills it in
        """
        form = "document.querySelector('#wrap form')"
        code = f"{self.axe}{LOOK}{GO_ON}{before}goOn({form}).then(look);"
        self.browser_js(url, code, login="ada", timeout=PATIENCE)

    def _look_behind_resume(self):
        """Look at what going on means. Its form is on a page with messages, which are
        still loading when the page is replaced: send another form there."""
        url = f"{self.paused.access_url}/resume"
        before = f"document.querySelector('#wrap form').action = '{url}';"
        self._look_behind(f"{self.subscription.access_url}/pause", before=before)

    def _look_behind_pause(self):
        """Look at what a pause means, which asks for a day first."""
        today = self.company._get_subscription_today()
        day = fields.Date.add(today, days=20).isoformat()
        self._look_behind(
            f"{self.subscription.access_url}/pause",
            before=f"document.querySelector('#pause_resume').value = '{day}';",
        )

    def _look_everywhere(self):
        for url in (
            "/my/subscriptions",
            "/my/subscriptions?search=nothing",
            "/my/subscriptions/preferences",
            "/my/subscriptions/methods",
            "/my/subscriptions/pay",
            f"{self.subscription.access_url}/pay",
            f"{self.subscription.access_url}/automatic",
            self.subscription.access_url,
            self.full.access_url,
            f"{self.subscription.access_url}/cancel",
            "/subscriptions/cancel",
            "/subscriptions/withdraw",
            self.request._get_link("sent"),
            self.request._get_link("confirm"),
            f"{self.subscription.access_url}/pause",
            self.paused.access_url,
            f"{self.ended.access_url}/reactivate",
            "/subscriptions/plans",
            self.signup_url,
            f"{self.subscription.access_url}/change",
            f"{self.subscription.access_url}/coupon",
        ):
            with self.subTest(url=url):
                self._look(url)
        for url in (
            f"{self.subscription.access_url}/cancel",
            f"{self.subscription.access_url}/change",
            f"{self.subscription.access_url}/coupon",
            self.signup_url,
            "/subscriptions/cancel",
        ):
            with self.subTest(behind=url):
                self._look_behind(url)
        with self.subTest(behind="pause"):
            self._look_behind_pause()
        with self.subTest(behind="resume"):
            self._look_behind_resume()


class RightToLeftCase(AxeCase):
    """The customer reads Arabic."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        node.ensure_rtlcss()
        cls.env["res.lang"]._activate_lang("ar_001")
        cls.partner.lang = "ar_001"

    def _look(self, url):
        self.browser_js(url, MIRRORED, login="ada", timeout=PATIENCE)
        super()._look(url)


@tagged("standard", "post_install", "-at_install")
class TestRightToLeft(RightToLeftCase):
    browser_size = "1280x900"

    def test_every_page_is_mirrored(self):
        self._look_everywhere()


@tagged("standard", "post_install", "-at_install")
class TestRightToLeftOnPhones(RightToLeftCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_every_page_is_mirrored_on_a_phone(self):
        self._look_everywhere()


@tagged("standard", "post_install", "-at_install")
class TestAxe(AxeCase):
    browser_size = "1280x900"

    def test_no_page_has_a_barrier(self):
        self._look_everywhere()


@tagged("standard", "post_install", "-at_install")
class TestAxeOnPhones(AxeCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_no_page_has_a_barrier_on_a_phone(self):
        self._look_everywhere()
