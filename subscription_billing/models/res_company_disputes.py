from odoo import Command, fields, models
from odoo.exceptions import UserError

from .dispute_fields import HOLD_SCOPES, LOSS_HANDLINGS

#: setting -> type of the account that is made for it
ACCOUNTS = {
    "subscription_dispute_account_id": "asset_current",
    "subscription_dispute_loss_account_id": "expense",
    "subscription_dispute_fee_account_id": "expense",
}
EXPENSES = "('expense', 'expense_other', 'expense_direct_cost')"


class ResCompany(models.Model):
    """How a company handles disputes, and where it books them."""

    _inherit = "res.company"

    # === FIELDS === #

    subscription_dispute_journal_id = fields.Many2one(
        "account.journal",
        string="Dispute Journal",
        check_company=True,
        domain="[('type', 'in', ('general', 'bank', 'cash', 'credit'))]",
        help="The journal of the payment provider when empty.",
    )
    subscription_dispute_account_id = fields.Many2one(
        "account.account",
        string="Disputed Payments Account",
        check_company=True,
        domain="[('account_type', 'in', ('asset_current', 'asset_receivable')), "
        "('reconcile', '=', True)]",
        help="Money that the provider has withdrawn because of a dispute is here until "
        "the dispute is decided.",
    )
    subscription_dispute_loss_account_id = fields.Many2one(
        "account.account",
        string="Dispute Losses Account",
        check_company=True,
        domain=f"[('account_type', 'in', {EXPENSES})]",
        help="What a lost dispute costs, where the customer does not owe it again.",
    )
    subscription_dispute_fee_account_id = fields.Many2one(
        "account.account",
        string="Dispute Fees Account",
        check_company=True,
        domain=f"[('account_type', 'in', {EXPENSES})]",
        help="What the provider charges for a dispute.",
    )
    subscription_dispute_loss = fields.Selection(
        selection=LOSS_HANDLINGS,
        string="Lost Disputes",
        default="write_off",
        groups="base.group_user",
        required=True,
        help="What becomes of the invoice of a lost dispute. A payment that the bank "
        "returned is owed again in any case, unless somebody decides otherwise.",
    )
    subscription_dispute_hold = fields.Selection(
        selection=HOLD_SCOPES,
        string="Hold on a Dispute",
        default="subscription",
        groups="base.group_user",
        required=True,
        help="What is not charged by itself until somebody has decided. The disputed "
        "invoice is never charged.",
    )
    subscription_fraud_warning = fields.Selection(
        selection=[
            ("nothing", "Do nothing"),
            ("hold", "Hold automatic charges"),
            ("refund", "Hold, and propose a refund"),
        ],
        string="On a Fraud Warning",
        default="refund",
        groups="base.group_user",
        required=True,
    )
    subscription_dispute_user_id = fields.Many2one(
        "res.users",
        string="Responsible for Disputes",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="The salesperson of the subscription when empty.",
    )
    subscription_refund_policy = fields.Text(
        string="Refund Policy",
        translate=True,
        help="As customers were told; part of what is handed in about a dispute.",
    )
    subscription_cancellation_policy = fields.Text(
        string="Cancellation Policy",
        translate=True,
        help="As customers were told; part of what is handed in about a dispute.",
    )

    # === BUSINESS METHODS === #

    def _get_dispute_account(self, name):
        """Return the account of a setting.

        :param str name: a key of ``ACCOUNTS``
        :raises UserError: none has been chosen, or it cannot be reconciled
        """
        self.ensure_one()
        account = self[name]
        needs_matching = name == "subscription_dispute_account_id"
        if account and (account.reconcile or not needs_matching):
            return account
        setting = self._fields[name]._description_string(self.env)
        if account:
            raise UserError(
                self.env._(
                    "The %(setting)s %(account)s of %(company)s does not allow "
                    "reconciliation. Allow it on the account, or choose another one.",
                    setting=setting,
                    account=account.display_name,
                    company=self.display_name,
                )
            )
        raise UserError(
            self.env._(
                "Choose the %(setting)s of %(company)s in the settings of "
                "Subscriptions, or press Create Missing Accounts there, then press "
                "Book Again on the dispute.",
                setting=setting,
                company=self.display_name,
            )
        )

    def _create_dispute_accounts(self):
        """Create the accounts that are not chosen yet, beside those of their type.

        :raises UserError: the company has no chart of accounts
        """
        self.ensure_one()
        accounts = self.env["account.account"].with_company(self)
        for name, account_type in ACCOUNTS.items():
            if self[name]:
                continue
            sibling = accounts.search(
                [
                    *accounts._check_company_domain(self),
                    ("account_type", "=", account_type),
                ],
                order="code desc, id desc",
                limit=1,
            )
            if not sibling:
                raise UserError(
                    self.env._(
                        "%(company)s has no chart of accounts yet. Install one in the "
                        "settings of Invoicing.",
                        company=self.display_name,
                    )
                )
            self[name] = accounts.create(
                {
                    "name": self._fields[name]
                    ._description_string(self.env)
                    .removesuffix(" Account"),
                    "code": accounts._search_new_account_code(sibling.code),
                    "account_type": account_type,
                    "reconcile": account_type == "asset_current",
                    "company_ids": [Command.set(self.ids)],
                }
            )
