from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.charge import Charge
from ..tools.recurrence import Period
from .derived import refuse_internal, without_internal_defaults

KINDS = [
    ("charge", "Charge"),
    ("credit", "Credit"),
    ("setup", "Set-up Fee"),
    ("deposit", "Deposit"),
    ("deposit_return", "Deposit Returned"),
    ("fee", "Fee"),
]


class SubscriptionItem(models.Model):
    """A one-off amount on the next invoice; its invoice line is its claim."""

    _name = "subscription.item"
    _description = "One-off Item"
    _inherit = ["analytic.mixin"]
    _order = "date, id"
    _check_company_auto = True

    # === FIELDS === #

    subscription_id = fields.Many2one(
        "subscription.subscription", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, precompute=True
    )
    currency_id = fields.Many2one(
        related="subscription_id.currency_id", store=True, precompute=True
    )
    kind = fields.Selection(selection=KINDS, default="charge", required=True)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        ondelete="restrict",
        domain="[('sale_ok', '=', True)]",
        check_company=True,
    )
    name = fields.Text(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        digits="Product Price",
        help="Above zero. What is given to the customer is a credit, and is taken off "
        "the invoice.",
    )
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        compute="_compute_tax_ids",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('type_tax_use', '=', 'sale')]",
        check_company=True,
    )
    date = fields.Date(
        string="Not Before",
        help="The item is on the first invoice from this day on. Empty: on the next "
        "invoice.",
    )
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        help="Before taxes; negative for what the customer is given.",
    )
    plan_item_id = fields.Many2one(
        "subscription.plan.item",
        string="From the Plan",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        help="The item of the plan that a new subscription got.",
    )
    origin_id = fields.Many2one(
        "subscription.item",
        string="Gives Back",
        ondelete="restrict",
        readonly=True,
        copy=False,
        help="The deposit that is returned.",
    )
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line",
        ondelete="restrict",
        index="btree_not_null",
        copy=False,
        readonly=True,
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        related="move_line_id.move_id",
        store=True,
        index="btree_not_null",
    )

    _pending_index = models.Index("(subscription_id) WHERE move_line_id IS NULL")
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "Quantity must be above 0."
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_name(self):
        for item in self:
            lang = item.subscription_id.partner_id.lang
            product = item.product_id.with_context(lang=lang)
            item.name = product.display_name if product else item.name

    @api.depends("product_id")
    def _compute_price_unit(self):
        for item in self:
            item.price_unit = item.product_id.lst_price

    @api.depends("product_id", "kind", "subscription_id.fiscal_position_id")
    def _compute_tax_ids(self):
        for item in self:
            subscription = item.subscription_id
            company = item.company_id or self.env.company
            taxes = item.product_id.taxes_id._filter_taxes_by_company(company)
            is_deposit = item.kind in ("deposit", "deposit_return")
            item.tax_ids = (
                False if is_deposit else subscription.fiscal_position_id.map_tax(taxes)
            )

    @api.depends("kind", "quantity", "price_unit", "currency_id")
    def _compute_amount(self):
        for item in self:
            currency = item.currency_id or self.env.company.currency_id
            item.amount = currency.round(
                item._get_sign() * item.quantity * item.price_unit
            )

    # === CONSTRAINTS === #

    @api.constrains("price_unit")
    def _check_price(self):
        for item in self:
            if item.price_unit < 0:
                raise ValidationError(
                    self.env._(
                        "Unit Price of %(item)s must not be negative. Choose Credit "
                        "as its kind to give an amount to the customer.",
                        item=item.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Begin as pending: only the invoice claims an item."""
        refuse_internal(self, vals_list, self._get_claim_text())
        model = without_internal_defaults(self)
        return super(SubscriptionItem, model).create(vals_list)

    def write(self, vals):
        """Keep what has been invoiced."""
        refuse_internal(self, [vals], self._get_claim_text())
        if vals.keys() - {"move_line_id"}:
            self._check_pending()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        self._check_pending()

    # === ACTIONS === #

    def action_view_invoice(self):
        """Open the invoice that this item is on."""
        self.ensure_one()
        return self.subscription_id._get_invoices_action(self.move_id)

    # === BUSINESS METHODS === #

    @api.model
    def _get_claim_text(self):
        """Return how the fields that only our code writes are set."""
        return self.env._("The invoice that bills an item, or gives it back, sets it.")

    def _check_pending(self):
        """Refuse to change an item that is on an invoice."""
        if invoiced := self.filtered("move_line_id"):
            raise UserError(
                self.env._(
                    "%(item)s is on the invoice %(invoice)s and is kept. Credit the "
                    "invoice instead.",
                    item=invoiced[0].name,
                    invoice=invoiced[0].move_id.display_name,
                )
            )

    def _get_sign(self):
        """Return -1 for what the customer is given, 1 for what it owes."""
        self.ensure_one()
        return -1 if self.kind in ("credit", "deposit_return") else 1

    def _get_due(self, day):
        """Return the items that may be on an invoice for ``day``."""
        return self.filtered(lambda item: not item.date or item.date <= day)

    def _get_charge(self, day):
        """Return what this item owes.

        :rtype: tools.charge.Charge
        """
        self.ensure_one()
        quantity = Decimal(str(self._get_sign() * self.quantity))
        return Charge(
            line_id=0,
            kind="item",
            period=Period(day, day + timedelta(days=1)),
            quantity=quantity,
            gross=quantity * Decimal(str(self.price_unit)),
            item_id=self.id,
        )

    @api.model
    def _return_deposits(self, subscription):
        """Put the deposits of a subscription on its last invoice, to give them back.

        What people have taken back by hand is not given again.
        """
        items, words = subscription.item_ids, subscription._get_customer_words()
        returned = items.filtered(lambda item: item.kind == "deposit_return")
        held = (
            items.filtered(lambda item: item.kind == "deposit" and item.move_line_id)
            - returned.origin_id
        )
        amounts = {
            deposit: deposit.currency_id.round(
                deposit.amount * float(deposit._get_standing_part())
            )
            for deposit in held
        }
        self.create(
            [
                {
                    "subscription_id": subscription.id,
                    "kind": "deposit_return",
                    "product_id": deposit.product_id.id,
                    "name": words.env._("Returned: %(item)s", item=deposit.name),
                    "price_unit": amount,
                    "origin_id": deposit.id,
                }
                for deposit, amount in amounts.items()
                if amount
            ]
        )

    def _get_standing_part(self):
        """Return which part of an invoiced item still stands in the books, 0 to 1."""
        self.ensure_one()
        line = self.sudo().move_line_id
        if not line.price_subtotal:
            return Decimal(1)
        gone = line._get_taken_back() / abs(Decimal(str(line.price_subtotal)))
        return max(1 - gone - line.move_id._get_withheld_part(), Decimal(0))

    def _prepare_invoice_line_vals(self):
        """Return the values of the invoice line that bills this item.

        A deposit is money of the customer: it goes to the account for deposits.

        :raises UserError: there is no such account
        """
        self.ensure_one()
        vals = {
            "product_id": self.product_id.id,
            "product_uom_id": self.product_id.uom_id.id,
            "name": self.name,
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
            "subscription_item_ids": [fields.Command.link(self.id)],
        }
        if self.kind in ("deposit", "deposit_return"):
            vals["account_id"] = self.company_id._get_deposit_account().id
        return vals
