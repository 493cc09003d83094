from odoo import fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    """Where a company books what it gives up, and who collects for it."""

    _inherit = "res.company"

    # === FIELDS === #

    dunning_write_off_journal_id = fields.Many2one(
        "account.journal",
        string="Write-Off Journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="In which what is given up is booked.",
    )
    dunning_write_off_account_id = fields.Many2one(
        "account.account",
        string="Write-Off Account",
        check_company=True,
        domain="[('account_type', 'in', ('expense', 'expense_other', "
        "'expense_direct_cost'))]",
        help="The loss: what customers owe and will not pay.",
    )
    is_dunning_write_off_tax_corrected = fields.Boolean(
        string="Correct Taxes of Write-Offs",
        help="Take the taxes of what is written off back, on their own accounts and in "
        "the tax report. Ask your tax adviser when that is allowed.",
    )
    dunning_agency_id = fields.Many2one(
        "res.partner",
        string="Collection Agency",
        ondelete="restrict",
        help="To whom cases are handed over, unless a step names another one.",
    )

    # === BUSINESS METHODS === #

    def _get_write_off_setting(self, name):
        """Return the journal or the account of write-offs.

        :param str name: of the field
        :raises UserError: none is chosen
        """
        self.ensure_one()
        if not self[name]:
            raise UserError(
                self.env._(
                    "Choose the %(setting)s of %(company)s in the settings of "
                    "Subscriptions, then write off again.",
                    setting=self._fields[name]._description_string(self.env),
                    company=self.display_name,
                )
            )
        return self[name]

    def _get_dunning_agency(self):
        """Return who collects for this company.

        :raises UserError: nobody is chosen
        """
        self.ensure_one()
        if not self.dunning_agency_id:
            raise UserError(
                self.env._(
                    "Choose the Collection Agency of %(company)s in the settings of "
                    "Subscriptions, or an Agency on the step, then repeat the step.",
                    company=self.display_name,
                )
            )
        return self.dunning_agency_id
