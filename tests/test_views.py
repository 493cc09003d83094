"""Every view, filter and report of the app opens for those who see its menus."""

from collections import Counter
from datetime import date, datetime
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from lxml import etree
from odoo import models
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon
from odoo.addons.subscription_billing.tests.common_disputes import open_dispute

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
        cls._include_service(cls.plan)
        subscription = cls._create_subscription()
        cls._use_service(subscription.entitlement_ids)
        subscription._add_coupon(coupon)
        subscription.action_bill_now()
        cls.env["subscription.notifier"]._notify(
            subscription, "price_change", "test", subscription.date_next_invoice
        )
        subscription.payment_token_id = cls._create_token()
        cls.env["subscription.collection"]._create_charges(subscription.invoice_ids)
        subscription.action_close()
        subscription.change_ids.action_confirm()
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
        meter = cls._create_meter()
        cls._record(cls._create_metered(meter), meter, {})
        open_dispute(cls._create_token().provider_id)
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
        configured = seen[manager] - seen[user]
        self.assertEqual(configured, 4, "tags, reasons of two kinds and notice rules")

    def test_every_view_opens_for_those_who_read_its_model(self):
        unread = set()
        for person in self.people:
            for view in self._get_own("ir.ui.view").filtered("model"):
                model = self.env[view.model].with_user(person)
                if not model.has_access("read"):
                    unread.add(view.model)
                    continue
                with self.subTest(view=view.xml_id, person=person.login):
                    self.assertTrue(model.get_view(view.id, view.type)["arch"])
        administered = {
            "res.config.settings",
            "subscription.charge.settle",
            "subscription.paid.outside",
            "subscription.refund",
        }
        self.assertEqual(unread, administered)

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


@tagged("standard", "post_install", "-at_install")
class TestPlanForm(SubscriptionCommon):
    """Each option of a plan is asked for where it matters, and kept."""

    def setUp(self):
        super().setUp()
        self.form = Form(self.env["subscription.plan"])
        self.form.name = "Care"

    def _assert_asked(self, asked, not_asked):
        """Check which options the form shows; names are separated by spaces."""
        names = f"{asked} {not_asked}".split()
        shown = [n for n in names if not self.form._get_modifier(n, "invisible")]
        self.assertEqual(shown, asked.split())

    def test_a_newcomer_is_asked_for_little(self):
        self._assert_asked(
            "interval_count interval_unit billing_timing collection_method anchor_mode "
            "billing_offset proration_basis trial_days term_count proration "
            "notice_days invoice_mode is_zero_invoiced",
            "anchor_day anchor_month anchor_weekday first_period "
            "is_trial_method_required trial_end_action trial_end_without_method "
            "term_unit term_end_action early_termination early_fee_percent "
            "early_fee_amount early_fee_product_id",
        )
        self.assertTrue(self.form.save())

    def test_a_day_of_the_calendar(self):
        self.form.anchor_mode = "calendar"
        self._assert_asked("anchor_day first_period", "anchor_month anchor_weekday")
        self.form.interval_unit = "week"
        self._assert_asked("anchor_weekday first_period", "anchor_day anchor_month")
        self.form.interval_unit = "day"
        self._assert_asked("first_period", "anchor_day anchor_month anchor_weekday")
        self.form.interval_unit = "quarter"
        self._assert_asked("anchor_day anchor_month first_period", "anchor_weekday")
        self.form.anchor_day = 15
        self.form.anchor_month = "2"
        self.form.first_period = "free"
        self.form.proration_basis = "thirty"
        self.assertRecordValues(
            self.form.save(),
            [
                {
                    "interval_unit": "quarter",
                    "anchor_mode": "calendar",
                    "anchor_day": 15,
                    "anchor_month": "2",
                    "first_period": "free",
                    "proration_basis": "thirty",
                }
            ],
        )

    def test_a_day_of_the_week(self):
        self.form.interval_unit = "week"
        self.form.anchor_mode = "calendar"
        self.form.anchor_weekday = "4"
        self.form.billing_timing = "arrears"
        self.form.billing_offset = 3
        plan = self.form.save()
        subscription = self._create_subscription(
            plan_id=plan.id, date_start=date(2026, 5, 1)
        )
        self.assertEqual(subscription.date_next_invoice, date(2026, 5, 11))

    def test_a_trial(self):
        self.form.trial_days = 30
        self._assert_asked(
            "trial_end_action", "is_trial_method_required trial_end_without_method"
        )
        self.form.collection_method = "automatic"
        self.form.is_trial_method_required = True
        self.form.trial_end_action = "paused"
        self.form.trial_end_without_method = "closed"
        self.assertRecordValues(
            self.form.save(),
            [
                {
                    "trial_days": 30,
                    "is_trial_method_required": True,
                    "trial_end_action": "paused",
                    "trial_end_without_method": "closed",
                }
            ],
        )

    def test_a_commitment_with_a_fee(self):
        self.form.notice_days = 30
        self.form.term_count = 2
        self.form.term_unit = "year"
        self._assert_asked(
            "term_unit term_end_action early_termination",
            "early_fee_percent early_fee_amount early_fee_product_id",
        )
        self.form.term_end_action = "renew"
        self.form.early_termination = "fee"
        self.form.early_fee_percent = 50
        self.form.early_fee_amount = 10
        with self.assertRaisesRegex(AssertionError, "early_fee_product_id"):
            self.form.save()
        self.form.early_fee_product_id = self.product
        self.assertRecordValues(
            self.form.save(),
            [
                {
                    "term_count": 2,
                    "term_end_action": "renew",
                    "notice_days": 30,
                    "early_termination": "fee",
                    "early_fee_percent": 50,
                    "early_fee_amount": 10,
                }
            ],
        )

    def test_changes_and_invoices(self):
        self.form.proration = "invoice_now"
        self.form.invoice_mode = "draft"
        self.form.is_zero_invoiced = True
        plan = self.form.save()
        subscription = self._create_subscription(plan_id=plan.id)
        subscription.action_bill_now()
        self.assertEqual(subscription.invoice_ids.state, "draft")
        self.assertEqual(
            self._open_form(subscription.action_change()).proration, "invoice_now"
        )


