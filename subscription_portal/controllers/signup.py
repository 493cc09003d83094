import re
from hashlib import sha256
from uuid import uuid4

from odoo.exceptions import UserError, ValidationError
from odoo.http import request, route
from odoo.tools import email_normalize, escape_psql

from odoo.addons.subscription_billing.controllers.portal import (
    SubscriptionPaymentPortal,
)

from .pages import MAX_ID, SubscriptionPages, read_fields

PLANS = "/subscriptions/plans"
SIGNUP = "/subscriptions/signup"
ONE = f"{SIGNUP}/<int:signup_id>/<string:key>"
PAGE = {"type": "http", "auth": "public", "website": True}
#: what a visitor tells, and how much of it is kept
CONTACT_LENGTHS = {
    "name": 100,
    "company_name": 100,
    "email": 200,
    "phone": 40,
    "street": 200,
    "zip": 20,
    "city": 100,
}
TYPED = (*CONTACT_LENGTHS, "country_id", "plan", "product", "coupon")
NEEDED = ("name", "email", "street", "city")
KEY = re.compile(r"[0-9a-f]{32}")
MOST = 10_000
#: orders of one address within so many hours
ATTEMPTS, ATTEMPT_HOURS = 30, 1


class SubscriptionSignup(SubscriptionPages, SubscriptionPaymentPortal):
    """Where visitors choose a plan and order it: plans, a form, and what it costs.

    A company switches it on. An order is placed once, however often it is sent.
    """

    # === PAGES === #

    @route(PLANS, methods=["GET"], readonly=True, **PAGE)
    def show_plans(self, plan=None, **_others):
        """Show what can be ordered on one plan, and the other plans."""
        plans = self._get_plans()
        if not plans:
            raise request.not_found()
        chosen = plans.filtered(lambda each: str(each.id) == plan) or plans[:1]
        return self._render_page(
            "portal_plans_page",
            {"plans": plans, "chosen": chosen, "company": request.env.company},
        )

    @route(SIGNUP, methods=["GET"], **PAGE)
    def show_signup(self, **typed):
        """Ask who orders, and how many."""
        typed = read_fields(typed)
        order = self._read_order(typed)
        if not order:
            return request.redirect(PLANS)
        return self._render_form(order, {"quantity": "1", **typed})

    @route(SIGNUP, methods=["POST"], **PAGE)
    def preview_signup(self, **typed):
        """Show what it costs, to order it."""
        typed = read_fields(typed)
        order = self._read_order(typed)
        if not order:
            return self._lead_to(PLANS)
        invoices, problems = self._check_order(order, typed)
        if problems:
            return self._render_form(order, typed, problems)
        return self._render_summary(order, typed, invoices)

    @route(f"{SIGNUP}/order", methods=["POST"], **PAGE)
    def place_order(self, **typed):
        """Order, when what was shown is still true."""
        typed = read_fields(typed)
        key = typed.get("key", "")
        order = self._read_order(typed)
        if not order or not KEY.fullmatch(key):
            return self._lead_to(PLANS)
        known = self._find_by_key(key)
        if not known:
            invoices, problems = self._check_order(order, typed)
            if problems:
                return self._render_form(order, typed, problems)
            if typed.get("shown") != self._get_shown_key(order, invoices):
                return self._render_summary(
                    order, typed, invoices, key=key, is_changed=True
                )
            if not typed.get("is_agreed"):
                problem = request.env._("Agree to the order first: tick the box.")
                return self._render_summary(
                    order, typed, invoices, key=key, problem=problem
                )
            contact, consent = self._get_contact(typed), self._get_consent_text(order)
            try:
                with request.env.cr.savepoint():
                    known = self._get_signups()._place(key, order, contact, consent)
            except UserError as error:
                return self._render_form(order, typed, [str(error)])
        return self._lead_to(f"{SIGNUP}/{known.id}/{key}")

    @route(ONE, methods=["GET"], **PAGE)
    def show_order(self, signup_id, key, **_others):
        """Ask for the payment method, or tell that it has started."""
        signup = self._find_signup(signup_id, key)
        if signup.state == "started":
            return self._render_page("portal_signup_done_page", {"signup": signup})
        return self._render_page(
            "portal_signup_method_page",
            {"signup": signup, **self._prepare_signup_form(signup, key)},
        )

    @route(f"{ONE}/transaction", type="jsonrpc", auth="public")
    def start_signup_saving(self, signup_id, key, **params):
        """Start to save the payment method of an order.

        :return: what core's payment form asks for
        """
        signup = self._find_signup(signup_id, key)
        form = self._prepare_signup_form(signup, key)
        if signup.state != "begun":
            raise ValidationError(request.env._("This order has started already."))
        return self._start_saving(form, params, signup_id=signup.id)

    # === READING === #

    def _get_plans(self):
        """Return the plans that the company of this address sells here."""
        return (
            request.env["subscription.plan"]
            .sudo()
            ._get_signup_plans(request.env.company)
        )

    def _get_signups(self):
        """Return the model of orders, as superuser."""
        return request.env["subscription.signup"].sudo()

    def _find_by_key(self, key):
        """Return the order that was placed with a key, if there is one."""
        return self._get_signups().search([("key", "=", key)])

    def _find_signup(self, signup_id, key):
        """Return an order of who knows its key; there is no such page otherwise."""
        signup = self._get_signups().browse(min(signup_id, MAX_ID)).exists()
        if not signup or not signup._has_key(key):
            raise request.not_found()
        return signup

    def _read_order(self, typed):
        """Return what is ordered, None where it is not sold here.

        :param dict typed: what the form has sent
        """
        plan = self._get_plans().filtered(
            lambda each: str(each.id) == typed.get("plan")
        )
        product = plan.signup_product_ids.filtered(
            lambda each: str(each.id) == typed.get("product")
        )
        if not plan or not product:
            return None
        return {
            "company": request.env.company,
            "plan": plan,
            "product": product,
            "quantity": self._read_quantity(typed.get("quantity", "1")),
            "coupon": typed.get("coupon", "").strip()[:100],
        }

    def _read_quantity(self, text):
        """Return a whole number from 1 on, 0 for anything else."""
        text = text.strip()
        number = int(text) if text.isascii() and text.isdecimal() else 0
        return number if number <= MOST else 0

    def _get_contact(self, typed):
        """Return who orders: the customer who is logged in, or values of a new one."""
        if not request.env.user._is_public():
            return request.env.user.partner_id.sudo()
        contact = {
            name: typed.get(name, "").strip()[:length]
            for name, length in CONTACT_LENGTHS.items()
        }
        contact["email"] = email_normalize(contact["email"]) or contact["email"]
        country = self._find_country(typed)
        return {**contact, "country_id": country.id, "lang": request.env.lang}

    def _find_country(self, typed):
        """Return the country that was chosen, if there is one."""
        countries = request.env["res.country"].sudo().search([])
        return countries.filtered(lambda each: str(each.id) == typed.get("country_id"))

    # === CHECKING === #

    def _check_order(self, order, typed):
        """Return the first invoices of an order, and what is wrong with it, in words.

        :rtype: tuple[list[ForecastInvoice], list[str]]
        """
        problems = self._check_contact(typed)
        if not order["quantity"]:
            problems.append(
                request.env._(
                    "Quantity: enter a whole number from 1 to %(most)s.", most=MOST
                )
            )
        if not problems and not self._is_allowed(typed):
            problems.append(
                request.env._("There were too many orders from here. Try again later.")
            )
        if problems:
            return [], problems
        try:
            contact = self._get_contact(typed)
            return self._get_signups()._preview(order, contact), []
        except UserError as error:
            return [], [str(error)]

    def _is_allowed(self, typed):
        """Return whether somebody has not ordered too often lately: from one address,
        or for one mailbox, which gets a confirmation each time."""
        who = [request.httprequest.remote_addr]
        if request.env.user._is_public():
            who.append(self._get_contact(typed)["email"])
        attempts = request.env["subscription.attempt"].sudo()
        return all(
            [
                attempts._is_allowed("signup", key, ATTEMPTS, ATTEMPT_HOURS)
                for key in who
            ]
        )

    def _check_contact(self, typed):
        """Return what is wrong with what a visitor tells of themselves, in words."""
        if not request.env.user._is_public():
            return []
        env, contact = request.env, self._get_contact(typed)
        labels = {
            "name": env._("Name"),
            "email": env._("E-mail"),
            "street": env._("Street and Number"),
            "city": env._("City"),
        }
        problems = [
            env._("%(field)s: fill it in.", field=labels[name])
            for name in NEEDED
            if not contact[name]
        ]
        if contact["email"] and not email_normalize(contact["email"]):
            problems.append(env._("E-mail: enter an address such as ada@example.com."))
        if not contact["country_id"]:
            problems.append(env._("Country: choose one of the list."))
        users = env["res.users"].sudo()
        if not problems and users.search_count(
            [("login", "=ilike", escape_psql(contact["email"]))], limit=1
        ):
            problems.append(
                env._("There is a login with this e-mail address. Log in to order.")
            )
        return problems

    def _get_shown_key(self, order, invoices):
        """Return what stands for an order and its price, to know later what was seen.

        :param list invoices: the ``ForecastInvoice``
        """
        parts = [order["plan"].id, order["product"].id, order["quantity"]]
        parts += [order["plan"].terms or ""]
        parts += [(each.date, each.amount_total) for each in invoices]
        return sha256(repr(parts).encode()).hexdigest()

    def _get_consent_text(self, order):
        """Return what the customer agrees to, word for word."""
        env, plan = request.env, order["plan"]
        text = env._(
            "I order %(quantity)s × %(product)s, %(plan)s, with the obligation to pay, "
            "and agree to the terms.",
            quantity=order["quantity"],
            product=order["product"].name,
            plan=plan.name,
        )
        if plan.collection_method != "automatic":
            return text
        charge = env._(
            "%(company)s charges the invoices to my payment method when they are due, "
            "and saves it for that.",
            company=order["company"].name,
        )
        return f"{text} {charge}"

    # === RENDERING === #

    def _render_form(self, order, typed, problems=()):
        """Return the page that asks who orders, and how many."""
        countries = request.env["res.country"].sudo().search([])
        chosen = self._find_country(typed) or order["company"].country_id
        return self._render_page(
            "portal_signup_page",
            {
                "order": order,
                "typed": typed,
                "problems": problems,
                "countries": countries,
                "country": chosen,
                "is_public": request.env.user._is_public(),
            },
            status=400 if problems else 200,
        )

    def _render_summary(
        self, order, typed, invoices, *, key=None, problem=None, is_changed=False
    ):
        """Return the page that tells what it costs, and orders it."""
        return self._render_page(
            "portal_signup_summary_page",
            {
                "order": order,
                "typed": {
                    **{name: typed.get(name, "") for name in TYPED},
                    "quantity": str(order["quantity"]),
                },
                "invoices": invoices,
                "key": key or uuid4().hex,
                "shown": self._get_shown_key(order, invoices),
                "consent": self._get_consent_text(order),
                "problem": problem,
                "is_changed": is_changed,
                "today": order["company"]._get_subscription_today(),
            },
            status=400 if problem else 200,
        )

    def _prepare_signup_form(self, signup, key):
        """Return what core's payment form shows to save the method of an order."""
        url = f"{SIGNUP}/{signup.id}/{key}"
        return self._prepare_form_to_save(
            signup.partner_id,
            signup.company_id,
            transaction_route=f"{url}/transaction",
            landing_route=url,
            prefix="S",
        )
