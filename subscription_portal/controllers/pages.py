"""What the pages of the portal have in common: whose they are, and who keeps them."""

from functools import wraps

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, MissingError
from odoo.http import request
from odoo.tools import consteq
from werkzeug.datastructures import FileStorage
from werkzeug.urls import url_encode

#: the greatest number that can be the id of a record
MAX_ID = 2**31 - 1
#: stands for a sign that nobody can read
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
#: where the page of a draft is, by what it does
DRAFT_PAGES = {
    "close": "cancel/confirm",
    "modify": "change/confirm",
    "pause": "pause/confirm",
    "resume": "resume/confirm",
}
#: the address may hold a token, and the page is one customer's: nobody keeps either
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def of_subscription(page):
    """Give a page the subscription of its address, in place of the number, and the
    secret of its link where the visitor came by it; whoever may not see it is sent to
    what is theirs.

    :param page: ``page(self, subscription, access_token, **others)``
    """

    @wraps(page)
    def find_first(self, subscription_id, access_token=None, **others):
        try:
            subscription, secret = self._find_by_link(subscription_id, access_token)
        except (AccessError, MissingError):
            return self._leave()
        return page(self, subscription, secret, **read_fields(others))

    # Routes look at what is taken from the address.
    del find_first.__wrapped__
    return find_first


def of_own_subscription(page):
    """Give a page the subscription of its address, in place of the number; whoever it
    does not belong to is sent to what is theirs. A link is not enough.

    :param page: ``page(self, subscription, **others)``
    """

    @wraps(page)
    def find_first(self, subscription_id, **others):
        try:
            subscription = self._find_own_subscription(subscription_id)
        except (AccessError, MissingError):
            return self._leave()
        return page(self, subscription, **read_fields(others))

    del find_first.__wrapped__
    return find_first


def read_fields(sent):
    """Return what was sent: without files, which no form here has, and without what
    would stand in for the subscription that was found. What no database keeps becomes
    the sign for what is not known.

    :param dict sent: what a form or an address holds
    """
    return {
        name: value.replace("\0", UNKNOWN) if isinstance(value, str) else value
        for name, value in sent.items()
        if not isinstance(value, FileStorage) and name != "subscription"
    }


