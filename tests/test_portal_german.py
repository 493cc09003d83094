"""A German-speaking customer reads German only: on each page of the portal, in each of
its refusals, and in each e-mail from it."""

import re

from odoo import fields
from odoo.tests import tagged
from odoo.tools import html2plaintext

from .portal_pay_case import PortalPayCase
from .test_portal_axe import AxeCase

ADDON = "subscription_portal"
#: what the texts on the pages come from
MODULES = (
    "account",
    "base",
    "payment",
    "payment_demo",
    "portal",
    "product",
    "subscription_billing",
    "subscription_billing_dunning",
    ADDON,
    "web",
)
#: words that a German text does not have
ENGLISH = re.compile(
    r"\b(the|your|you|is|are|we|and|to|please|invoice|payment|of|from|with|for|on|it|"
    r"until|not|this|there|that|by|no|can|days?|months?|subscription|successful)\b",
    re.IGNORECASE,
)
#: what is the same in every language: addresses, and core's names of a language, of
#: time zones and of a country
NAMES = re.compile(
    r"https?://\S+|\S+@\S+|^English \(US\)$|^\w+(/[\w-]+)+$|^Isle of Man$", re.MULTILINE
)
#: what a page says without showing it
ATTRIBUTES = ("aria-label", "alt", "placeholder", "title")

ONE = "/my/subscriptions/{subscription}"
PREFERENCES = "/my/subscriptions/preferences"
ORDER = {"plan": "{plan}", "product": "{product}", "quantity": "1"}
#: what is refused: the page, where its form goes, and what is sent
REFUSED = (
    (f"{ONE}/cancel", f"{ONE}/cancel", {"reason_id": "x"}),
    (f"{ONE}/change", f"{ONE}/change", {}),
    (f"{ONE}/change", f"{ONE}/change", {"plan_id": "x"}),
    (f"{ONE}/change", f"{ONE}/change", {"add_1": "1"}),
    (f"{ONE}/change", f"{ONE}/change", {"quantity_{line}": "x"}),
    (f"{ONE}/change", f"{ONE}/change", {"remove_{line}": "1"}),
    (f"{ONE}/change", f"{ONE}/change", {"billing_day": "99"}),
    (f"{ONE}/coupon", f"{ONE}/coupon", {"code": ""}),
    (f"{ONE}/coupon", f"{ONE}/coupon", {"code": "NOPE"}),
    (f"{ONE}/pause", f"{ONE}/pause", {}),
    (f"{ONE}/pause", f"{ONE}/pause", {"date_start": "2000-01-01"}),
    (f"{ONE}/pause", f"{ONE}/pause", {"date_start": "{today}"}),
    (PREFERENCES, f"{PREFERENCES}/save", {"lang": "x"}),
    (PREFERENCES, f"{PREFERENCES}/save", {"lang": "de_DE", "tz": "x"}),
    (PREFERENCES, f"{PREFERENCES}/invoices", {"invoicing": "x"}),
    (PREFERENCES, f"{PREFERENCES}/address", {"address_id": "x"}),
    (PREFERENCES, f"{PREFERENCES}/contacts/add", {"contact_email": "a@b.example"}),
    (PREFERENCES, f"{PREFERENCES}/contacts/add", {"contact_name": "Bo"}),
    ("/subscriptions/cancel", "/subscriptions/cancel", {}),
    (
        "/subscriptions/cancel",
        "/subscriptions/cancel",
        {"kind": "extraordinary", "date_wished": "x", "customer_name": "x" * 999},
    ),
    (
        "/subscriptions/cancel",
        "/subscriptions/cancel",
        {"kind": "ordinary", "date_wished": "2000-01-01"},
    ),
    ("{signup}", "/subscriptions/signup", {**ORDER, "quantity": "0"}),
    ("{signup}", "/subscriptions/signup", {**ORDER, "coupon": "NOPE"}),
)
#: what a link is enough for, of what there is of a subscription
BY_LINK = ("/pay", "/automatic", "/cancel")
#: what each template writes about
MAILS = {
    "cancelled": ("cancelled", "ended"),
    "signup": ("subscription", "tried"),
    "cancellation_request": ("request", "important", "withdrawn", "carried_out"),
    "invitation_payment": ("invitation",),
    "invitation_account": ("invitation",),
}


