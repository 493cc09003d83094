from odoo import api, fields, models

from .batch import lock_first, retry_on_conflict, trigger_cron


class SubscriptionCollection(models.AbstractModel):
    """Finds out what became of charges that nobody has answered for.

    Before the provider has said so, or a person, nothing else happens to their
    invoices.
    """

    _inherit = "subscription.collection"

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_resolve(self):
        """Ask the providers about all charges that are due for an enquiry."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self._count_unresolved())
        for company in self.env["res.company"].search([]):
            collection = self._in_company(company)
            while asked := retry_on_conflict(self.env, collection._commit_enquiries):
                for provider, charges in asked.grouped("provider_id").items():
                    collection._resolve(provider, charges)
                left = cron._commit_progress(
                    len(asked), remaining=self._count_unresolved()
                )
                if not left:
                    return
        cron._commit_progress(remaining=0)

    @api.model
    def _trigger_resolving(self, date):
        """Wake the scheduled action at a moment."""
        trigger_cron(self.env, "subscription_billing.ir_cron_resolving", date)

    # === BUSINESS METHODS === #

    @api.model
    def _get_unresolved_domain(self, company):
        """Return the domain of the attempts to ask about now.

        What people have sent in a form or on the portal may know no subscription.
        """
        return [
            "|",
            ("subscription_id.company_id", "=", company.id),
            "&",
            ("subscription_id", "=", False),
            ("company_id", "=", company.id),
            ("date_sent", "!=", False),
            ("state", "in", ("draft", "pending", "authorized")),
            ("date_next_check", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _count_unresolved(self):
        """Return how many charges wait for an enquiry in all companies."""
        return sum(
            self.env["payment.transaction"].search_count(
                self._get_unresolved_domain(company)
            )
            for company in self.env["res.company"].search([])
        )

    @api.model
    def _commit_enquiries(self):
        """Take up charges to ask about, so that no other worker does; commit."""
        charges = lock_first(
            self.env["payment.transaction"],
            self._get_unresolved_domain(self.env.company),
            "date_next_check, id",
            self._chunk_size,
        )
        charges._take_up_for_enquiry()
        self.env.cr.commit()
        return charges

    @api.model
    def _resolve(self, provider, charges):
        """Ask a provider about charges; commit and book what it answers."""
        askable = charges.filtered(lambda charge: charge._can_be_asked())
        for charge in charges - askable:
            charge._set_unanswerable()
        self.env.cr.commit()
        if not askable:
            return
        gateway = provider._get_charge_gateway()
        for answered in askable._ask_side_by_side(gateway, gateway.find_charge):
            found = retry_on_conflict(
                self.env, lambda batch=answered: askable._commit_answers(batch)
            )
            self._book(found)