class SubscriptionPages(CustomerPortal):
    """Finds what the visitor may see, and renders it for nobody else."""

    def _get_subscriptions(self):
        """Return the model of subscriptions as superuser, for all companies: a customer
        may have one from each."""
        companies = request.env["res.company"].sudo().search([])
        return (
            request.env["subscription.subscription"]
            .sudo()
            .with_context(allowed_company_ids=companies.ids)
        )

    def _find_subscription(self, subscription_id, access_token=None):
        """Return a subscription that the visitor may see, as superuser.

        It is theirs when they are logged in for its customer, or have its signed link.

        :raises MissingError: there is none of this number
        :raises AccessError: it is somebody else's
        """
        Subscription = self._get_subscriptions()
        if not 0 < subscription_id <= MAX_ID:
            raise MissingError(request.env._("There is no such subscription."))
        subscription = Subscription.browse(subscription_id).exists()
        if not subscription or subscription.state == "draft":
            raise MissingError(request.env._("There is no such subscription."))
        if not (
            self._is_owner(subscription) or self._has_token(subscription, access_token)
        ):
            raise AccessError(request.env._("This subscription is not yours."))
        if request.env.user._is_public():
            self._speak_to(subscription.partner_id)
        lang = {"lang": request.env.lang}
        return subscription.with_company(subscription.company_id).with_context(**lang)

    def _find_by_link(self, subscription_id, access_token):
        """Return a subscription that the visitor may see, as superuser, and the secret
        of its link if they came by it; addresses repeat nothing else.

        :raises MissingError: as ``_find_subscription``
        :raises AccessError: as ``_find_subscription``
        """
        subscription = self._find_subscription(subscription_id, access_token)
        has_link = self._has_token(subscription, access_token)
        return subscription, access_token if has_link else None

    def _speak_to(self, partner):
        """Answer a visitor without a login in the language of the customer."""
        if request.env["res.lang"]._get_data(code=partner.lang):
            request.update_context(lang=partner.lang)

    def _find_own_subscription(self, subscription_id):
        """Return a subscription of the customer who is logged in, to change it.

        A link shows, pays and ends a subscription; whoever changes it logs in.

        :raises MissingError: there is none of this number
        :raises AccessError: it is somebody else's
        """
        return self._find_subscription(subscription_id)

    def _find_own_subscriptions(self):
        """Return the subscriptions of the customer who is logged in, as superuser."""
        Subscription = request.env["subscription.subscription"].sudo()
        return Subscription.search(
            Subscription._get_portal_domain(request.env.user.partner_id)
        )

    def _find_draft(self, subscription, change_id, kind):
        """Return the draft that was shown of a change of this subscription.

        One that was confirmed already, in another tab or by a second click, is gone.
        What somebody else prepares, such as a colleague in the back office, is not
        theirs to confirm.

        :param str change_id: as a form sends it
        :param str kind: a kind of ``subscription.change``
        """
        number = int(change_id) if str(change_id).isdecimal() else 0
        if not 0 < number <= MAX_ID:
            return subscription.change_ids.browse()
        return subscription.change_ids.filtered(
            lambda change: (
                change.id == number
                and change.kind == kind
                and change.state == "draft"
                and change.user_id == request.env.user
            )
        )

    def _is_owner(self, subscription):
        """Return whether the visitor is logged in for the customer."""
        user = request.env.user
        return not user._is_public() and bool(
            subscription.filtered_domain(
                subscription._get_portal_domain(user.partner_id)
            )
        )

    def _has_token(self, record, access_token):
        """Return whether the visitor came by the signed link of a record."""
        known = record.access_token
        # Text that is not plain cannot be compared in constant time.
        return bool(
            access_token
            and known
            and consteq(known.encode(), str(access_token).encode())
        )

    def _leave(self):
        """Send a visitor who may not see a page to what is theirs; as core does."""
        return request.redirect("/my")

    def _return_to(self, subscription, done=None, access_token=None):
        """Send the visitor back to the page of a subscription.

        :param str done: what the page tells first, a key of ``_get_done_texts``
        """
        return self._lead_to(
            subscription.access_url, done=done, access_token=access_token
        )

    def _lead_to_draft(self, change, access_token=None, *, is_changed=False):
        """Send the visitor to the page that tells what a change means, to confirm it.

        It can be loaded again, and gone back to, without sending anything once more.

        :param change: the draft of a ``subscription.change``
        :param bool is_changed: whether it differs from what was shown before
        """
        return self._lead_to(
            f"{change.subscription_id.access_url}/{DRAFT_PAGES[change.kind]}",
            change_id=change.id,
            changed=is_changed,
            access_token=access_token,
        )

    def _lead_to(self, url, **query):
        """Send the visitor to a page.

        :param query: as of ``_get_address``
        """
        return request.redirect(self._get_address(url, **query), code=303)

    @staticmethod
    def _get_address(url, **query):
        """Return the address of a page.

        :param query: what it carries; nothing where that is empty
        """
        query = url_encode({name: value for name, value in query.items() if value})
        return f"{url}?{query}" if query else url

    def _get_done_texts(self):
        """Return what the page of a subscription tells after something was done.

        :rtype: dict[str, str]
        """
        return {}

    def _render_subpage(
        self, template, subscription, access_token, title, /, *, status=200, **values
    ):
        """Return a page about one subscription.

        :param str template: the name of a template of this addon
        :param str title: the last of the breadcrumbs
        """
        url = self._get_address(subscription.access_url, access_token=access_token)
        return self._render_page(
            template,
            {
                "page_name": "subscription",
                "subscription": subscription,
                "subscription_url": url,
                "subpage": title,
                "token": access_token,
                **values,
            },
            status=status,
        )

    def _render_page(self, template, values, *, status=200):
        """Return a page that nobody keeps.

        :param str template: the name of a template of this addon
        """
        response = request.render(
            f"subscription_portal.{template}",
            {**self._prepare_portal_layout_values(), **values},
            status=status,
        )
        response.headers.update(HEADERS)
        return response
