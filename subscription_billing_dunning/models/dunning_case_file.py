import base64
import io
import re
import zipfile
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from odoo.addons.subscription_billing.models.pdf import print_pdf

from ..tools.csv_file import write_csv

#: cases whose files are downloaded at once, at most: printing takes seconds
MOST_CASES = 50
SUMMARY = "subscription_billing_dunning.action_report_dunning_case_file"


class DunningCase(models.Model):
    """The file of a case, for whoever collects it: what is owed, and what was done.

    There is in it what is needed to collect, and no more: nothing of other invoices,
    of payment methods, of what we think of the customer, or of our notes.
    """

    _inherit = "dunning.case"

    # === ACTIONS === #

    def action_case_file(self):
        """Download the files of these cases.

        :raises UserError: nothing is overdue in one of them, or there are too many
        """
        self.check_access("read")
        if len(self) > MOST_CASES:
            raise UserError(
                self.env._(
                    "Choose %(count)s cases at most: printing takes time.",
                    count=MOST_CASES,
                )
            )
        file = self.env["dunning.case.file"].sudo().create(self.sudo()._prepare_file())
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/dunning.case.file/{file.id}/content/{file.name}"
            "?download=true",
            "target": "download",
        }

    # === BUSINESS METHODS: THE FILE === #

    def _attach_file(self):
        """Keep the file of this case as it is today."""
        self.ensure_one()
        vals = self._prepare_file()
        attachment = self.env["ir.attachment"].create(
            {
                "name": vals["name"],
                "datas": vals["content"],
                "mimetype": "application/zip",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.file_id = attachment
        self._message_log(
            body=self.env._("Case file for %(agency)s.", agency=self.agency_id.name),
            attachment_ids=attachment.ids,
        )

    def _prepare_file(self):
        """Return the name of the file of these cases, and what is in it."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for case in self._in_file_langs():
                folder = f"{case._get_file_name()}/" if self[1:] else ""
                for name, content in case._get_file_parts().items():
                    archive.writestr(f"{folder}{name}", content)
        name = self.env._("Cases") if self[1:] else self._get_file_name()
        return {
            "name": f"{name}.zip",
            "content": base64.b64encode(packed.getvalue()),
        }

    def _in_file_langs(self):
        """Yield these cases, each in the language of who reads its file."""
        for case in self:
            reader = case.agency_id or case.company_id.partner_id
            yield case.with_context(lang=reader.lang or self.env.lang)

    def _get_file_name(self):
        """Return the name of this case, for a file; no two cases share it."""
        self.ensure_one()
        return _as_file_name(f"{self.partner_id.name or ''} {self.id}")

    def _get_file_parts(self):
        """Return what is in the file of this case, by name.

        :rtype: dict[str, bytes]
        :raises UserError: nothing is overdue, or no PDF can be printed
        """
        self.ensure_one()
        moves = self._get_overdue()
        if not moves:
            raise UserError(
                self.env._(
                    "Nothing is overdue in the case of %(customer)s: there is nothing "
                    "to collect.",
                    customer=self.partner_id.display_name,
                )
            )
        invoices = {
            f"invoices/{_as_file_name(move.name)}.pdf": move.invoice_pdf_report_id.raw
            or self._print("account.account_invoices", move.ids)
            for move in moves
        }
        return {
            "summary.pdf": self._print(SUMMARY, self.ids),
            "customer.csv": write_csv(*self._get_customer_table()),
            "invoices.csv": write_csv(*self._get_invoices_table(moves)),
            "history.csv": write_csv(*self._get_history_table(moves)),
            **invoices,
        }

    def _print(self, report, ids):
        """Return a report as PDF.

        :raises UserError: no PDF can be printed on this server
        """
        return print_pdf(self.env, report, ids)

    # === BUSINESS METHODS: TABLES === #

    def _get_customer_table(self):
        """Return who owes the money, and how to reach it: columns and one row."""
        self.ensure_one()
        partner, contact = self.partner_id, self._get_contact()
        facts = {
            self.env._("Customer"): partner.name,
            self.env._("Reference"): partner.ref,
            self.env._("Street"): partner.street,
            self.env._("Street 2"): partner.street2,
            self.env._("Zip"): partner.zip,
            self.env._("City"): partner.city,
            self.env._("State"): partner.state_id.name,
            self.env._("Country"): partner.country_id.name,
            self.env._("Tax ID"): partner.vat,
            self.env._("Contact"): contact.name,
            self.env._("E-mail"): contact.email,
            self.env._("Phone"): contact.phone,
            self.env._("Language"): contact.lang,
        }
        return list(facts), [[value or "" for value in facts.values()]]

    def _get_invoices_table(self, moves):
        """Return what is owed: columns, and a row for each invoice."""
        header = [
            self.env._("Invoice"),
            self.env._("Date"),
            self.env._("Due"),
            self.env._("Amount"),
            self.env._("Open"),
            self.env._("Currency"),
        ]
        rows = [
            [
                move.name,
                move.invoice_date,
                move._get_day_due(),
                self._as_decimal(move.amount_total),
                self._as_decimal(move.amount_residual),
                move.currency_id.name,
            ]
            for move in moves
        ]
        return header, rows

    def _as_decimal(self, amount):
        """Return an amount in the currency of the case, with its decimals."""
        places = self.currency_id.decimal_places
        return Decimal(f"{self.currency_id.round(amount):.{places}f}")

    def _get_history_table(self, moves):
        """Return all that was done about some invoices: columns and rows, by day."""
        header = [
            self.env._("Date"),
            self.env._("Kind"),
            self.env._("What"),
            self.env._("Invoice"),
            self.env._("Amount"),
            self.env._("Text"),
        ]
        told = self._get_messages(moves)
        rows = [
            *map(self._tell_action, self._get_done(moves)),
            *(self._tell_message(message) for message in told),
            *map(self._tell_agreement, self.agreement_ids),
        ]
        return header, sorted(rows, key=lambda row: row[0])

    def _get_done(self, moves):
        """Return the steps that were done for some invoices, oldest first."""
        return self.action_ids.sorted("id").filtered(
            lambda action: action.state == "done" and action.move_id in moves
        )

    def _tell_action(self, action):
        """Return the row of a step."""
        labels = dict(action._fields["action"]._description_selection(self.env))
        return [
            action.date,
            labels[action.action],
            action.step_id.name,
            action.move_id.name,
            self._as_decimal(action.amount),
            "",
        ]

    def _get_messages(self, moves):
        """Return what was written between us and the customer, and calls; never what we
        have noted for ourselves.

        :rtype: mail.message
        """
        messages = self.message_ids | moves.message_ids
        sent = self._get_done(moves).mail_message_id
        return sent | messages.filtered(self._is_for_file)

    def _is_for_file(self, message):
        """Return whether a message was to the customer, or from it, or tells of a
        call."""
        if message.mail_activity_type_id.category == "phonecall":
            return True
        if message.is_internal or message.subtype_id.internal:
            return False
        people = message.author_id | message.partner_ids | message.notified_partner_ids
        return self.partner_id in people.commercial_partner_id

    def _tell_message(self, message):
        """Return the row of a message."""
        is_call = bool(message.mail_activity_type_id)
        date = fields.Datetime.context_timestamp(
            self.with_context(tz=self.company_id.subscription_tz or "UTC"), message.date
        ).date()
        return [
            date,
            self.env._("Call") if is_call else self.env._("Message"),
            message.subject or "",
            "",
            None,
            _as_text(message.body),
        ]

    def _tell_agreement(self, agreement):
        """Return the row of a promise or payment plan."""
        states = dict(agreement._fields["state"]._description_selection(self.env))
        parts = "; ".join(
            f"{part.date.isoformat()} {self._as_decimal(part.amount)}"
            for part in agreement.instalment_ids.sorted("date")
        )
        return [
            agreement.date,
            self.env._("Promise or Payment Plan"),
            states[agreement.state],
            "",
            self._as_decimal(agreement.amount),
            parts,
        ]


def _as_text(body):
    """Return what a message says, without links: some let anybody pay, or log in."""
    text = html2plaintext(body or "", include_references=False).strip()
    return re.sub(r"https?://\S+", "…", text)


def _as_file_name(text):
    """Return text with which a file can be named anywhere."""
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "_"