@tagged("standard", "post_install", "-at_install")
@freeze_time("2026-05-11")
class TestSubscriptionForm(SubscriptionCommon):
    """The form asks for what matters in the state a subscription is in."""

    def test_a_start_in_the_past_asks_what_to_bill(self):
        form = Form(self._create_subscription(state="draft"))
        self.assertTrue(form._get_modifier("backdating", "invisible"))
        form.date_start = date(2026, 3, 1)
        self.assertFalse(form._get_modifier("backdating", "invisible"))
        form.backdating = "skip"
        subscription = form.save()
        subscription.action_confirm()
        self.assertEqual(subscription.date_next_period, date(2026, 5, 11))
        self.assertTrue(Form(subscription)._get_modifier("backdating", "invisible"))

    def test_a_trial_until_a_date_and_an_agreed_end(self):
        form = Form(self._create_subscription(state="draft"))
        form.date_trial_end = date(2026, 6, 1)
        form.date_end = date(2026, 12, 31)
        subscription = form.save()
        subscription.action_confirm()
        self.assertEqual(subscription.state, "trial")
        form = Form(subscription)
        self.assertTrue(form._get_modifier("date_end", "readonly"))
        self.assertEqual(form.date_next_period_last, "2026-06-30")

    def test_a_one_off_item_is_added_and_kept_once_it_is_invoiced(self):
        subscription = self._create_subscription()
        with Form(subscription) as form, form.item_ids.new() as item:
            item.product_id = self.product
            item.kind = "credit"
            item.price_unit = 30
            self.assertEqual(item.amount, -30)
        subscription.action_bill_now()
        self.assertEqual(subscription.invoice_ids.amount_untaxed, 70)
        form = Form(subscription)
        with form.item_ids.edit(0) as item:
            self.assertTrue(item._get_modifier("price_unit", "readonly"))
        action = subscription.item_ids.action_view_invoice()
        self.assertEqual(action["res_id"], subscription.invoice_ids.id)
