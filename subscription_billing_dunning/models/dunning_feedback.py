from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.models.once import insert_once

ANSWERS = [
    ("helpful", "Helpful"),
    ("neutral", "All right"),
    ("annoying", "Annoying"),
]
#: letters of a comment that are kept
LONGEST = 2000


class DunningFeedback(models.Model):
    """What a customer thinks of the reminders in a case: one answer for each case."""

    _name = "dunning.feedback"
    _description = "Dunning Feedback"
    _order = "id desc"
    _rec_name = "case_id"

    # === FIELDS === #

    case_id = fields.Many2one(
        "dunning.case", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True
    )
    policy_id = fields.Many2one(
        "dunning.policy", required=True, readonly=True, index=True, ondelete="restrict"
    )
    step_id = fields.Many2one(
        "dunning.step",
        string="Last Step",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Of which the customer was told last, before paying.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="Last E-mail",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The template of the last reminder by e-mail or letter.",
    )
    answer = fields.Selection(selection=ANSWERS, required=True, readonly=True)
    comment = fields.Text(readonly=True)
    date = fields.Date(required=True, readonly=True)

    _once = models.UniqueIndex("(case_id)", "A case has one answer.")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("What customers have answered cannot be deleted."))

    # === BUSINESS METHODS === #

    @api.model
    def _keep(self, case, answer, comment):
        """Keep what a customer has answered, unless there is an answer already.

        :param case: the ``dunning.case``
        :param str answer: a key of ``ANSWERS``
        :param str comment: in the customer's words, or empty
        :return: the new record, or none
        """
        last = case._get_last_contact()
        written = case.action_ids.filtered(
            lambda each: each.step_id.template_id and each.state == "done"
        ).sorted("id")
        return insert_once(
            self,
            [
                {
                    "case_id": case.id,
                    "company_id": case.company_id.id,
                    "partner_id": case.partner_id.id,
                    "policy_id": case.policy_id.id,
                    "step_id": last.step_id.id,
                    "template_id": written[-1:].step_id.template_id.id,
                    "answer": answer,
                    "comment": comment.replace("\x00", "").strip()[:LONGEST] or False,
                    "date": case.company_id._get_subscription_today(),
                }
            ],
        )
