"""The import: a book comes in through Odoo's own screen, whole or not at all."""

import csv
import io
from datetime import date

from freezegun import freeze_time
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.subscription_billing.tests.common import SubscriptionCommon

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What the import screen sends when nobody has changed anything.
OPTIONS = {
    "has_headers": True,
    "advanced": True,
    "keep_matches": False,
    "quoting": '"',
    "separator": ",",
    "encoding": "utf-8",
    "date_format": "%Y-%m-%d",
    "datetime_format": "",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
    "limit": 2000,
    "skip": 0,
}
COLUMNS = [
    "Customer",
    "Plan",
    "Status",
    "Start Date",
    "Next Invoice",
    "Billing Anchor",
    "Collection Method",
    "Lines/Product",
    "Lines/Description",
    "Lines/Quantity",
    "Lines/Unit Price",
]
GOOD = {
    "Customer": "Ada Lovelace",
    "Plan": "Monthly",
    "Status": "Active",
    "Start Date": "2026-01-31",
    "Next Invoice": "2026-03-31",
    "Lines/Product": "Maintenance",
}
# What is wrong, the cells that make it so, and what the reason must say.
BAD = [
    ("unknown customer", {"Customer": "Nobody"}, "'Nobody' in field 'Customer'"),
    ("no customer", {"Customer": ""}, "field 'Customer'"),
    ("unknown plan", {"Plan": "Hourly"}, "'Hourly' in field 'Plan'"),
    ("no plan", {"Plan": ""}, "field 'Plan'"),
    ("unknown product", {"Lines/Product": "Air"}, "'Air' in field"),
    ("no line", {"Lines/Product": ""}, "Add at least one line"),
    ("unknown status", {"Status": "Running"}, "'Running' not found"),
    ("a status of later", {"Status": "Closed"}, "as Draft or Active, not as Closed"),
    ("unknown collection", {"Collection Method": "Barter"}, "'Barter' not found"),
    ("negative quantity", {"Lines/Quantity": "-2"}, "Quantity must be 0 or more"),
    (
        "an old start without a next invoice",
        {"Next Invoice": ""},
        "every period since then would be invoiced",
    ),
    (
        "a next invoice in the middle of a period",
        {"Next Invoice": "2026-12-15", "Billing Anchor": "2026-01-31"},
        "Choose 2026-11-30 or 2026-12-31",
    ),
]


