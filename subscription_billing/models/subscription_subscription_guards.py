from odoo import api, models
from odoo.exceptions import UserError

from .derived import refuse_derived, refuse_internal

MANAGER = "subscription_billing.group_subscription_manager"


class SubscriptionSubscription(models.Model):
    """What of a subscription is written by whom, and when.

    - What is worked out, such as the MRR, is written by nobody (``refuse_derived``).
    - What is declared read-only, such as the billing error, is written by our own code
      only, with ``sudo``.
    - What was agreed (``_get_agreed_fields``) is written freely in a draft, by the form
      and by imports. After that a change does it, which keeps to notice and commitment
      and settles what was billed; an administrator may correct it by hand.
    - The state is written as the buttons do it (``_request_state``).
    """

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _check_written(self, vals_list):
        """Refuse values that are not for this person to write, or not any more.

        :param vals_list: the values of ``create``, or those of ``write`` in a list
        :raises UserError: with the fields and the way to do it
        """
        refuse_derived(self, vals_list)
        refuse_internal(
            self,
            vals_list,
            self.env._(
                "Use the buttons, such as Confirm, Change, Pause, Close or Retry "
                "Billing."
            ),
        )
        for vals in vals_list:
            self._check_agreed_is_kept(vals)

    @api.model
    def _get_agreed_fields(self):
        """Return what is agreed with the confirmation, and how it is changed then.

        :rtype: dict[str, str]
        """
        by_manager = self.env._("Only an administrator of subscriptions corrects it.")
        billing_day = self.env._("Choose a New Billing Day with the button Change.")
        return {
            "name": by_manager,
            "date_start": by_manager,
            "date_trial_end": by_manager,
            "date_term_start": by_manager,
            "partner_id": self.env._("Choose a New Customer with the button Change."),
            "plan_id": self.env._("Choose a New Plan with the button Change."),
            "date_anchor": billing_day,
            "anchor_day": billing_day,
            "date_end": self.env._(
                "Use the button Close to end it, or Go On Without End to drop its end."
            ),
        }

    def _check_agreed_is_kept(self, vals):
        """Refuse to edit what was agreed, past the change that would do it.

        A value that is the same as before is let through: imports send whole rows.

        :raises UserError: with the field and the way to do it
        """
        ways = self._get_agreed_fields()
        if self.env.su or vals.keys().isdisjoint(ways):
            return
        if self.env.user.has_group(MANAGER):
            return
        for subscription in self.filtered(lambda each: each.state != "draft"):
            for name in vals.keys() & ways.keys():
                if subscription._is_other_value(name, vals[name]):
                    raise UserError(
                        self.env._(
                            "%(field)s of %(subscription)s was agreed and cannot be "
                            "edited. %(way)s",
                            field=self._fields[name]._description_string(self.env),
                            subscription=subscription.display_name,
                            way=ways[name],
                        )
                    )

    def _is_other_value(self, name, value):
        """Return whether a value to write differs from the one that is there."""
        self.ensure_one()
        field = self._fields[name]
        cached = field.convert_to_cache(value, self)
        return field.convert_to_record(cached, self) != self[name]
