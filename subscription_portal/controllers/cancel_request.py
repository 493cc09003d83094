from uuid import UUID, uuid4

from odoo import fields
from odoo.exceptions import UserError
from odoo.http import content_disposition, request, route
from odoo.tools.mail import email_normalize

from ..models.subscription_cancellation_request import KINDS
from ..models.subscription_cancellation_request_decide import URL
from .pages import HEADERS, SubscriptionPages

ROUTE = {
    "type": "http",
    "auth": "public",
    "website": True,
    "multilang": False,
    "sitemap": False,
}
WITHDRAW_URL = "/subscriptions/withdraw"
#: the fields of the form, and how many characters each may have
LONGEST = {
    "kind": 20,
    "customer_name": 200,
    "contract_number": 100,
    "email": 254,
    "date_wished": 10,
    "reason": 4000,
}
#: how often a form may be sent: from where or about what, how often, in how many hours
LIMITS = (("address", 20, 1), ("email", 5, 24), ("contract_number", 10, 24))


class SubscriptionCancelRequest(SubscriptionPages):
    """Cancel or withdraw without a login, as the law asks for.

    Whatever was entered, the answer is the same: nobody learns which numbers and
    addresses we know.
    """

    # === THE FORM === #

    @route(URL, methods=["GET"], **ROUTE)
    def show_cancel_request(self, **_others):
        """Ask what is to be cancelled."""
        return self._show_request("ordinary")

    @route(WITHDRAW_URL, methods=["GET"], **ROUTE)
    def show_withdrawal(self, **_others):
        """Ask what is withdrawn from."""
        return self._show_request("withdrawal")

    @route(URL, methods=["POST"], **ROUTE)
    def send_cancel_request(self, form_key=None, **sent):
        """Keep what is declared."""
        company = request.env["res.company"]._get_cancel_page_company()
        if not company:
            raise request.not_found()
        typed = {name: self._clean(sent.get(name)) for name in LONGEST}
        if typed["kind"] == "withdrawal":
            typed["date_wished"] = ""
        if problems := self._check_typed(typed):
            return self._render_request(company, typed, form_key, problems, status=400)
        if not self._is_in_limits(typed):
            return self._render_page(
                "cancel_request_limit", {"company": company}, status=429
            )
        declared = (
            request.env["subscription.cancellation.request"]
            .sudo()
            ._receive(
                {
                    **typed,
                    "date_wished": typed["date_wished"] or False,
                    "form_key": self._read_key(form_key),
                },
                company,
            )
        )
        return self._lead_to(declared._get_link("sent"))

    # === WHAT WAS SENT === #

    @route(f"{URL}/sent/<string:token>", methods=["GET"], **ROUTE)
    def show_sent_request(self, token, **_others):
        """Show what was sent, and when."""
        sent = self._find_request("sent", token)
        if not sent:
            return self._refuse_link()
        values = {"cancellation_request": sent, "content": sent._get_content()}
        return self._render_page(
            "cancel_request_sent",
            {
                **values,
                "company": sent.company_id,
                "file_url": f"{URL}/sent/{token}/file",
            },
        )

    @route(f"{URL}/sent/<string:token>/file", methods=["GET"], **ROUTE)
    def download_sent_request(self, token, **_others):
        """Send what was sent, and when, as a file to keep."""
        sent = self._find_request("sent", token)
        if not sent:
            return self._refuse_link()
        lines = [f"{name}: {text}" for name, text in sent._get_content()]
        headers = {
            **HEADERS,
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Disposition": content_disposition(
                request.env._("declaration.txt")
            ),
        }
        body = "\r\n".join([sent.company_id.name, "", *lines, ""])
        return request.make_response(body, list(headers.items()))

    # === THE LINK OF THE E-MAIL === #

    @route(f"{URL}/confirm/<string:token>", methods=["GET"], **ROUTE)
    def show_confirm_request(self, token, **_others):
        """Show what confirming means, and do nothing: programs look at links too."""
        declared = self._find_request("confirm", token)
        if not declared:
            return self._refuse_link()
        return self._render_confirm_request(declared, token)

    @route(f"{URL}/confirm/<string:token>", methods=["POST"], **ROUTE)
    def confirm_request(self, token, shown="", **_others):
        """Carry out what was declared, when what was shown is still true."""
        declared = self._find_request("confirm", token)
        if not declared:
            return self._refuse_link()
        try:
            with request.env.cr.savepoint():
                is_confirmed = declared._confirm_by_customer(shown)
        except UserError as error:
            return self._render_confirm_request(declared, token, problem=str(error))
        if not is_confirmed:
            return self._render_confirm_request(declared, token, is_changed=True)
        return self._lead_to(f"{URL}/confirm/{token}")

    # === HELPERS: WHAT WAS TYPED === #

    def _clean(self, value):
        """Return what was typed as text; a form may send a file in its place."""
        return value.replace("\x00", "").strip() if isinstance(value, str) else ""

    def _read_key(self, form_key):
        """Return what the form was made with, a new one where it is none."""
        try:
            return str(UUID(form_key))
        except (AttributeError, TypeError, ValueError):
            return str(uuid4())

    def _check_typed(self, typed):
        """Return what is wrong with what was typed, by the names of the fields.

        :rtype: dict[str, str]
        """
        env, problems = request.env, {}
        if typed["kind"] not in dict(KINDS):
            problems["kind"] = env._("Kind: choose one of the list.")
        if not typed["customer_name"]:
            problems["customer_name"] = env._("Name: enter your name.")
        if not typed["contract_number"]:
            problems["contract_number"] = env._(
                "Contract number: enter it as it stands on your invoices."
            )
        if not email_normalize(typed["email"]):
            problems["email"] = env._("E-mail: enter one address, such as me@mail.com.")
        if typed["kind"] == "extraordinary" and not typed["reason"]:
            problems["reason"] = env._("Reason: tell us why you cannot go on.")
        if problem := self._check_wish(typed["date_wished"]):
            problems["date_wished"] = problem
        labels = self._get_labels()
        for name, length in LONGEST.items():
            if len(typed[name]) > length and name in labels:
                problems[name] = env._(
                    "%(field)s: use %(count)s characters at most.",
                    field=labels[name],
                    count=length,
                )
        return problems

    def _check_wish(self, wish):
        """Return what is wrong with the wished last day, or None."""
        env = request.env
        if not wish:
            return None
        try:
            day = fields.Date.to_date(wish)
        except ValueError:
            return env._("Last day: enter a date, or leave it empty.")
        if day < fields.Date.subtract(fields.Date.context_today(env.user), days=1):
            return env._("Last day: enter today or a later day, or leave it empty.")
        return None

    def _get_labels(self):
        """Return how the fields that are typed are called on the page."""
        env = request.env
        return {
            "customer_name": env._("Name"),
            "contract_number": env._("Contract number"),
            "email": env._("E-mail"),
            "date_wished": env._("Last day"),
            "reason": env._("Reason"),
        }

    def _is_in_limits(self, typed):
        """Return whether the form may be sent: nobody finds numbers by trying, or has
        somebody else's mailbox filled."""
        attempts = request.env["subscription.attempt"].sudo()
        keys = {
            "address": request.httprequest.remote_addr,
            "email": email_normalize(typed["email"]),
            "contract_number": typed["contract_number"].casefold(),
        }
        return all(
            attempts._is_allowed(f"cancel_request_{name}", keys[name], limit, hours)
            for name, limit, hours in LIMITS
        )

    # === HELPERS: PAGES === #

    def _show_request(self, kind):
        """Return the empty form, with what is known of who is logged in."""
        company = request.env["res.company"]._get_cancel_page_company()
        if not company:
            raise request.not_found()
        partner = request.env.user.partner_id.sudo()
        known = (
            {}
            if request.env.user._is_public()
            else {
                "customer_name": partner.name,
                "email": partner.email,
            }
        )
        return self._render_request(company, {"kind": kind, **known}, str(uuid4()))

    def _render_request(self, company, typed, form_key, problems=None, *, status=200):
        """Return the page with the form.

        :param dict[str, str] problems: what is wrong, by the names of the fields
        """
        is_withdrawal = typed["kind"] == "withdrawal"
        return self._render_page(
            "cancel_request_page",
            {
                "company": company,
                "typed": typed,
                "form_key": self._read_key(form_key),
                "problems": problems or {},
                "is_withdrawal": is_withdrawal,
                "longest": LONGEST,
                "other_url": URL if is_withdrawal else WITHDRAW_URL,
            },
            status=status,
        )

    def _render_confirm_request(
        self, declared, token, *, problem=None, is_changed=False
    ):
        """Return the page on which the customer confirms what was declared."""
        subscription = declared.subscription_id
        return self._render_page(
            "cancel_request_confirm",
            {
                "cancellation_request": declared,
                "subscription": subscription,
                "company": declared.company_id,
                "content": declared._get_content(),
                "is_open": declared.state in ("received", "confirmed"),
                "is_alone": declared._may_carry_out_alone(),
                "date_last": declared._get_last_day_shown(),
                "fee": declared._get_fee(declared.kind),
                "problem": problem,
                "is_changed": is_changed,
                "url": f"{URL}/confirm/{token}",
            },
            status=400 if problem else 200,
        )

    def _find_request(self, page, token):
        """Return the request of a link, to read it as superuser, if there is one."""
        Request = request.env["subscription.cancellation.request"].sudo()
        found = Request._read_link(page, token)
        if page == "confirm":
            found = found.filtered("subscription_id")
            self._speak_to(found.partner_id)
        lang = {"lang": request.env.lang}
        return found.with_company(found.company_id).with_context(**lang)

    def _refuse_link(self):
        """Return the page for a link that is not ours, or is over."""
        company = request.env["res.company"]._get_cancel_page_company()
        company = company or request.env.company.sudo()
        return self._render_page(
            "cancel_request_invalid", {"company": company}, status=403
        )
