from odoo.addons.portal.controllers.portal import pager
from odoo.fields import Domain
from odoo.http import request, route

from .pages import SubscriptionPages


class SubscriptionHome(SubscriptionPages):
    """The card on the customer's home page, and the list of their subscriptions."""

    _items_per_page = 20

    # === HOME === #

    def _prepare_home_portal_values(self, counters):
        """Count the customer's subscriptions, and those that need attention."""
        values = super()._prepare_home_portal_values(counters)
        Subscription = self._get_subscriptions()
        mine = Subscription._get_portal_domain(request.env.user.partner_id)
        if "subscription_count" in counters:
            values["subscription_count"] = Subscription.search_count(mine)
        if "subscription_attention_count" in counters:
            values["subscription_attention_count"] = Subscription.search_count(
                mine & Subscription._get_attention_domain()
            )
        return values

    # === LIST === #

    @route(
        ["/my/subscriptions", "/my/subscriptions/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def show_subscriptions(
        self,
        page=1,
        sortby="next",
        filterby="all",
        search=None,
        search_in="all",
        **_others,
    ):
        """Show the customer's subscriptions, some at a time."""
        Subscription = self._get_subscriptions()
        sortings, filters = self._get_sortings(), self._get_filters(Subscription)
        searches = self._get_searches()
        sortby = sortby if sortby in sortings else "next"
        filterby = filterby if filterby in filters else "all"
        search_in = search_in if search_in in searches else "all"
        domain = Subscription._get_portal_domain(request.env.user.partner_id)
        domain &= filters[filterby]["domain"]
        if search:
            domain &= self._get_search_domain(search_in, search)
        url = "/my/subscriptions"
        pages = pager(
            url=url,
            url_args={
                "sortby": sortby,
                "filterby": filterby,
                "search": search,
                "search_in": search_in,
            },
            total=Subscription.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        subscriptions = Subscription.search(
            domain,
            order=sortings[sortby]["order"],
            limit=self._items_per_page,
            offset=max(pages["offset"], 0),
        )
        return self._render_page(
            "portal_my_subscriptions",
            {
                "subscriptions": subscriptions,
                "page_name": "subscription",
                "default_url": url,
                "pager": pages,
                "searchbar_sortings": sortings,
                "sortby": sortby,
                "searchbar_filters": filters,
                "filterby": filterby,
                "searchbar_inputs": searches,
                "search_in": search_in,
                "search": search,
            },
        )

    def _get_sortings(self):
        """Return the orders of the list, as the search bar takes them."""
        env = request.env
        return {
            "next": {"label": env._("Next Invoice"), "order": "date_next_invoice, id"},
            "newest": {"label": env._("Newest"), "order": "date_start desc, id desc"},
            "name": {"label": env._("Number"), "order": "name, id"},
            "state": {"label": env._("Status"), "order": "state, id desc"},
        }

    def _get_filters(self, subscription):
        """Return the filters of the list, as the search bar takes them."""
        env = request.env
        return {
            "all": {"label": env._("All"), "domain": Domain.TRUE},
            "running": {
                "label": env._("Running"),
                "domain": Domain("state", "!=", "closed"),
            },
            "attention": {
                "label": env._("Needs Attention"),
                "domain": subscription._get_attention_domain(),
            },
            "ended": {
                "label": env._("Ended"),
                "domain": Domain("state", "=", "closed"),
            },
        }

    def _get_searches(self):
        """Return where the list can be searched, as the search bar takes it."""
        env = request.env
        return {
            "all": {"input": "all", "label": env._("Search in All")},
            "name": {"input": "name", "label": env._("Search in Number")},
            "product": {"input": "product", "label": env._("Search in Products")},
        }

    def _get_search_domain(self, search_in, search):
        """Return the domain of what a customer searches for."""
        parts = {
            "name": Domain("name", "ilike", search)
            | Domain("client_order_ref", "ilike", search),
            "product": Domain("line_ids.name", "ilike", search)
            | Domain("plan_id.name", "ilike", search),
        }
        return parts.get(search_in) or Domain.OR(parts.values())
