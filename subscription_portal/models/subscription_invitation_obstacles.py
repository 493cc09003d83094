from odoo import api, fields, models
from odoo.fields import Domain


class SubscriptionInvitation(models.Model):
    """Whom not to ask, and why; for thousands at once."""

    _inherit = "subscription.invitation"

    # === BUSINESS METHODS === #

    @api.model
    def _find_obstacles(self, kind, partners):
        """Return why customers cannot be asked, and how to mend it.

        :param str kind: a key of ``KINDS``
        :param partners: ``res.partner``
        :rtype: dict[res.partner, str]
        """
        finders = (
            self._find_unreachable,
            self._find_asked_lately,
            self._find_unpayable if kind == "payment" else self._find_logged_in,
        )
        obstacles = {}
        for find in finders:
            for partner, text in find(kind, partners).items():
                obstacles.setdefault(partner, text)
        return obstacles

    def _find_unreachable(self, _kind, partners):
        """Return who cannot, or does not want to, be written to."""
        env = self.env
        unreachable = {}
        for partner in partners:
            if not partner.active:
                unreachable[partner] = env._("is archived: restore the contact first.")
            elif not partner.email_normalized:
                unreachable[partner] = env._(
                    "has no valid e-mail address: enter one on the contact."
                )
            elif partner.is_blacklisted:
                unreachable[partner] = env._(
                    "wants no e-mails: ask by telephone or letter."
                )
        return unreachable

    def _find_asked_lately(self, kind, partners):
        """Return who was asked within the days that the settings say."""
        days = self.env.company.subscription_invitation_days
        since = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        recent = Domain("is_due", "=", True) | Domain("date_last_sent", ">=", since)
        asked = self.sudo().search(
            Domain("kind", "=", kind)
            & Domain("partner_id", "in", partners.ids)
            & recent
        )
        text = self.env._(
            "was asked within the last %(days)s days: wait a little.", days=days
        )
        return dict.fromkeys(asked.partner_id, text)

    def _find_unpayable(self, _kind, partners):
        """Return who has nothing to be paid automatically, or pays so already."""
        Subscription = self.env["subscription.subscription"]
        running = Subscription.sudo().search(
            Domain("partner_id", "in", partners.ids) & self._get_running_domain()
        )
        to_enrol = self._find_to_enrol(partners)
        done = self.env._("pays automatically already.")
        none = self.env._("has no running subscription that can be charged.")
        return {
            partner: done if partner in running.partner_id else none
            for partner in partners
            if partner not in to_enrol
        }

    def _find_logged_in(self, _kind, partners):
        """Return who has an account in use, or whose address somebody else uses."""
        Users = self.env["res.users"].sudo().with_context(active_test=False)
        users = Users.search([("partner_id", "in", partners.ids)])
        logs = self.env["res.users.log"].sudo()
        used = logs._read_group([("create_uid", "in", users.ids)], ["create_uid"])
        active = {user.id for (user,) in used}
        done, strange = (
            self.env._("has logged in already."),
            self.env._("has an account that is no customer's, or that is archived."),
        )
        found = {}
        for user in users:
            if user.id in active:
                found[user.partner_id] = done
            elif not user.share or not user.active:
                found[user.partner_id] = strange
        taken = self._find_taken_addresses(partners - users.partner_id)
        text = self.env._(
            "has the e-mail address with which somebody else logs in: enter another."
        )
        return dict.fromkeys(taken, text) | found

    def _find_taken_addresses(self, partners):
        """Return those with whose addresses other people log in."""
        addresses = [each for each in partners.mapped("email_normalized") if each]
        Users = self.env["res.users"].sudo().with_context(active_test=False)
        taken = set(Users.search([("login", "in", addresses)]).mapped("login"))
        return partners.filtered(lambda partner: partner.email_normalized in taken)

    def _get_running_domain(self):
        """Return the domain of what can be charged, of the chosen companies."""
        return (
            Domain("state", "not in", ("draft", "closed"))
            & Domain("company_id", "in", self.env.companies.ids)
            & Domain(
                "partner_invoice_id.commercial_partner_id.is_charging_off", "=", False
            )
        )

    @api.model
    def _find_to_enrol(self, partners):
        """Return a subscription of each customer that is not paid automatically.

        :rtype: dict[res.partner, subscription.subscription]
        """
        unpaid = Domain("collection_method", "!=", "automatic") | Domain(
            "has_payment_method", "=", False
        )
        found = (
            self.env["subscription.subscription"]
            .sudo()
            .search(
                Domain("partner_id", "in", partners.ids)
                & self._get_running_domain()
                & unpaid,
                order="id desc",
            )
        )
        return {subscription.partner_id: subscription for subscription in found}
