from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.batch import (
    lock_first,
    retry_on_conflict,
    run_isolated,
)

from ..gateway import GatewayError
from ..tools.takeover import OVER, Obstacle

#: subscriptions that are taken over together
SIZE = 50


class StripeImport(models.Model):
    """The scheduled action: reads books, and takes over what was asked for.

    Only this file commits. A subscription is ended at Stripe after its draft has been
    committed, and confirmed after Stripe's answer: at no time do both bill it. When
    this is interrupted between the two, the next run finds at Stripe who ended it.
    """

    _inherit = "stripe.import"

    # === SCHEDULED ACTION === #

    @api.model
    def _cron_work(self):
        """Work on all imports that are under way, a step and a transaction at a time.

        One whose Stripe account cannot be asked keeps the reason, and is tried again
        with the next run.
        """
        cron = self.env["ir.cron"]
        for book in self.search([("state", "in", ("reading", "running"))]):
            work = book._in_company()
            try:
                while retry_on_conflict(self.env, work._step):
                    if not cron._commit_progress(1, remaining=work._count_left()):
                        return
            except (GatewayError, UserError) as error:
                self.env.cr.rollback()
                work.error = work._tell_error(error)
            cron._commit_progress(1, remaining=0)

    # === BUSINESS METHODS === #

    def _in_company(self):
        """Return the import with its company as the environment, and no more."""
        return self.with_context(
            {"lang": self.user_id.lang or self.env.lang},
            allowed_company_ids=self.company_id.ids,
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
        )

    def _step(self):
        """Do the next part; return whether there may be more."""
        self.ensure_one()
        if self.error:
            self.error = False
        if self.state == "reading":
            self._read_step()
        elif self.state == "running":
            self._run_step()
        return self.state in ("reading", "running")

    def _count_left(self):
        """Return how much is left to do, for the progress of the scheduled action."""
        return self.queued_count if self.state == "running" else 1

    def _tell_error(self, error):
        """Return why Stripe cannot be asked, and what to do."""
        if isinstance(error, GatewayError):
            return self.provider_id._tell_stripe_error(error)
        return str(error)

    # === BUSINESS METHODS: TAKING OVER === #

    def _run_step(self):
        """Take over some subscriptions, as they are at Stripe at this moment."""
        lines = lock_first(
            self.env["stripe.import.line"],
            [("import_id", "=", self.id), ("is_queued", "=", True)],
            "id",
            SIZE,
        )
        if not lines:
            self.state = "done"
            return
        now = self._ask_side_by_side(
            lines.mapped("stripe_id"),
            lambda gateway, ref: gateway.read_subscription(ref),
        )
        living = lines.filtered(lambda line: _is_living(now[line.stripe_id]))
        for line in living:
            line.data = now[line.stripe_id]
        lost = lines.filtered(lambda line: not now[line.stripe_id])
        for line in lost:
            line._fail(line._tell(Obstacle("lost")))
        over = lines - living - lost
        ended = over.filtered(lambda line: self._is_ended_here(line, now))
        (over - ended)._drop_draft()
        if ended:
            self._finish({line: now[line.stripe_id] for line in ended})
        drafted = living._draft()
        (living - drafted).is_queued = False
        if drafted and self.ending == "end":
            self._end(drafted)
        drafted.is_queued = False

    def _get_mark(self):
        """Return the words by which it is known at Stripe who ended a subscription."""
        database = self.env["payment.provider"]._get_database_id()
        return f"Taken over by Odoo, database {database}"

    def _is_ended_here(self, line, now):
        """Return whether a subscription is over because it was taken over."""
        row = now[line.stripe_id]
        is_marked = row and row["end_comment"] == self._get_mark()
        return bool(is_marked and line.date_end_asked and line.subscription_id)

    def _end(self, lines):
        """End subscriptions at Stripe, and confirm those that are ended."""
        lines.date_end_asked = fields.Datetime.now()
        self.env.flush_all()
        self.env.cr.commit()
        mark = self._get_mark()
        answers = self._ask_side_by_side(
            lines.mapped("stripe_id"),
            lambda gateway, ref: gateway.end_for_takeover(ref, mark),
            tolerated=GatewayError,
        )
        rows = {line: answers[line.stripe_id] for line in lines}
        for line, answer in rows.items():
            if isinstance(answer, GatewayError):
                why = self._tell_error(answer)
                line._fail(line._tell(Obstacle("not_ended", why)))
        self._finish(
            {ln: row for ln, row in rows.items() if not isinstance(row, GatewayError)}
        )

    def _finish(self, rows):
        """Confirm what Stripe has ended, from where it had been billed by then.

        :param dict rows: what Stripe says, by line
        """
        lines = self.env["stripe.import.line"].union(*rows)
        renewed = lines.browse()
        for line, row in rows.items():
            renewed |= line._note_end(row)
        if renewed:
            known = renewed._look_up()
            run_isolated(
                renewed, lambda part: part._write_drafts(known), lines._keep_error
            )
        lines.filtered(lambda line: line.state == "waiting")._take_over()


def _is_living(row):
    return bool(row) and row["status"] not in OVER
