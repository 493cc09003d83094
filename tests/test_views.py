"""Every view, filter and report of the app opens for those who see its menus."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from lxml import etree
from odoo import models
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

ADDON = "subscription_billing"
#: what is shown to some only has to be right too
OPTIONS = (
    "analytic.group_analytic_accounting",
    "base.group_multi_company",
    "base.group_multi_currency",
    "product.group_product_variant",
    "uom.group_uom",
)


class Opened(NamedTuple):
    """A window action as a person has it before them."""

    person: models.Model
    action: models.Model
    #: the action's model, as the person
    model: models.Model
    #: what ``get_views`` says of each type of view
    views: dict

    def __str__(self):
        return f"{self.action.xml_id} for {self.person.login}"

    def find(self, view_type, path):
        """Return the nodes at an XPath in one of the views, none without the view."""
        view = self.views.get(view_type)
        return etree.fromstring(view["arch"]).xpath(path) if view else []

    def evaluate(self, text, typed=None):
        """Return the value of an expression as the web client works it out.

        :param typed: what the person has typed into the search field
        """
        return safe_eval(
            text,
            {
                "uid": self.person.id,
                "allowed_company_ids": self.person.company_ids.ids,
                "context": {},
                "context_today": datetime.now,
                "relativedelta": relativedelta,
                "self": typed,
                "raw_value": typed,
            },
        )


@tagged("standard", "post_install", "-at_install")
class TestViews(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        coupon = cls.env["subscription.coupon"].create(
            {"name": "Welcome", "percentage": 20}
        )
        subscription = cls._create_subscription()
        subscription._add_coupon(coupon)
        subscription.action_bill_now()
        cls.env["subscription.price"].create(
            {
                "plan_id": cls.plan.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "price_unit": 100,
            }
        )
        cls.env["subscription.tag"].create({"name": "VIP"})
        cls.env["subscription.increase"].create(
            {"name": "2027", "percent": 5}
        ).action_compute()
        cls.people = [
            cls._create_person("user"),
            cls._create_person("manager"),
            cls._create_person("manager", *OPTIONS),
        ]
        cls.env.flush_all()

    @classmethod
    def _create_person(cls, role, *options):
        groups = (f"{ADDON}.group_subscription_{role}", *options)
        login = f"views_{role}_{len(options)}"
        return new_test_user(cls.env, login, groups=",".join(groups))

    def setUp(self):
        super().setUp()
        self.env.invalidate_all()

    # === WHAT THERE IS === #

    def _get_own(self, model):
        """Return what the addon brings of a model, such as its views or menus."""
        data = self.env["ir.model.data"].search(
            [("module", "=", ADDON), ("model", "=", model)]
        )
        return self.env[model].browse(data.mapped("res_id"))

    def _get_menu_actions(self, person):
        """Return the window actions behind the app's menus that a person sees."""
        visible = self.env["ir.ui.menu"].with_user(person)._visible_menu_ids()
        menus = self._get_own("ir.ui.menu").filtered(
            # A menu is out of reach below one that is hidden.
            lambda menu: visible >= set(map(int, menu.parent_path.split("/")[:-1]))
        )
        return [menu.action for menu in menus if menu.action]

    def _open_all(self):
        """Open the views of each action for each person, one after the other."""
        for person in self.people:
            for action in self._get_menu_actions(person):
                model = self.env[action.res_model].with_user(person)
                views = model.get_views(
                    [*action.views, (action.search_view_id.id, "search")],
                    {"toolbar": True, "load_filters": True, "action_id": action.id},
                )["views"]
                yield Opened(person, action, model, views)

    # === VIEWS === #

    def test_every_menu_opens_its_views(self):
        seen = Counter()
        for opened in self._open_all():
            seen[opened.person] += 1
            with self.subTest(str(opened)):
                types = {*opened.action.view_mode.split(","), "search"}
                self.assertEqual(set(opened.views), types)
        user, manager, _ = self.people
        self.assertGreater(seen[user], 10)
        self.assertEqual(seen[manager] - seen[user], 2, "tags and close reasons")

    def test_every_view_opens_for_those_who_read_its_model(self):
        unread = set()
        for person in self.people:
            for view in self._get_own("ir.ui.view"):
                model = self.env[view.model].with_user(person)
                if not model.has_access("read"):
                    unread.add(view.model)
                    continue
                with self.subTest(view=view.xml_id, person=person.login):
                    self.assertTrue(model.get_view(view.id, view.type)["arch"])
        self.assertEqual(unread, {"res.config.settings"})

    def test_the_settings_open_for_an_administrator(self):
        administrator = new_test_user(
            self.env,
            "views_administrator",
            groups=f"base.group_system,{ADDON}.group_subscription_manager",
        )
        settings = Form(self.env["res.config.settings"].with_user(administrator))
        self.assertEqual(settings.subscription_tz, self.company.subscription_tz)

    def test_every_list_shows_its_records(self):
        for opened in self._open_all():
            columns = opened.find("list", "/list/field/@name")
            relational = {n for n in columns if opened.model._fields[n].relational}
            specification = {
                name: {"fields": {"display_name": {}}} if name in relational else {}
                for name in columns
            }
            with self.subTest(str(opened)):
                self.assertTrue(opened.model.web_search_read([], specification))

    # === SEARCHES === #

    def test_every_filter_can_be_applied(self):
        for opened in self._open_all():
            for node in opened.find("search", "//filter[@domain]"):
                with self.subTest(str(opened), filter=node.get("name")):
                    opened.model.search_count(opened.evaluate(node.get("domain")))

    def test_every_filter_groups_by_something(self):
        for opened in self._open_all():
            for node in opened.find("search", "//filter[@context or @date]"):
                with self.subTest(str(opened), filter=node.get("name")):
                    context = opened.evaluate(node.get("context") or "{}")
                    self._group(
                        opened.model, context.get("group_by") or node.get("date")
                    )

    def _group(self, model, by):
        """Group all records as the web client does, dates by month."""
        field = model._fields[by.split(":")[0].split(".")[0]]
        if field.type == "properties":
            return  # people define these; there are none
        if field.type in ("date", "datetime") and ":" not in by:
            by = f"{by}:month"
        model.formatted_read_group([], groupby=[by], aggregates=["__count"])

    def test_every_field_can_be_searched(self):
        for opened in self._open_all():
            for node in opened.find("search", "//field[not(@invisible)]"):
                name, operator = node.get("name"), node.get("operator", "ilike")
                if opened.model._fields[name].type in ("date", "properties"):
                    continue  # not typed but chosen
                domain = node.get("filter_domain") or repr([(name, operator, "Ada")])
                with self.subTest(str(opened), field=name):
                    opened.model.search_count(opened.evaluate(domain, "Ada"))

    def test_every_default_filter_exists(self):
        for opened in self._open_all():
            known = opened.find("search", "//filter/@name | //field/@name")
            for key in opened.evaluate(opened.action.context or "{}"):
                if key.startswith("search_default_"):
                    with self.subTest(str(opened)):
                        self.assertIn(key.removeprefix("search_default_"), known)

    def test_every_action_finds_its_records(self):
        for opened in self._open_all():
            with self.subTest(str(opened)):
                domain = opened.evaluate(opened.action.domain or "[]")
                opened.model.search_count(domain)

    # === REPORTS === #

    def test_every_report_adds_up(self):
        kinds = set()
        for opened in self._open_all():
            for kind in ("pivot", "graph"):
                if nodes := opened.find(kind, "//field"):
                    kinds.add(kind)
                    with self.subTest(str(opened), kind=kind):
                        self.assertTrue(self._add_up(opened.model, nodes))
        self.assertEqual(kinds, {"pivot", "graph"})

    def _add_up(self, model, nodes):
        """Return the rows of a pivot or a graph with these fields."""
        measures = [node.get("name") for node in nodes if node.get("type") == "measure"]
        groups = [
            ":".join(filter(None, (node.get("name"), node.get("interval"))))
            for node in nodes
            if node.get("type") != "measure"
        ]
        sums = [f"{name}:{model._fields[name].aggregator}" for name in measures]
        self.assertTrue(groups and sums)
        return model.formatted_read_group([], groupby=groups, aggregates=sums)
