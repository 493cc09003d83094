from odoo import models
from odoo.tools.pdf import merge_pdf

from .pdf import print_pdf
from .subscription_dispute_evidence import LISTED

REPORT = "subscription_billing.action_report_subscription_dispute"


class SubscriptionDispute(models.Model):
    """The evidence as one PDF: what the report tells, then the invoices themselves."""

    _inherit = "subscription.dispute"

    # === ACTIONS === #

    def action_create_pack(self):
        """Print the evidence, attach it, and open it."""
        self.ensure_one()
        self.check_access("write")
        attachment = self.sudo()._create_pack()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}",
            "target": "new",
        }

    def action_preview_evidence(self):
        """Show the evidence in the browser, without the invoices."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": "/report/html/subscription_billing.report_subscription_dispute/"
            f"{self.id}",
            "target": "new",
        }

    # === BUSINESS METHODS: THE PDF === #

    def _create_pack(self):
        """Print the evidence and attach it in place of an earlier one.

        :return: the ``ir.attachment`` record
        :raises UserError: it cannot be printed
        """
        self.ensure_one()
        name = self.env._(
            "Evidence %(dispute)s.pdf", dispute=self.provider_reference
        ).replace("/", "-")
        attachment = self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": merge_pdf([self._print(REPORT, self.ids), *self._get_pdfs()]),
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.evidence_attachment_id.unlink()
        self.evidence_attachment_id = attachment
        self._message_log(
            body=self.env._("Evidence pack created."), attachment_ids=attachment.ids
        )
        return attachment

    def _get_pdfs(self):
        """Return the PDF of each invoice: as sent, else as it would be."""
        return [
            invoice.invoice_pdf_report_id.raw
            or self._print("account.account_invoices", invoice.ids)
            for invoice in self._get_invoices().filtered(lambda m: m.state == "posted")
        ]

    def _print(self, report, ids):
        """Return a report as PDF.

        :raises UserError: no PDF can be printed on this server
        """
        return print_pdf(self.env, report, ids)

    # === BUSINESS METHODS: THE FACTS === #

    def _get_customer_users(self):
        """Return the log-ins of the customer, its company and its contacts."""
        users = self.env["res.users"].with_context(active_test=False)
        return users.search(
            [
                ("partner_id", "child_of", self.commercial_partner_id.ids),
                ("share", "=", True),
            ]
        )

    def _get_devices(self):
        """Return from where the customer was logged in, the latest first."""
        return self.env["res.device.log"].search(
            [("user_id", "in", self._get_customer_users().ids)],
            order="last_activity desc, id desc",
            limit=LISTED,
        )

    def _get_activity(self):
        """Return the customer's log-ins.

        :return: time and words of each, the latest first
        :rtype: list[tuple[str, str]]
        """
        logs = self.env["res.users.log"].search(
            [("create_uid", "in", self._get_customer_users().ids)], limit=LISTED
        )
        found = [
            (
                log.create_date,
                self.env._("%(user)s logged in", user=log.create_uid.login),
            )
            for log in logs
        ]
        found += [
            (
                device.last_activity,
                self.env._(
                    "%(user)s was active on %(device)s from %(address)s",
                    user=device.user_id.login,
                    device=device.display_name,
                    address=device.ip_address,
                ),
            )
            for device in self._get_devices()
        ]
        found = sorted((each for each in found if each[0]), reverse=True)
        return [(self._format_time(time), what) for time, what in found]

    def _get_uses(self):
        """Return what was done for the customer or counted as used.

        :return: day and words of each, the latest first
        :rtype: list[tuple[str, str]]
        """
        if not self.subscription_id:
            return []
        owner = [("subscription_id", "=", self.subscription_id.id)]
        done = self.env["subscription.consumption"].search(
            [*owner, ("state", "=", "recorded")], limit=LISTED
        )
        used = self.env["subscription.usage"]._read_group(
            [*owner, ("state", "=", "accepted")],
            ["date:month", "meter_id"],
            ["quantity:sum"],
            order="date:month desc",
            limit=LISTED,
        )
        return [
            (str(each.date), f"{each.quantity:g} {each.product_id.display_name}")
            for each in done
        ] + [
            (f"{month:%Y-%m}", f"{quantity:g} {meter.display_name}")
            for month, meter, quantity in used
        ]

    def _get_consent(self):
        """Return when the customer agreed, and to what, as far as it is kept.

        :return: day and words of each, in their order
        :rtype: list[tuple[str, str]]
        """
        subscription = self.subscription_id
        found = []
        if subscription.date_activation:
            found.append(
                (
                    str(subscription.date_activation),
                    self.env._(
                        "%(subscription)s, %(plan)s, activated with its terms",
                        subscription=subscription.name,
                        plan=subscription.plan_id.name,
                    ),
                )
            )
        if token := self.charge_id.token_id:
            found.append(
                (
                    str(self._get_local_date(token.create_date)),
                    self.env._(
                        "payment method %(token)s saved for later charges",
                        token=token.display_name,
                    ),
                )
            )
        if self.invoice_id:
            found.append(
                (
                    str(self.invoice_id.invoice_date),
                    self.env._(
                        "terms printed on invoice %(invoice)s",
                        invoice=self.invoice_id.name,
                    ),
                )
            )
        return sorted(found)

    def _get_told(self):
        """Return what the customer was told and the mail server has taken.

        :return: time, subject and recipient of each, the latest first
        :rtype: list[tuple[str, str, str]]
        """
        notices = self.env["subscription.notice"].search(
            [
                ("subscription_id", "=", self.subscription_id.id),
                ("state", "=", "sent"),
            ],
            limit=LISTED,
        )
        told = [
            (each.date_sent, each.subject or "", each.email or "") for each in notices
        ]
        delivered = self.env["mail.notification"].search(
            [
                ("notification_type", "=", "email"),
                ("notification_status", "=", "sent"),
                ("mail_message_id.model", "=", "account.move"),
                ("mail_message_id.res_id", "in", self._get_invoices().ids),
            ],
            limit=LISTED,
        )
        for each in delivered:
            message = each.mail_message_id
            words = message.subject or message.record_name or ""
            recipient = each.res_partner_id.email or each.mail_email_address or ""
            told.append((message.date, words, recipient))
        told.sort(reverse=True)
        return [(self._format_time(when), subject, to) for when, subject, to in told]
