"""Visitors who follow the links of reminders, in a browser without a login."""

import re
from contextlib import nullcontext
from urllib.parse import urlsplit

from odoo.addons.subscription_billing_dunning.tests.common import DunningCommon
from odoo.tests import HttpCase, mute_logger, new_test_user


class DunningLinkCase(DunningCommon, HttpCase):
    """An open case of one customer, who was reminded by e-mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", True
        )
        cls.token = cls._create_token(state="error")
        cls.provider = cls.token.provider_id
        cls.provider.write({"is_published": True, "allow_tokenization": True})

    def enter_registry_test_mode(self):
        return nullcontext()

    def _open_case(self, count=1, **vals):
        """Return a case with so many overdue invoices."""
        invoices = self.env["account.move"].union(
            *(self._bill(**vals) for _number in range(count))
        )
        self._dun("2026-03-04")
        case = self._get_case(invoices)
        self.env.flush_all()
        return case

    def _login(self, partner, **vals):
        """Log in as a portal user of a customer."""
        new_test_user(
            self.env, "visitor", "base.group_portal", partner_id=partner.id, **vals
        )
        self.authenticate("visitor", "visitor")

    def _get(self, path, **kwargs):
        """Open a page."""
        self.env.flush_all()
        answer = self.url_open(path, **kwargs)
        self.env.invalidate_all()
        return answer

    def _post(self, path, data, page=None):
        """Send a form, with the secret of the page that it stands on.

        :param str page: the page, if it has another address
        """
        found = re.search(r'csrf_token" value="(\w+)"', self._get(page or path).text)
        return self._get(path, data={"csrf_token": found[1], **data})

    def _call(self, path, **params):
        """Call a route as a page does, and return the answer."""
        self.env.flush_all()
        with mute_logger("odoo.http"):
            answer = self.url_open(
                path, json={"jsonrpc": "2.0", "method": "call", "params": params}
            ).json()
        self.env.invalidate_all()
        return answer

    def _get_error(self, path, **params):
        """Call a route that has to refuse, and return why."""
        return self._call(path, **params)["error"]["data"]["message"]

    def _prepare_choice(self, **params):
        """Return what the payment form sends when a new card is chosen."""
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.token.payment_method_id.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/evil",
            "is_validation": False,
            "access_token": None,
            "payment_reference": None,
            **params,
        }

    def _tamper(self, path):
        """Return the link with another letter in its middle."""
        place = len(path) - 20
        other = "A" if path[place] != "A" else "B"
        return path[:place] + other + path[place + 1 :]

    def _get_path(self, url):
        """Return what comes after the host."""
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
