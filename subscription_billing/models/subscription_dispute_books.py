import logging
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools.dispute import WON, amount_to_close
from .batch import run_isolated

_logger = logging.getLogger(__name__)

#: asks a person to mend why a dispute cannot be booked
ACTIVITY = "subscription_billing.mail_activity_type_dispute_books"


class SubscriptionDispute(models.Model):
    """The books follow the money: each movement at the provider is one journal entry.

    What the provider has withdrawn is a claim, on an account of its own, until the
    dispute is decided: then it was reinstated, or is given up.
    """

    _inherit = "subscription.dispute"

    # === FIELDS === #

    movement_ids = fields.One2many(
        "subscription.dispute.movement", "dispute_id", string="Movements", readonly=True
    )
    books_error = fields.Text(
        readonly=True, help="Why the latest movements could not be booked."
    )
    amount_company = fields.Monetary(
        string="Amount in Books",
        compute="_compute_amount_company",
        store=True,
        currency_field="company_currency_id",
    )
    amount_fee = fields.Monetary(
        string="Fees",
        compute="_compute_booked_amounts",
        store=True,
        currency_field="company_currency_id",
    )
    amount_lost = fields.Monetary(
        string="Given Up",
        compute="_compute_booked_amounts",
        store=True,
        currency_field="company_currency_id",
        help="Written off, or owed again by the customer.",
    )

    # === COMPUTE METHODS === #

    @api.depends("amount", "currency_id", "company_id", "date_opened")
    def _compute_amount_company(self):
        for dispute in self:
            company = dispute.company_id
            dispute.amount_company = dispute.currency_id._convert(
                dispute.amount, company.currency_id, company, dispute.date_opened
            )

    @api.depends("movement_ids.amount_company", "movement_ids.fee_company")
    def _compute_booked_amounts(self):
        signs = {"given_up": 1, "taken_back": -1}
        for dispute in self:
            moved = dispute.movement_ids
            dispute.amount_fee = sum(moved.mapped("fee_company"))
            dispute.amount_lost = sum(
                signs.get(movement.kind, 0) * movement.amount_company
                for movement in moved
            )

    # === ACTIONS === #

    def action_settle_books(self):
        """Book what could not be booked, after its cause was mended."""
        self.check_access("write")
        self.sudo()._settle_books()

    def action_view_entries(self):
        """Open the journal entries of this dispute."""
        self.ensure_one()
        return self.movement_ids.move_id._get_records_action(
            name=self.env._("Journal Entries"), context={"create": False}
        )

    # === BUSINESS METHODS: MOVEMENTS === #

    def _add_movements(self, movements):
        """Keep the movements that are not known yet.

        :param movements: ``tools.dispute.Movement`` each
        """
        self.ensure_one()
        known = set(
            self.movement_ids.search(
                [
                    ("provider_id", "=", self.provider_id.id),
                    ("reference", "in", [movement.id for movement in movements]),
                ]
            ).mapped("reference")
        )
        new = {each.id: each for each in movements if each.id not in known}
        self.movement_ids.create(
            [self._prepare_movement_vals(movement) for movement in new.values()]
        )

    def _prepare_movement_vals(self, movement):
        """Return the values of a movement that the provider told of."""
        self.ensure_one()
        return {
            "dispute_id": self.id,
            "reference": movement.id,
            "kind": movement.kind,
            "date": movement.date,
            "currency_id": self._get_currency(movement.currency).id,
            "amount": float(movement.amount),
            "fee": float(movement.fee),
        }

    def _settle_books(self):
        """Book what is not booked, and give up or take back what was decided.

        What fails is left out, with its reason, until it is tried again.
        """
        settled, model = self, type(self)
        steps = (model._book_movements, model._close_claims, model._check_claims)
        for work in steps:
            settled = settled and run_isolated(settled, work, model._set_books_error)
        if mended := (settled or self.browse()).filtered("books_error"):
            mended.books_error = False
            mended.activity_unlink([ACTIVITY])

    def _book_movements(self):
        """Book what the provider has moved and is not booked yet, or raise."""
        for dispute in self:
            for movement in dispute.movement_ids:
                if not movement.move_id and movement._is_at_provider():
                    dispute._book_movement(movement)
        return self

    def _close_claims(self):
        """Give up the claims of what was lost, or raise."""
        for dispute in self:
            for moved in dispute.movement_ids.grouped("currency_id").values():
                dispute._close_claim(moved)
        return self

    def _check_claims(self):
        """Check that no more was withdrawn than came back, of what was won.

        Before the first of it comes back, that is only a matter of days.

        :raises UserError: some of it is missing
        """
        for dispute in self.filtered(lambda each: each.state in WON):
            came_back = dispute.movement_ids.filtered(lambda m: m.kind == "reinstated")
            for currency, moved in dispute.movement_ids.grouped("currency_id").items():
                missing = moved._get_withheld()
                if came_back and currency.compare_amounts(missing, 0) > 0:
                    raise UserError(
                        self.env._(
                            "%(dispute)s was won, and %(amount)s of what was withdrawn "
                            "has not come back. Ask %(provider)s for it.",
                            dispute=dispute.display_name,
                            amount=currency.format(missing),
                            provider=dispute.provider_id.name,
                        )
                    )
        return self

    def _set_books_error(self, message):
        """Keep why a dispute could not be booked, and ask a person to mend it."""
        _logger.warning("Dispute %s could not be booked: %s", self.id, message)
        self.books_error = message
        self._schedule_once(ACTIVITY, False, message)

    def _close_claim(self, moved):
        """Give up the claim of what was lost, or take back what came after all.

        :param moved: the movements in one currency
        """
        given_up = moved.filtered(lambda each: each.kind == "given_up")
        closed = given_up | moved.filtered(lambda each: each.kind == "taken_back")
        amount = amount_to_close(
            self.state,
            Decimal(str(moved._get_withheld())),
            -Decimal(str(closed._get_withheld())) if closed else Decimal(0),
        )
        if not amount:
            return
        kind = "given_up" if amount > 0 else "taken_back"
        handling = self.loss_handling if amount > 0 else given_up[-1:].loss_handling
        number = sum(not each._is_at_provider() for each in self.movement_ids) + 1
        movement = moved.create(
            {
                "dispute_id": self.id,
                "reference": f"{self.provider_reference}/{kind}/{number}",
                "kind": kind,
                "loss_handling": handling or "write_off",
                "date": self.company_id._get_subscription_today(),
                "currency_id": moved.currency_id.id,
                "amount": float(abs(amount)),
            }
        )
        self._book_movement(movement)

    # === BUSINESS METHODS: JOURNAL ENTRIES === #

    def _book_movement(self, movement):
        """Post the journal entry of one movement, and match what belongs together."""
        self.ensure_one()
        if not (movement.amount or movement.fee):
            return
        is_reopening = movement.loss_handling == "reopen"
        if is_reopening and movement.kind == "given_up":
            self._check_can_reopen()
        lines = (
            self._prepare_provider_lines(movement)
            if movement._is_at_provider()
            else self._prepare_closing_lines(movement)
        )
        move = self.env["account.move"].create(
            self._prepare_entry_vals(movement, lines)
        )
        move.action_post()
        movement.move_id = move
        self._match_claim()
        if is_reopening:
            self._match_receivable(movement)

    def _prepare_entry_vals(self, movement, lines):
        """Return the values of a journal entry; a locked period is booked today."""
        company = self.company_id
        journal = company.subscription_dispute_journal_id or self.provider_id.journal_id
        if not journal:
            raise UserError(
                self.env._(
                    "Choose the Dispute Journal of %(company)s in the settings of "
                    "Subscriptions, or a journal of the payment provider %(provider)s, "
                    "then press Book Again on %(dispute)s.",
                    company=company.display_name,
                    provider=self.provider_id.name,
                    dispute=self.display_name,
                )
            )
        date = movement.date
        if company._get_violated_lock_dates(date, False, journal):
            date = company._get_subscription_today()
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": journal.id,
            "date": date,
            "ref": f"{self.display_name}, {movement._get_label()}",
            "line_ids": [Command.create(vals) for vals in lines],
        }

    def _prepare_provider_lines(self, movement):
        """Return the lines of money that the provider took or gave back."""
        sign = -1 if movement.kind == "reinstated" else 1
        moved, fee = sign * movement.amount, movement.fee
        booked, booked_fee = sign * movement.amount_company, movement.fee_company
        company = self.company_id
        lines = [(self._get_provider_account(), -moved - fee, -booked - booked_fee)]
        if moved:
            account = company._get_dispute_account("subscription_dispute_account_id")
            lines.append((account, moved, booked))
        if fee:
            name = "subscription_dispute_fee_account_id"
            lines.append((company._get_dispute_account(name), fee, booked_fee))
        return [
            self._prepare_line_vals(movement, account, movement.currency_id, *amounts)
            for account, *amounts in lines
        ]

    def _prepare_closing_lines(self, movement):
        """Return the lines that move a claim to where it ends, or back from there.

        The claim leaves the books with all that it is worth in them.
        """
        sign = 1 if movement.kind == "given_up" else -1
        claim = self._get_claim_lines().filtered(
            lambda line: line.currency_id == movement.currency_id
        )
        balance = sum(claim.mapped("amount_residual"))
        company = self.company_id
        account = company._get_dispute_account("subscription_dispute_account_id")
        currency = movement.currency_id
        lines = [(account, currency, -sign * movement.amount, -balance)]
        if movement.loss_handling == "reopen":
            lines += self._get_reopening_amounts(movement, sign, balance)
        else:
            loss = company._get_dispute_account("subscription_dispute_loss_account_id")
            lines.append((loss, currency, sign * movement.amount, balance))
        return [self._prepare_line_vals(movement, *line) for line in lines]

    def _get_reopening_amounts(self, movement, sign, balance):
        """Return what the customer owes again, in the currency of the invoice.

        What the rates of two currencies leave is a loss, or less of one.

        :return: account, currency, amount and balance of each line
        """
        company = self.company_id
        to_books = company.currency_id
        currency, owed = movement.currency_id, sign * movement.amount
        if currency != self.currency_id:
            taken = self.movement_ids.filtered(
                lambda each: each.kind == "withdrawn" and each.currency_id == currency
            )
            share = movement.amount / sum(taken.mapped("amount"))
            currency = self.currency_id
            owed = currency.round(sign * share * self.amount)
        in_books = owed if currency == to_books else balance
        lines = [(self._get_receivable_account(), currency, owed, in_books)]
        difference = to_books.round(balance - in_books)
        if difference:
            loss = company._get_dispute_account("subscription_dispute_loss_account_id")
            lines.append((loss, to_books, difference, difference))
        return lines

    def _prepare_line_vals(self, movement, account, currency, amount, balance):
        """Return the values of one line of a journal entry."""
        return {
            "account_id": account.id,
            "partner_id": self.commercial_partner_id.id,
            "name": f"{self.provider_reference} {movement._get_label()}",
            "currency_id": currency.id,
            "amount_currency": amount,
            "balance": balance,
        }

    # === BUSINESS METHODS: ACCOUNTS === #

    def _get_provider_account(self):
        """Return the account on which the provider's money is, after a payment."""
        payment = self.charge_id.payment_id
        journal = self.provider_id.journal_id
        method_line = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider_id
        )[:1]
        account = (
            payment.outstanding_account_id
            or method_line.payment_account_id
            or journal.default_account_id
        )
        if not account:
            raise UserError(
                self.env._(
                    "The payment provider %(provider)s has no journal with an account. "
                    "Set one on the provider, then press Book Again on %(dispute)s.",
                    provider=self.provider_id.name,
                    dispute=self.display_name,
                )
            )
        return account
