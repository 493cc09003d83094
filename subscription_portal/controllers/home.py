from odoo.addons.portal.controllers.portal import pager
from odoo.fields import Domain
from odoo.http import request, route

from .pages import SubscriptionPages

URL = "/my/subscriptions"
#: what the addresses of the pages of the list keep
ASKED = ("sortby", "filterby", "search", "search_in")


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
        [URL, f"{URL}/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def show_subscriptions(self, page=1, **asked):
        """Show the customer's subscriptions, some at a time."""
        Subscription = self._get_subscriptions()
        bar = self._prepare_search_bar(Subscription, **asked)
        domain = Subscription._get_portal_domain(request.env.user.partner_id)
        domain &= bar["searchbar_filters"][bar["filterby"]]["domain"]
        if bar["search"]:
            domain &= self._get_search_domain(bar["search_in"], bar["search"])
        pages = pager(
            url=URL,
            url_args={name: bar[name] for name in ASKED},
            total=Subscription.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        subscriptions = Subscription.search(
            domain,
            order=bar["searchbar_sortings"][bar["sortby"]]["order"],
            limit=self._items_per_page,
            offset=max(pages["offset"], 0),
        )
        return self._render_page(
            "portal_my_subscriptions",
            {
                "subscriptions": subscriptions,
                "page_name": "subscription",
                "default_url": URL,
                "pager": pages,
                **bar,
            },
        )

    def _prepare_search_bar(
        self,
        subscription,
        sortby=None,
        filterby=None,
        search=None,
        search_in=None,
        **_others,
    ):
        """Return what the search bar shows; what it does not know is not asked for."""
        sortings, filters = self._get_sortings(), self._get_filters(subscription)
        searches = self._get_searches()
        return {
            "searchbar_sortings": sortings,
            "sortby": sortby if sortby in sortings else "next",
            "searchbar_filters": filters,
            "filterby": filterby if filterby in filters else "all",
            "searchbar_inputs": searches,
            "search_in": search_in if search_in in searches else "all",
            "search": search,
        }

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
