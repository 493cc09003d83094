"""What the pages have in common that customers open from e-mails, without a login.

Looking at one changes nothing, since programs follow links in e-mails too.
"""

from odoo import SUPERUSER_ID
from odoo.http import request

#: the routes of such pages: one address for all languages
ROUTE = {
    "type": "http",
    "auth": "public",
    "website": True,
    "multilang": False,
    "sitemap": False,
}
#: who has the address of such a page may act for the customer: nobody keeps it, or
#: learns of it
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}


def find_case(page, token):
    """Return the case of a link, and whether the link is still good.

    From then on the visitor is nobody here, unless it is the customer who is logged in,
    and is answered in the customer's language.

    :param str page: a key of ``PAGES``
    :return: no case for a link that is not ours
    :rtype: tuple[dunning.case, bool]
    """
    Case = request.env["dunning.case"].with_user(SUPERUSER_ID)
    case, is_good = Case._read_link(page, token)
    visitor = request.env.user.partner_id.commercial_partner_id
    if visitor != case.partner_id:
        request.update_env(user=request.env.ref("base.public_user").id)
    if not case:
        return case, False
    lang = case._get_contact().lang or case.company_id.partner_id.lang
    if request.env["res.lang"]._get_data(code=lang):
        request.update_context(lang=lang)
    context = {"lang": request.env.lang, "allowed_company_ids": case.company_id.ids}
    return case.with_context(**context), is_good


def render_page(template, *, status=200, **values):
    """Return a page that nobody keeps.

    :param str template: the name of a template of this addon
    """
    response = request.render(
        f"subscription_billing_dunning.{template}", values, status=status
    )
    response.headers.update(HEADERS)
    return response


def refuse():
    """Return the page that is shown for a link which is not ours."""
    return render_page("link_invalid", status=403)
