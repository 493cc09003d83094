from datetime import timedelta, timezone

from odoo import api, fields, models

from ..tools import timing
from .dunning_fields import RETRY_KINDS

#: a chosen hour that was missed by this much is chosen anew
LATE = timedelta(hours=2)
#: the kinds of tries whose hour was chosen one by one
CHOSEN_KINDS = ("smart", "random")


def to_utc(instant):
    """Return a moment of the database with its time zone."""
    return instant.replace(tzinfo=timezone.utc)


class DunningCase(models.Model):
    """Whose clock counts in a case."""

    _inherit = "dunning.case"

    # === BUSINESS METHODS === #

    def _get_tz(self):
        """Return the name of the customer's time zone."""
        self.ensure_one()
        return self.partner_id._get_dunning_tz(self.company_id)


class AccountMove(models.Model):
    """The hour at which an invoice is tried again, as it was chosen after a decline."""

    _inherit = "account.move"

    # === FIELDS === #

    retry_after_id = fields.Many2one(
        "payment.transaction",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The declined charge that the next try was planned after.",
    )
    date_retry = fields.Datetime(string="Tried Again On", readonly=True, copy=False)
    retry_probability = fields.Float(
        readonly=True, copy=False, help="How likely the next try succeeds, 0 to 1."
    )
    retry_kind = fields.Selection(selection=RETRY_KINDS, readonly=True, copy=False)

    # === BUSINESS METHODS === #

    def _choose_hour(self, hours, declined, soonest, latest):
        """Return when this invoice is tried again, and keep that for the next look.

        :param hours: the ``Hours`` that its company knows of
        :param declined: its declined charges, the oldest first
        :param datetime.datetime soonest: from when it may be, in UTC
        :param datetime.datetime latest: until when it has to be
        """
        self.ensure_one()
        last = declined[-1:]
        if self._is_chosen(last, soonest):
            return self.date_retry
        tz = self.dunning_case_id._get_tz()
        ratio = hours.get_ratio(self.amount_residual, self.currency_id)
        choice = timing.choose(
            hours.model,
            timing.Retry(last._get_decline(), len(declined), ratio),
            timing.candidates(to_utc(soonest), to_utc(latest), tz),
            tz=tz,
            seed=f"{self.id}/{len(declined)}",
        )
        date = choice.date.replace(tzinfo=None)
        kind = "random" if choice.is_random else "smart"
        self._keep_retry(last, date, kind, choice.probability)
        return date

    def _is_chosen(self, declined, date):
        """Return whether the hour of the next try was chosen, and not missed by far.

        :param declined: the charge that the try follows
        :param datetime.datetime date: when it may be, in UTC
        """
        self.ensure_one()
        return (
            self.retry_after_id == declined
            and self.retry_kind in CHOSEN_KINDS
            and date - self.date_retry < LATE
        )

    def _keep_retry(self, declined, date, kind, probability=0.0):
        """Keep when this invoice is tried again, and how that was chosen.

        :param declined: the charge that this follows
        :param datetime.datetime date: in UTC
        :param str kind: as ``retry_kind``
        :param float probability: how likely it is to succeed, 0 where nobody knows
        """
        self.ensure_one()
        self._write_collection(
            {
                "retry_after_id": declined.id,
                "date_retry": date,
                "retry_kind": kind,
                "retry_probability": probability,
            }
        )

    def _is_planned(self, charge):
        """Return whether a charge is the try that was planned."""
        self.ensure_one()
        before = self.retry_after_id
        sent = self._get_sent_charges()
        return (
            bool(before)
            and self.date_retry <= fields.Datetime.now()
            and charge.token_id == before.token_id
            and sent.filtered(lambda each: each.token_id == before.token_id)[-1:]
            == before
        )


class PaymentTransaction(models.Model):
    """What was expected of a retry, to compare with what became of it."""

    _inherit = "payment.transaction"

    # === FIELDS === #

    retry_probability = fields.Float(
        string="Expected to Succeed",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="How likely the charge was to succeed at its hour, 0 to 1, when that was "
        "chosen; 0 where nobody has chosen it.",
    )
    retry_kind = fields.Selection(
        selection=RETRY_KINDS,
        string="Time Chosen",
        readonly=True,
        copy=False,
        help="How the time of a retry was chosen. Random Hour: drawn, to learn how "
        "well others do. Empty for what was charged by a person, or for the first "
        "time.",
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Keep with a retry what its hour was chosen for."""
        charges = super().create(vals_list)
        for charge in charges.sudo().filtered("collection_invoice_id.retry_after_id"):
            invoice = charge.collection_invoice_id
            if invoice._is_planned(charge):
                charge.write(
                    {
                        "retry_probability": invoice.retry_probability,
                        "retry_kind": invoice.retry_kind,
                    }
                )
        return charges