class GermanCase(AxeCase, PortalPayCase):
    """The customer with something of everything, who reads German."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")
        cls.env["ir.module.module"].search(
            [("name", "in", MODULES)]
        )._update_translations(["de_DE"])
        family = cls.env["res.partner"].search([("id", "child_of", cls.partner.ids)])
        family.lang = "de_DE"
        cls.partner.write(
            {
                "name": "Erika Muster",
                "email": "erika@muster.example",
                "country_id": cls.env.ref("base.de").id,
            }
        )
        cls.company.write({"name": "Muster GmbH", "email": "hallo@muster.example"})
        cls.plan.terms = "<p>Seien Sie nett.</p>"

    def setUp(self):
        super().setUp()
        self.authenticate("ada", "ada")

    # === READING === #

    def _get_wrap_text(self, page):
        """Return what a person reads or hears of a page, each piece on its line."""
        [wrap] = page.xpath("//div[@id='wrap']")
        shown = wrap.xpath(".//text()[not(ancestor::script or ancestor::style)]")
        said = [each for name in ATTRIBUTES for each in wrap.xpath(f".//@{name}")]
        texts = (" ".join(text.split()) for text in (*shown, *said))
        return "\n".join(text for text in texts if text)

    def _assert_german(self, text):
        """Check that there is no English word."""
        found = ENGLISH.findall(NAMES.sub(" ", text))
        self.assertFalse(found, text)

    def _check_page(self, page):
        """Check that a page that was answered is German; return what it says."""
        self.assertIn(self.answer.status_code, (200, 400))
        text = self._get_wrap_text(page)
        self._assert_german(text)
        return text

    # === LOOKING === #

    def _look(self, url):
        self._check_page(self._read(self.url_open(url)))

    def _look_behind(self, url, before="", **typed):
        """Look at the page that follows the first form of a page.

        :param typed: what is entered, by the names of the fields
        """
        page = self._get_page(url)
        form = page.xpath("//div[@id='wrap']//form[@method='post']")[0]
        self._check_page(self._send_on(form, typed))

    def _look_behind_pause(self):
        """Look at what a pause means, which asks for a day first."""
        day = fields.Date.add(self._get_today(), days=20).isoformat()
        self._look_behind(f"{self.subscription.access_url}/pause", date_resume=day)

    def _look_behind_resume(self):
        """Look at what going on means."""
        self._look_behind(self.paused.access_url)

    def _send_on(self, form, typed):
        """Send a form with one more of each thing; return the page that follows."""
        data = dict(form.form_values())
        for choice in form.xpath(".//input[@type='radio'][@checked]"):
            data[choice.get("name")] = choice.get("value", "")
        for name, value in data.items():
            if name.startswith("quantity_"):
                data[name] = float(value) + 1
        return self._read(self.url_open(form.get("action"), data={**data, **typed}))

    def _get_today(self):
        return self.company._get_subscription_today()


@tagged("standard", "post_install", "-at_install")
class TestPortalGerman(GermanCase):
    # === PAGES === #

    def test_each_page_is_german(self):
        self._create_token(payment_details="1111")
        self._create_token(payment_details="2222")
        self._look_everywhere()

    def test_the_pages_of_an_order_are_german(self):
        self.authenticate(None, None)
        page = self._read(self.url_open(f"/de{self.signup_url}"))
        self._check_page(page)
        contact = {
            "name": "Grace",
            "email": "grace@example.com",
            "street": "Hauptstraße 1",
            "city": "Berlin",
            "country_id": self.env.ref("base.de").id,
        }
        for name in contact:
            [form] = page.xpath("//form[contains(@action, 'signup')]")
            self._check_page(self._send_on(form, {**contact, name: ""}))
        page = self._send_on(form, contact)
        self.assertIn("Zahlungspflichtig bestellen", self._check_page(page))
        [form] = page.xpath("//form[contains(@action, 'order')]")
        refused = self._send_on(form, {})
        self.assertIn("Setzen Sie das Häkchen", self._check_page(refused))
        done = self._send_on(form, {"is_agreed": "1"})
        self._check_page(done)
        mail = self.env["mail.mail"].search([], limit=1)
        self._assert_german(f"{mail.subject} {self._read_mail(mail.body_html)}")

    def test_who_comes_by_a_link_reads_german(self):
        self.authenticate(None, None)
        token = self.subscription._portal_ensure_token()
        url = self.subscription.access_url
        for page in (
            *(f"{url}{each}?access_token={token}" for each in ("", *BY_LINK)),
            self.request._get_link("confirm"),
        ):
            with self.subTest(page=page):
                self._look(page)

    def test_each_thing_that_was_done_is_told_in_german(self):
        pages = {
            self.subscription.access_url: ("cancelled", "undone", "changed_due"),
            "/my/subscriptions/methods": ("method_removed", "method_used"),
            PREFERENCES: ("saved", "notices", "invoicing", "erasure"),
        }
        for url, keys in pages.items():
            for key in keys:
                with self.subTest(url=url, key=key):
                    page = self._read(self.url_open(f"{url}?done={key}"))
                    self._check_page(page)
                    self.assertTrue(page.xpath("//*[@role='status']"))

    def test_each_refusal_is_german(self):
        known = {
            "subscription": self.subscription.id,
            "line": self.subscription.line_ids.id,
            "plan": self.plan.id,
            "product": self.product.id,
            "signup": self.signup_url,
            "today": self._get_today(),
        }
        for url, action, data in REFUSED:
            url, action = url.format(**known), action.format(**known)
            data = {
                name.format(**known): value.format(**known)
                for name, value in data.items()
            }
            with self.subTest(action=action, data=data):
                page = self._read(self._post_form(url, action, data))
                self._check_page(page)
                self.assertTrue(page.xpath("//*[@role='alert']"))

    # === E-MAILS === #

    def _read_mail(self, body):
        """Return what a person reads of an e-mail."""
        text = html2plaintext(body, include_references=False)
        return " ".join(text.split())

    def _collect(self):
        """Return what the e-mails are about, by the names in ``MAILS``."""
        trial = self._create_plan(name="Try", trial_days=14, terms=self.plan.terms)
        tried = self._create_subscription(plan_id=trial.id)
        cancelled = self._create_subscription(plan_id=self.plan.id)
        none = self.env["subscription.close.reason"]
        cancelled._create_portal_close(none, "").action_confirm()
        invitation = self.env["subscription.invitation"].create(
            {
                "kind": "payment",
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "subscription_id": self.subscription.id,
            }
        )
        day = self._get_today()
        return {
            "subscription": self.subscription,
            "ended": self.ended,
            "cancelled": cancelled,
            "tried": tried,
            "invitation": invitation,
            "request": self.request,
            "important": self._request(
                kind="extraordinary", reason="Umzug", date_wished=day
            ),
            "withdrawn": self._request(kind="withdrawal"),
            "carried_out": self._request(state="done", date_end=day),
        }

    def _request(self, **vals):
        """Return another declaration about the subscription."""
        known = {
            "partner_id": self.partner.id,
            "subscription_id": self.subscription.id,
            "state": "received",
        }
        return self.request.copy({**known, **vals})

    def test_each_e_mail_is_german(self):
        known = self._collect()
        for name, subjects in MAILS.items():
            template = self.env.ref(f"{ADDON}.mail_template_{name}")
            for key in subjects:
                with self.subTest(template=name, about=key):
                    record = known[key]
                    subject, body = (
                        template._render_field(field, record.ids, compute_lang=True)[
                            record.id
                        ]
                        for field in ("subject", "body_html")
                    )
                    text = self._read_mail(body)
                    self._assert_german(f"{subject} {text}")
                    self.assertIn("Guten Tag Erika Muster,", text)
                    self.assertIn("Mit freundlichen Grüßen Muster GmbH", text)

    def test_no_e_mail_is_forgotten(self):
        known = self.env["ir.model.data"].search(
            [("module", "=", ADDON), ("model", "=", "mail.template")]
        )
        names = {f"mail_template_{name}" for name in MAILS}
        self.assertEqual(set(known.mapped("name")), names)

    def test_a_refusal_is_german_whoever_writes_it(self):
        self.request.refusal = "Die Frist ist vorbei."
        self.request.with_context(lang="en_US").action_refuse()
        message = self.request.message_ids.filtered("subject")[:1]
        self.assertEqual(message.subject, f"Ihre Erklärung zu {self.subscription.name}")
