"""Who gets what answer on each route of the portal that changes something, and whose
records it touches: all of them, for all visitors."""

import json
import re
from contextlib import closing
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from odoo import fields
from odoo.addons.subscription_portal.models.subscription_subscription_change import (
    Wish,
)
from odoo.http import Request
from odoo.tests import mute_logger, tagged
from odoo.tools import SQL

from .portal_matrix_case import (
    LEAVE,
    LOGIN,
    MISSING,
    NAMELESS,
    OWNERS,
    PAGE,
    REFUSED,
    STRANGERS,
    VISITORS,
    PortalMatrixCase,
)
from .portal_pay_case import PortalPayCase

ONE = "/my/subscriptions/{subscription}"
METHOD = "/my/subscriptions/methods/{method}"
PREFERENCES = "/my/subscriptions/preferences"
#: who may do something with a subscription by its link
BY_LINK = (*OWNERS, "token")
#: what a page calls is answered, refused, or asks for a login; the name of the error
REFUSALS = {
    "odoo.exceptions.ValidationError": REFUSED,
    "odoo.exceptions.AccessError": REFUSED,
    "odoo.http.SessionExpiredException": LOGIN,
    "werkzeug.exceptions.NotFound": MISSING,
}
#: what there is of the customer, by the conditions that find it
PICTURE = {
    "subscription_subscription": "partner_id = %(partner)s",
    "subscription_line": "subscription_id = %(subscription)s",
    "subscription_change": "subscription_id = %(subscription)s",
    "subscription_discount": "subscription_id = %(subscription)s",
    "subscription_cancellation": "subscription_id = %(subscription)s",
    "subscription_cancellation_request": "subscription_id = %(subscription)s",
    "subscription_consent": "partner_id = %(partner)s",
    "subscription_signup": "partner_id = %(partner)s",
    "account_move": "partner_id = %(partner)s",
    "payment_transaction": "partner_id IN "
    "(SELECT id FROM res_partner WHERE commercial_partner_id = %(firm)s)",
    "payment_token": "partner_id = %(partner)s",
    "res_partner": "id IN (%(partner)s, %(firm)s) OR parent_id = %(firm)s"
    " AND is_invoice_copied",
    "mail_activity": "res_model = 'res.partner' AND res_id = %(partner)s",
}


class Sent(NamedTuple):
    """What is sent to a route, and what becomes of it.

    :param answers: what each visitor is answered; by what the page tells then, where
        one is led to a page
    :param touching: the visitors who change something of the customer
    :param prepare: the name of the method that prepares the customer's records for a
        visitor, and returns what is sent
    """

    answers: dict
    touching: tuple
    prepare: str = "_prepare_nothing"


def by_link(answer, prepare="_prepare_nothing", strangers=LEAVE):
    """Return what owners may do, and who has the link."""
    answers = {
        **dict.fromkeys(BY_LINK, answer),
        **dict.fromkeys((*STRANGERS, *NAMELESS), strangers),
    }
    return Sent(answers, BY_LINK, prepare)


def by_login(answer, prepare="_prepare_nothing", strangers=LEAVE):
    """Return what owners may do who are logged in."""
    answers = {
        **dict.fromkeys(OWNERS, answer),
        **dict.fromkeys(STRANGERS, strangers),
        **dict.fromkeys((*NAMELESS, "token"), LOGIN),
    }
    return Sent(answers, OWNERS, prepare)


def for_oneself(answer, prepare="_prepare_nothing", touching=("owner",)):
    """Return what everybody may do who is logged in, with what is theirs."""
    return by_login(answer, prepare, strangers=answer)._replace(touching=touching)


