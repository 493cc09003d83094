"""Everybody who may come to a route of the portal, and what they are answered."""

import re
import threading
from unittest.mock import patch
from urllib.parse import urlsplit

from lxml import html
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.tests import new_test_user

#: what a visitor is answered: the page; the way to what is theirs; a login first; that
#: there is no such thing; a refusal
PAGE, LEAVE, LOGIN, MISSING, REFUSED = "page", "leave", "login", "missing", "refused"
OWNERS = ("owner", "colleague")
STRANGERS = ("other", "employee", "manager", "foreign")
NAMELESS = ("public", "wrong token")
VISITORS = (*OWNERS, *STRANGERS, *NAMELESS, "token")

#: who has an own list, whatever is on it
ANYBODY = {
    **dict.fromkeys((*OWNERS, *STRANGERS), PAGE),
    **dict.fromkeys((*NAMELESS, "token"), LOGIN),
}
#: what everybody sees, also by the link of an e-mail that is good by itself
PUBLIC = dict.fromkeys(VISITORS, PAGE)
#: who sees a subscription
SEEN = {
    **dict.fromkeys((*OWNERS, "token"), PAGE),
    **dict.fromkeys((*STRANGERS, *NAMELESS), LEAVE),
}
#: who changes it: a link is not enough
CHANGED = {**SEEN, **dict.fromkeys((*NAMELESS, "token"), LOGIN)}
#: what is not to be done now leads back to the subscription
BACK = {**CHANGED, **dict.fromkeys(OWNERS, "/my/subscriptions/{subscription}")}
#: where its controllers are
ADDON = "odoo.addons.subscription_portal."


class PortalMatrixCase(PortalCase):
    """A manager of the back office has no more rights in the portal than anybody: what
    they see there, they see by the link of Customer Preview."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})
        cls.partner.parent_id = firm
        portal, employee = "base.group_portal", "base.group_user"
        manager = f"{employee},subscription_billing.group_subscription_manager"
        for login, groups in (
            ("colleague", portal),
            ("other", portal),
            ("employee", employee),
            ("manager", manager),
            ("foreign", portal),
        ):
            new_test_user(cls.env, login, groups, password=login)
        users = cls.env["res.users"].search([])
        by_login = {user.login: user for user in users}
        by_login["colleague"].partner_id.parent_id = firm
        company = cls.env["res.company"].create({"name": "Elsewhere"})
        by_login["foreign"].write(
            {"company_ids": [(6, 0, company.ids)], "company_id": company.id}
        )
        cls.plan.is_portal_quantity = True
        cls.env["subscription.coupon"].create(
            {"name": "Spring", "code": "SPRING", "percentage": 10}
        )
        cls.plan.is_portal_pause = True
        document = cls.env["ir.attachment"].create({"name": "a.txt", "raw": b"text"})
        cls.subscription.portal_document_ids = document
        cls.company.is_subscription_signup = True
        cls.plan.signup_product_ids = cls.product
        signup = cls.env["subscription.signup"].create(
            {
                "key": "a" * 32,
                "company_id": cls.company.id,
                "plan_id": cls.plan.id,
                "product_id": cls.product.id,
                "subscription_id": cls.subscription.id,
                "partner_id": cls.partner.id,
                "consent": "I order",
                "date": "2026-03-01 10:00:00",
                "state": "started",
            }
        )
        cls.ids = {
            "subscription": cls.subscription.id,
            "document": document.id,
            "signup": signup.id,
            "key": signup.key,
            "wrong": "b" * 32,
        }
        request = cls.env["subscription.cancellation.request"].create(
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
        invitation = cls.env["subscription.invitation"].create(
            {
                "kind": "payment",
                "partner_id": cls.env.company.partner_id.id,
                "company_id": cls.company.id,
                "subscription_id": cls.subscription.id,
            }
        )
        cls.ids["invitation"] = invitation._get_url().rsplit("/", 1)[1]
        for page in ("sent", "confirm"):
            cls.ids[page] = request._get_link(page).rsplit("/", 1)[1]

    # === VISITS === #

    def _visit(self, route, visitor):
        """Open a route as somebody; return what they are answered."""
        return self._tell(self._open(route, visitor))

    def _open(self, route, visitor, **request):
        """Send a request as somebody; return the answer.

        :param request: as of ``url_open``
        """
        self._come_as(visitor)
        return self.url_open(
            route.format(**self.ids),
            params=self._get_address_fields(visitor),
            allow_redirects=False,
            **request,
        )

    def _come_as(self, visitor):
        """Log in as somebody; return the user."""
        login = "ada" if visitor == "owner" else visitor
        login = login if visitor in (*OWNERS, *STRANGERS) else None
        self.authenticate(login, login)
        users = self.env["res.users"]
        known = users.search([("login", "=", login)]) if login else users
        return known or self.env.ref("base.public_user")

    def _get_address_fields(self, visitor):
        """Return what the link of somebody carries."""
        if visitor == "token":
            return {"access_token": self.subscription._portal_ensure_token()}
        if visitor == "wrong token":
            return {"access_token": self._get_wrong_token()}
        return {}

    def _get_wrong_token(self):
        """Return a good token of another subscription."""
        return self._create_subscription()._portal_ensure_token()

    def _tell(self, answer):
        """Return what an answer is."""
        if answer.status_code in (301, 302, 303):
            path = urlsplit(answer.headers["Location"]).path
            return {"/my": LEAVE, "/web/login": LOGIN}.get(path, path)
        if answer.status_code in (400, 403):
            return REFUSED
        if answer.status_code == 404:
            return MISSING
        self.assertEqual(answer.status_code, 200)
        if "html" in answer.headers["Content-Type"]:
            page = html.fromstring(answer.text)
            self.assertTrue(page.xpath("//div[@id='wrap']"))
        return PAGE

    # === ROUTES === #

    def _find_routes(self, method):
        """Return the shapes of the routes of this addon that take a method of HTTP;
        what a page calls, as JSON, is sent.

        :rtype: set[str]
        """
        taken = {"http": {"GET", "POST"}, "jsonrpc": {"POST"}}
        return {
            self._shape(rule.rule)
            for rule in self._get_routing_map().iter_rules()
            if rule.endpoint.func.__module__.startswith(ADDON)
            and method in taken[rule.endpoint.routing["type"]]
            and method in (rule.methods or {method})
        }

    def _get_routing_map(self):
        """Return what the server answers with, which asks its thread for the name of
        the database."""
        with patch.object(
            threading.current_thread(), "dbname", self.env.cr.dbname, create=True
        ):
            return self.env["ir.http"].routing_map()

    def _shape(self, route):
        """Return a route with all that stands for something as a star."""
        return re.sub(r"/page/1$", "/page/*", re.sub(r"<[^>]*>|{[^}]*}", "*", route))
