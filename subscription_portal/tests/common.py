"""Fixtures shared by the tests of the customer portal."""

from lxml import html
from odoo.tests import HttpCase, new_test_user

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

#: seconds that a page may take on a machine that is busy with other tests
PATIENCE = 60


class PortalCase(SubscriptionCommon, HttpCase):
    """A customer with a login and one subscription."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env,
            "ada",
            "base.group_portal",
            password="ada",
            partner_id=cls.partner.id,
        )
        cls.subscription = cls._create_subscription()

    # === PAGES === #

    def url_open(self, url, *args, timeout=PATIENCE, **kwargs):
        """Wait longer than core does."""
        return super().url_open(url, *args, timeout=timeout, **kwargs)

    def _get_page(self, url):
        """Open a page that must answer; return it as a tree of elements."""
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200, url)
        return self._parse(answer)

    def _parse(self, answer):
        """Return what was answered as a tree of elements."""
        return html.fromstring(answer.text)

    def _post_form(self, url, action, data):
        """Send what a form of a page would, with the page's own token.

        :param str url: of the page with a form
        :param str action: where the form goes
        """
        token = self._get_page(url).xpath("//input[@name='csrf_token']/@value")[0]
        return self.url_open(action, data={**data, "csrf_token": token})

    def _send(self, page, button, **data):
        """Press a button of a page with what its form carries; return the next one.

        :param str button: what the button says
        :param data: what is entered, by the names of the fields
        """
        [form] = page.xpath(f"//form[.//button[normalize-space()='{button}']]")
        hidden = {
            field.get("name"): field.get("value")
            for field in form.xpath(".//input[@type='hidden']")
        }
        return self._read(self.url_open(form.get("action"), data={**hidden, **data}))

    def _read(self, answer):
        """Return what was answered as a tree, and keep the answer itself."""
        self.answer = answer
        return self._parse(answer)

    def _get_text(self, element):
        """Return what an element says, with single blanks."""
        return " ".join(element.text_content().split())

    def _count_queries(self, url):
        """Return how many queries a page takes."""
        before = self.cr.sql_log_count
        self._get_page(url)
        return self.cr.sql_log_count - before