#: every route that is sent something by a form, and what becomes of it
POSTED = {
    f"{ONE}/cancel": by_link("/my/subscriptions/*/cancel/confirm"),
    f"{ONE}/cancel/keep": by_link("kept_contact", "_prepare_offer"),
    f"{ONE}/cancel/confirm": by_link("cancelled", "_prepare_close"),
    f"{ONE}/cancel/undo": by_link("undone", "_prepare_end"),
    f"{ONE}/change": by_login("/my/subscriptions/*/change/confirm", "_prepare_wish"),
    f"{ONE}/change/confirm": by_login("changed_due", "_prepare_change"),
    f"{ONE}/change/cancel": by_login("change_cancelled", "_prepare_planned"),
    f"{ONE}/coupon": by_login("redeemed", "_prepare_code"),
    f"{ONE}/pause": by_login("/my/subscriptions/*/pause/confirm", "_prepare_days"),
    f"{ONE}/pause/confirm": by_login("paused", "_prepare_pause"),
    f"{ONE}/pause/undo": by_login("pause_undone", "_prepare_planned_pause"),
    f"{ONE}/resume": by_login("/my/subscriptions/*/resume/confirm", "_prepare_paused"),
    f"{ONE}/resume/confirm": by_login("resumed", "_prepare_resume"),
    f"{ONE}/reactivate": by_login("reactivated", "_prepare_return"),
    f"{METHOD}/move": by_login("methods_ordered", "_prepare_move", MISSING),
    f"{METHOD}/use": by_login("method_used", "_prepare_use", MISSING),
    f"{METHOD}/remove": by_login("method_removed", "_prepare_nothing", MISSING),
    f"{PREFERENCES}/save": for_oneself("saved", "_prepare_language"),
    f"{PREFERENCES}/erasure": for_oneself("erasure"),
    # A firm has one choice.
    f"{PREFERENCES}/notices": for_oneself("notices", "_prepare_notices", OWNERS),
    f"{PREFERENCES}/invoices": for_oneself("invoicing", "_prepare_paper", OWNERS),
    f"{PREFERENCES}/address": by_login("address", "_prepare_address", REFUSED),
    f"{PREFERENCES}/contacts/add": for_oneself(
        "contact_added", "_prepare_contact", OWNERS
    ),
    f"{PREFERENCES}/contacts/{{contact}}/remove": by_login(
        "contact_removed", "_prepare_nothing", "contact_gone"
    ),
    # What stands in a declaration, or in the link of an e-mail, is good by itself.
    "/subscriptions/cancel": Sent(
        dict.fromkeys(VISITORS, "/subscriptions/cancel/sent/*"),
        VISITORS,
        "_prepare_declaration",
    ),
    "/subscriptions/cancel/confirm/{confirm}": Sent(
        dict.fromkeys(VISITORS, "/subscriptions/cancel/confirm/*"),
        VISITORS,
        "_prepare_decision",
    ),
    # Their company sells nothing there.
    "/subscriptions/signup": Sent(
        {**dict.fromkeys(VISITORS, PAGE), "foreign": "/subscriptions/plans"},
        (),
        "_prepare_order",
    ),
    "/subscriptions/signup/order": Sent(
        {
            **dict.fromkeys(VISITORS, "/subscriptions/signup/*"),
            "foreign": "/subscriptions/plans",
        },
        ("owner",),
        "_prepare_seen_order",
    ),
}
#: every route that a page calls, and what becomes of it
CALLED = {
    "/my/subscriptions/pay/{invoice}/transaction": by_login(
        PAGE, "_prepare_payment", REFUSED
    ),
    f"{ONE}/pay/{{invoice}}/transaction": by_link(
        PAGE, "_prepare_payment", strangers=REFUSED
    ),
    f"{ONE}/automatic/transaction": by_link(
        PAGE, "_prepare_payment", strangers=REFUSED
    ),
    "/subscriptions/signup/{signup}/{key}/transaction": Sent(
        dict.fromkeys(VISITORS, PAGE), VISITORS, "_prepare_saving"
    ),
    "/subscriptions/signup/{signup}/{wrong}/transaction": Sent(
        dict.fromkeys(VISITORS, MISSING), (), "_prepare_saving"
    ),
    "/payment/archive_token": for_oneself(PAGE, "_prepare_archive"),
}


