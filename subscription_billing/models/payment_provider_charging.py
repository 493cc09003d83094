from datetime import timedelta

from odoo import fields, models

#: how long a provider that cannot be asked for anything is left alone
RETRY_WAIT = timedelta(hours=1)


class PaymentProvider(models.Model):
    """How charges reach a provider, and what keeps them from it."""

    _inherit = "payment.provider"

    # === FIELDS === #

    charging_problem = fields.Text(
        string="What Keeps Charges Back",
        readonly=True,
        copy=False,
        help="Why the provider cannot be asked for money at present. Charges wait, and "
        "are sent when it is solved.",
    )
    date_charging_retry = fields.Datetime(
        string="Charges Are Sent Again", readonly=True, copy=False
    )

    # === BUSINESS METHODS === #

    def _get_charge_gateway(self):
        """Return what sends charges to this provider, many at a time, or None.

        A gateway is a plain object that threads may use: ``threads``, how many calls it
        takes at a time; ``charge(request)`` and ``find_charge(enquiry)``, which return
        a ``tools.outcome.Outcome`` or raise ``NotSentError``. The request is what
        ``payment.transaction._prepare_charge_request`` returns, the enquiry what
        ``_prepare_enquiry`` does. Where a customer can finish a payment that has failed
        for want of their confirmation, it has ``call_off(enquiry)`` as well, which ends
        that payment and returns what it is then.

        Without one, charges go through core's ``_send_payment_request``, one by one.
        """
        return

    def _has_charge_gateway(self):
        """Return whether there is one, although it may lack its settings at present."""
        return bool(self._get_charge_gateway())

    def _set_charging_problem(self, problem):
        """Hold charges back until somebody has mended what keeps them from it.

        :param str problem: what it is, and what to do about it
        """
        self.sudo().write(
            {
                "charging_problem": problem,
                "date_charging_retry": fields.Datetime.now() + RETRY_WAIT,
            }
        )

    def _is_charging_blocked(self):
        """Return whether this provider is left alone at present."""
        self.ensure_one()
        date = self.sudo().date_charging_retry
        return bool(date and date > fields.Datetime.now())

    def _clear_charging_problem(self):
        """Let charges go on."""
        blocked = self.sudo().filtered("date_charging_retry")
        blocked.write({"charging_problem": False, "date_charging_retry": False})
