import logging

from odoo import api, fields, models
from odoo.tools import format_datetime

from odoo.addons.subscription_billing.models.activity import schedule_once
from odoo.addons.subscription_billing.models.batch import (
    lock_first,
    run_isolated,
    trigger_cron,
)

from .subscription_cancellation_request import ANSWER_CRON, OPEN_STATES

_logger = logging.getLogger(__name__)

#: how many are answered in one go
CHUNK = 50
ANSWER_TEMPLATE = "subscription_portal.mail_template_cancellation_request"
TO_DO = "mail.mail_activity_data_todo"
MAIL_CRON = "mail.ir_cron_mail_scheduler_action"


class SubscriptionCancellationRequest(models.Model):
    """Confirms to customers what has arrived from them, and tells a person of it."""

    _inherit = "subscription.cancellation.request"

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_answer(self):
        """Answer what has arrived."""
        waiting = [("date_answered", "=", False), ("state", "in", OPEN_STATES)]
        requests = lock_first(self, waiting, "id", CHUNK)
        run_isolated(requests, self._answer_all, self._on_answer_error)
        if len(requests) == CHUNK:
            trigger_cron(self.env, ANSWER_CRON)
        if requests:
            trigger_cron(self.env, MAIL_CRON)

    # === BUSINESS METHODS === #

    @api.model
    def _answer_all(self, requests):
        """Answer some requests; all or nothing.

        :return: the requests
        """
        for request in requests:
            request._answer()
        return requests

    @api.model
    def _on_answer_error(self, request, message):
        """Have a person do what could not be done."""
        _logger.warning("%s could not be answered: %s", request, message)
        request.date_answered = fields.Datetime.now()
        request._ask_person(
            self.env._(
                "The confirmation could not be written: %(error)s Confirm to the "
                "customer what has arrived, and when.",
                error=message,
            )
        )

    def _answer(self):
        """Confirm to the customer what has arrived, when, and what it means."""
        self.ensure_one()
        is_over = self.subscription_id.state == "closed" and self.kind == "ordinary"
        self.write(
            {
                "date_answered": fields.Datetime.now(),
                "date_end": self.subscription_id.date_end
                if is_over
                else self._get_last_day(),
            }
        )
        self.subscription_id._message_log(body=self._get_arrival_text())
        if is_over:
            self._decide("done")
        else:
            self._ask_person(
                self.env._(
                    "%(text)s It holds already. The customer was asked to confirm it "
                    "by the link of an e-mail, which carries it out. Carry it out when "
                    "that does not happen.",
                    text=self._get_arrival_text(),
                )
            )
        self.env.ref(ANSWER_TEMPLATE).send_mail(self.id)

    def _get_arrival_text(self):
        """Return what has arrived, and when, in a sentence."""
        self.ensure_one()
        return self.env._(
            "%(kind)s by %(name)s (%(email)s), received on the public page on "
            "%(date)s.",
            kind=self._get_kind_label(),
            name=self.customer_name,
            email=self.email,
            date=self._format_received(),
        )

    def _ask_person(self, message):
        """Ask a person who may carry it out to look at it."""
        self.ensure_one()
        manager = self.env.ref("subscription_billing.group_subscription_manager")
        seller = self.subscription_id.user_id
        users = seller.filtered(lambda user: manager in user.all_group_ids)
        schedule_once(self, TO_DO, message, users)

    # === BUSINESS METHODS: WORDS === #

    def _get_kind_label(self):
        """Return what was declared, in words."""
        self.ensure_one()
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def _format_received(self):
        """Return when it arrived, with the time zone, as the company reads it."""
        self.ensure_one()
        tz = self.company_id.subscription_tz or "UTC"
        moment = format_datetime(self.env, self.date_received, tz=tz)
        return f"{moment} ({tz})"

    def _get_content(self):
        """Return what was declared, as pairs of a name and a text.

        :rtype: list[tuple[str, str]]
        """
        self.ensure_one()
        env = self.env
        rows = [
            (env._("Received on"), self._format_received()),
            (env._("What"), self._get_kind_label()),
            (env._("Name"), self.customer_name),
            (env._("Contract number"), self.contract_number),
            (env._("E-mail"), self.email),
        ]
        if self.kind != "withdrawal":
            rows.append((env._("Last day that you ask for"), self._get_wish_text()))
        if self.reason:
            rows.append((env._("Reason"), self.reason))
        return rows

    def _get_wish_text(self):
        """Return which last day was asked for."""
        self.ensure_one()
        if self.date_wished:
            lang = self.env["res.lang"]._lang_get(self.env.lang or "en_US")
            return self.date_wished.strftime(lang.date_format)
        return self.env._("as soon as possible")