@tagged("standard", "post_install", "-at_install")
class TestPortalMatrixSent(PortalMatrixCase, PortalPayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.proration = "invoice_now"
        cls.plan.collection_method = "invoice"
        cls.subscription.collection_method = "invoice"
        cls.env["subscription.renewal"]._bill_now(cls.subscription)
        cls.subscription._portal_ensure_token()
        cls.subscription.invoice_ids._portal_ensure_token()
        cls._create_token(payment_details="1111")
        cls.method_saved = cls._create_token(payment_details="2222")
        contact = cls.partner.create(
            {
                "name": "Books",
                "email": "books@example.com",
                "parent_id": cls.partner.parent_id.id,
                "is_invoice_copied": True,
            }
        )
        cls.ids |= {
            "contact": contact.id,
            "invoice": cls.subscription.invoice_ids.id,
            "method": cls.method_saved.id,
        }

    # === WHAT IS SENT === #

    def _prepare_nothing(self, _subscription):
        return {}

    def _prepare_close(self, subscription):
        none = self.env["subscription.close.reason"]
        return self._show(subscription._create_portal_close(none, ""))

    def _prepare_end(self, subscription):
        subscription._create_portal_close(
            self.env["subscription.close.reason"], ""
        ).action_confirm()
        return {}

    def _prepare_offer(self, subscription):
        self.env["subscription.retention.offer"].search([]).active = False
        self.env["subscription.retention.offer"].create(
            {"name": "Let us talk", "kind": "contact", "held_out": 0}
        )
        none = self.env["subscription.close.reason"]
        asked = self.env["subscription.cancellation"]._ask(subscription, none, "")
        asked._get_offer()
        return {"cancellation_id": asked.id}

    def _prepare_wish(self, subscription):
        return {f"quantity_{subscription.line_ids.id}": "2"}

    def _prepare_change(self, subscription):
        return self._show(subscription._create_portal_change(self._wish(subscription)))

    def _prepare_planned(self, subscription):
        self.plan.proration = "period_end"
        change = subscription._create_portal_change(self._wish(subscription))
        change.action_confirm()
        return {"change_id": change.id}

    def _prepare_code(self, _subscription):
        return {"code": "SPRING"}

    def _prepare_days(self, _subscription):
        return {"date_start": self._in_days(0), "date_resume": self._in_days(20)}

    def _prepare_pause(self, subscription):
        return self._show(self._pause(subscription, 0))

    def _prepare_planned_pause(self, subscription):
        self._pause(subscription, 5).action_confirm()
        return {}

    def _prepare_paused(self, subscription):
        self._pause(subscription, 0).action_confirm()
        return {}

    def _prepare_resume(self, subscription):
        self._prepare_paused(subscription)
        return self._show(subscription._create_portal_resume())

    def _prepare_return(self, subscription):
        subscription.invoice_ids.button_cancel()
        subscription._close()
        return {"shown": subscription._get_return_key(subscription._preview_return())}

    def _prepare_move(self, _subscription):
        return {"direction": "down"}

    def _prepare_use(self, subscription):
        return {"subscription_id": subscription.id}

    def _prepare_language(self, _subscription):
        return {"lang": "en_US", "tz": "Europe/Paris"}

    def _prepare_notices(self, _subscription):
        self.env.ref("subscription_billing.notice_rule_receipt").active = True
        return {"notice": []}

    def _prepare_paper(self, _subscription):
        return {"invoicing": "snailmail"}

    def _prepare_address(self, _subscription):
        address = self.partner.create(
            {
                "name": "Accounting",
                "type": "invoice",
                "parent_id": self.partner.parent_id.id,
            }
        )
        return {"address_id": address.id}

    def _prepare_contact(self, _subscription):
        return {"contact_name": "Eve", "contact_email": "eve@example.com"}

    def _prepare_declaration(self, subscription):
        self.partner.email = "ada@example.com"
        return {
            "kind": "ordinary",
            "customer_name": "Ada",
            "contract_number": subscription.name,
            "email": "ada@example.com",
        }

    def _prepare_decision(self, subscription):
        request = subscription.cancellation_request_ids
        return {"shown": request._get_shown_key()}

    def _prepare_order(self, _subscription):
        return {
            "plan": self.plan.id,
            "product": self.product.id,
            "quantity": "1",
            "name": "Grace",
            "email": "grace@example.com",
            "street": "1 Navy Way",
            "city": "Arlington",
            "country_id": self.env.ref("base.us").id,
        }

    def _prepare_seen_order(self, subscription):
        ordered = self._prepare_order(subscription)
        answer = self.url_open("/subscriptions/signup", data=self._sign(ordered))
        seen = {
            field.get("name"): field.get("value")
            for field in self._parse(answer).xpath("//input[@type='hidden']")
            if field.get("name") != "csrf_token"
        }
        return {**ordered, **seen, "is_agreed": "1"}

    def _prepare_payment(self, subscription):
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": subscription.invoice_ids.amount_residual,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
            "is_validation": False,
        }

    def _prepare_saving(self, subscription):
        signups = self.env["subscription.signup"]
        signups.search([("subscription_id", "=", subscription.id)]).state = "begun"
        return self._prepare_payment(subscription)

    def _prepare_archive(self, _subscription):
        return {"token_id": self.method_saved.id}

    # === HELPERS OF THEM === #

    def _in_days(self, days):
        """Return the day in so many days, as a browser sends it."""
        today = self.company._get_subscription_today()
        return fields.Date.add(today, days=days).isoformat()

    def _wish(self, subscription):
        """Return that there be two of it."""
        none = self.env["subscription.line"]
        quantities = {subscription.line_ids.id: 2.0}
        return Wish(
            self.env["subscription.plan"], quantities, self.env["product.product"], none
        )

    def _pause(self, subscription, days):
        """Return the draft of a pause that begins in so many days."""
        return subscription._create_portal_pause(
            *map(fields.Date.to_date, (self._in_days(days), self._in_days(days + 20)))
        )

    def _show(self, change):
        """Return what the form carries that confirms a change."""
        return {"change_id": change.id, "shown": change._get_shown_key()}

    def _sign(self, data):
        """Return what a form sends, with the token of the visitor's session."""
        return {**data, "csrf_token": Request.csrf_token(self)}

    # === LOOKING === #

    def _take_picture(self):
        """Return all that there is of the customer, by the names of tables."""
        self.env.flush_all()
        known = {
            "partner": self.partner.id,
            "firm": self.partner.parent_id.id,
            "subscription": self.subscription.id,
        }
        picture = {}
        for table, condition in PICTURE.items():
            picture[table] = self.env.execute_query(
                SQL(
                    "SELECT t::text FROM %s t WHERE %s ORDER BY id",
                    SQL.identifier(table),
                    SQL(condition, **known),
                )
            )
        return picture

    def _tell_sent(self, answer):
        """Return what an answer is, with what the next page tells."""
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            error = json.loads(answer.text).get("error")
            return REFUSALS[error["data"]["name"]] if error else PAGE
        told = self._tell(answer)
        if answer.status_code != 303:
            return told
        address = urlsplit(answer.headers["Location"])
        [done] = parse_qs(address.query).get("done", [None])
        told = re.sub(r"(/sent|/confirm|/signup)/.*", r"\1/*", told)
        return done or re.sub(r"/\d+/", "/*/", told)

    def _send_to(self, route, visitor, *, is_called=False, is_signed=True):
        """Send what a route takes, as somebody.

        :param bool is_called: whether a page calls it, or a form is sent
        :param bool is_signed: whether the form is one of ours
        :return: what they are answered, and whether the customer's records changed
        """
        user = self._come_as(visitor)
        subscription = self.subscription.with_user(user).sudo()
        sent = (CALLED if is_called else POSTED)[route]
        data = getattr(self, sent.prepare)(subscription.with_company(self.company))
        link = self._get_address_fields(visitor)
        before = self._take_picture()
        if is_called:
            request = {"json": {"jsonrpc": "2.0", "params": {**data, **link}}}
        else:
            request = {"data": self._sign(data) if is_signed else data, "params": link}
            request["method"] = "POST"
        with mute_logger("odoo.http"):
            answer = self.url_open(
                route.format(**self.ids), allow_redirects=False, **request
            )
        self.env.invalidate_all()
        return self._tell_sent(answer), before != self._take_picture()

    def _check_visitors(self, table, **kind):
        """Check that each visitor gets the answer, and changes what they may."""
        for route, sent in table.items():
            self.assertEqual(set(sent.answers), set(VISITORS))
            for visitor, expected in sent.answers.items():
                with (
                    self.subTest(route=route, visitor=visitor),
                    closing(self.env.cr.savepoint()),
                ):
                    self.assertEqual(
                        self._send_to(route, visitor, **kind),
                        (expected.format(**self.ids), visitor in sent.touching),
                    )
                self.env.invalidate_all()

    # === TESTS === #

    def test_every_form_does_what_its_visitor_may(self):
        self._check_visitors(POSTED)

    def test_every_call_does_what_its_visitor_may(self):
        self._check_visitors(CALLED, is_called=True)

    def test_a_form_that_is_not_ours_does_nothing(self):
        for route in POSTED:
            with self.subTest(route=route), closing(self.env.cr.savepoint()):
                self.assertEqual(
                    self._send_to(route, "owner", is_signed=False), (REFUSED, False)
                )
            self.env.invalidate_all()

    def test_no_route_is_forgotten(self):
        known = {self._shape(route) for route in (*POSTED, *CALLED)}
        self.assertEqual(self._find_routes("POST"), known)