@tagged("standard", "post_install", "-at_install")
class TestImport(SubscriptionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Subscription = cls.env["subscription.subscription"]
        cls.env["subscription.price"].create(
            {
                "plan_id": cls.plan.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "price_unit": 90,
            }
        )
        template = cls.Subscription.get_import_templates()[0]["template"]
        with file_open(template.lstrip("/"), "rb") as file:
            cls.template = file.read()

    # === WHAT THE IMPORT SCREEN DOES === #

    def _preview(self, content, file_type="text/csv"):
        """Upload a file; return the wizard and its preview."""
        wizard = self.env["base_import.import"].create(
            {
                "res_model": "subscription.subscription",
                "file": content,
                "file_name": "book",
                "file_type": file_type,
            }
        )
        preview = wizard.parse_preview(dict(OPTIONS))
        self.assertNotIn("error", preview)
        return wizard, preview

    def _import(self, content, file_type="text/csv", *, dryrun=False):
        """Import a file with the columns as the screen matches them."""
        wizard, preview = self._preview(content, file_type)
        return wizard.execute_import(
            self._match(preview), preview["headers"], preview["options"], dryrun=dryrun
        )

    def _match(self, preview):
        """Return the path of the field of each column, False without one."""
        matches = preview["matches"]
        return [
            "/".join(matches[column]) if column in matches else False
            for column in range(len(preview["headers"]))
        ]

    def _import_rows(self, *rows, **options):
        """Import rows given as dicts; cells left out are empty."""
        return self._import(
            self._to_csv(
                COLUMNS, [[row.get(name) for name in COLUMNS] for row in rows]
            ),
            **options,
        )

    def _import_good(self, *rows):
        """Import rows that are all in order; return the subscriptions."""
        result = self._import_rows(*rows)
        self.assertEqual(result["messages"], [])
        return self.Subscription.browse(result["ids"])

    def _to_csv(self, header, rows):
        """Return a CSV file."""
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
        return file.getvalue().encode()

    # === WHAT THE TEMPLATE SPEAKS OF === #

    def _read_template(self):
        """Return the rows of the template, its header first."""
        wizard = self.env["base_import.import"].create({"file": self.template})
        return wizard._read_file(dict(OPTIONS))[1]

    def _create_what_the_template_names(self):
        """Create the customers, plans, products and others of its example rows."""
        header, *rows = self._read_template()
        examples = [dict(zip(header, row, strict=True)) for row in rows]
        for column, model in (
            ("Customer*", "res.partner"),
            ("Plan*", "subscription.plan"),
            ("Lines/Product*", "product.product"),
            ("Tags", "subscription.tag"),
        ):
            cells = {row[column] for row in examples if row[column]}
            names = cells if column != "Tags" else set(",".join(cells).split(","))
            self.env[model].create([{"name": name} for name in sorted(names)])
        for number, name in enumerate({row["Salesperson"] for row in examples} - {""}):
            if not self.env["res.users"].search_count([("name", "=", name)]):
                new_test_user(self.env, login=f"salesperson {number}", name=name)
        for row in examples:
            if external_id := row["Payment Method/External ID"]:
                partner = self.env["res.partner"].search(
                    [("name", "=", row["Customer*"])]
                )
                self.env["ir.model.data"]._update_xmlids(
                    [{"xml_id": external_id, "record": self._create_token(partner)}]
                )

    def _assert_book_of_the_template(self, subscriptions):
        """Check the three subscriptions of the template."""
        self.assertRecordValues(
            subscriptions,
            [
                {
                    "state": "draft",
                    "date_start": date(2027, 1, 1),
                    "date_next_invoice": False,
                    "collection_method": "invoice",
                    "client_order_ref": "PO 4500019001",
                },
                {
                    "state": "active",
                    "date_start": date(2026, 3, 10),
                    "date_next_invoice": date(2026, 3, 10),
                    "collection_method": "automatic",
                    "client_order_ref": False,
                },
                {
                    "state": "active",
                    "date_start": date(2024, 3, 15),
                    "date_next_invoice": date(2027, 3, 15),
                    "collection_method": "invoice",
                    "client_order_ref": "CG/FACILITIES/19",
                },
            ],
        )
        self.assertRecordValues(
            subscriptions.line_ids.sorted("id"),
            [
                {"quantity": 2, "price_unit": 1, "discount": 0},
                {"quantity": 1, "price_unit": 135, "discount": 0},
                {"quantity": 1, "price_unit": 1, "discount": 10},
                {"quantity": 3, "price_unit": 499, "discount": 0},
            ],
        )
        self.assertEqual(subscriptions.mapped(lambda s: len(s.line_ids)), [2, 1, 1])
        self.assertEqual(
            subscriptions[1].payment_token_id.partner_id, subscriptions[1].partner_id
        )
        self.assertEqual(len(subscriptions[2].tag_ids), 2)

    # === TESTS: THE TEMPLATE === #

    def test_the_import_screen_understands_every_column_of_the_template(self):
        _wizard, preview = self._preview(self.template, XLSX)
        self.assertEqual(
            self._match(preview),
            [
                "partner_id",
                "plan_id",
                "state",
                "date_start",
                "date_next_invoice",
                "date_anchor",
                "collection_method",
                "payment_token_id/id",
                "client_order_ref",
                "user_id",
                "tag_ids",
                "line_ids/product_id",
                "line_ids/name",
                "line_ids/quantity",
                "line_ids/price_unit",
                "line_ids/discount",
            ],
        )

    @freeze_time("2026-03-10")
    def test_the_template_can_be_imported_as_it_is(self):
        self._create_what_the_template_names()
        result = self._import(self.template, XLSX)
        self.assertEqual(result["messages"], [])
        self._assert_book_of_the_template(self.Subscription.browse(result["ids"]))

    @freeze_time("2026-03-10")
    def test_a_csv_file_gives_the_same_book_as_a_spreadsheet(self):
        self._create_what_the_template_names()
        header, *rows = self._read_template()
        result = self._import(self._to_csv(header, rows))
        self.assertEqual(result["messages"], [])
        self._assert_book_of_the_template(self.Subscription.browse(result["ids"]))

    def test_what_only_billing_may_write_is_not_offered(self):
        fields = self.env["base_import.import"].get_fields_tree(
            "subscription.subscription"
        )
        lines = next(field for field in fields if field["name"] == "line_ids")
        offered = {field["name"] for field in [*fields, *lines["fields"]]}
        self.assertFalse(
            offered
            & {"event_ids", "period_ids", "billing_error", "date_activation", "mrr"}
        )

    # === TESTS: WHAT COMES IN === #

    @freeze_time("2026-03-31")
    def test_what_was_billed_elsewhere_is_not_billed_again(self):
        subscription = self._import_good(
            {**GOOD, "Start Date": "2024-01-31", "Next Invoice": "2026-03-31"}
        )
        self._run_renewal()
        self.assertRecordValues(
            subscription.period_ids,
            [{"date_start": date(2026, 3, 31), "date_end": date(2026, 4, 30)}],
        )
        self.assertEqual(subscription.date_next_invoice, date(2026, 4, 30))
        self.assertEqual(subscription.date_anchor, date(2024, 1, 31))

    @freeze_time("2026-03-10")
    def test_an_empty_cell_means_the_default_and_not_zero(self):
        subscription = self._import_good(
            {**GOOD, "Start Date": "", "Next Invoice": "", "Status": ""}
        )
        self.assertRecordValues(
            subscription,
            [
                {
                    "state": "draft",
                    "date_start": date(2026, 3, 10),
                    "date_anchor": date(2026, 3, 10),
                    "collection_method": "invoice",
                    "user_id": self.env.uid,
                }
            ],
        )
        self.assertRecordValues(
            subscription.line_ids,
            [{"name": "Maintenance", "quantity": 1, "price_unit": 90}],
        )
        self.assertEqual(subscription.line_ids.tax_ids, self.tax)

    def test_a_price_of_zero_in_a_cell_is_zero(self):
        subscription = self._import_good({**GOOD, "Lines/Unit Price": "0"})
        self.assertEqual(subscription.line_ids.price_unit, 0)

    def test_a_row_with_only_a_line_belongs_to_the_subscription_above(self):
        subscriptions = self._import_good(
            GOOD,
            {"Lines/Product": "Maintenance", "Lines/Unit Price": "12.5"},
            GOOD,
        )
        self.assertEqual(
            subscriptions.mapped(lambda s: s.line_ids.mapped("price_unit")),
            [[90, 12.5], [90]],
        )

    def test_an_active_row_is_confirmed_as_by_the_button(self):
        subscription = self._import_good(GOOD)
        self.assertRecordValues(
            subscription.event_ids,
            [{"movement": "new", "state_after": "active", "mrr_delta": 90}],
        )

    @freeze_time("2026-03-10")
    def test_a_user_of_the_app_may_import(self):
        self._create_what_the_template_names()
        clerk = new_test_user(
            self.env,
            login="clerk",
            groups="subscription_billing.group_subscription_user",
        )
        self.env = self.env(user=clerk)
        result = self._import(self.template, XLSX)
        self.assertEqual(result["messages"], [])
        imported = self.env["subscription.subscription"].browse(result["ids"])
        self._assert_book_of_the_template(imported)

    # === TESTS: WHAT IS REFUSED === #

    @mute_logger("odoo.sql_db")
    def test_a_bad_row_is_refused_with_its_number_and_its_reason(self):
        for what, cells, reason in BAD:
            with self.subTest(what):
                before = self.Subscription.search_count([])
                result = self._import_rows(GOOD, GOOD, {**GOOD, **cells}, GOOD)
                self.assertFalse(result["ids"])
                self.assertEqual(self.Subscription.search_count([]), before)
                errors = [m for m in result["messages"] if m["type"] == "error"]
                self.assertEqual(
                    {(error["rows"]["from"], error["rows"]["to"]) for error in errors},
                    {(2, 2)},
                )
                self.assertIn(reason, errors[0]["message"])

    def test_a_date_that_is_none_is_refused_with_its_line_in_the_file(self):
        result = self._import_rows(GOOD, GOOD, {**GOOD, "Start Date": "soon"})
        self.assertFalse(result.get("ids"))
        self.assertIn("line 3", result["messages"][0]["message"])

    @mute_logger("odoo.sql_db")
    def test_every_bad_row_is_told_at_once(self):
        result = self._import_rows(
            GOOD,
            {**GOOD, "Lines/Quantity": "-1"},
            GOOD,
            {**GOOD, "Status": "Closed"},
        )
        self.assertEqual(
            [message["rows"]["from"] for message in result["messages"]], [1, 3]
        )

    def test_a_trial_import_leaves_nothing_behind(self):
        before = self.Subscription.search_count([])
        result = self._import_rows(GOOD, GOOD, dryrun=True)
        self.assertEqual((result["messages"], len(result["ids"])), ([], 2))
        self.assertEqual(self.Subscription.search_count([]), before)
