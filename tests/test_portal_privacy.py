"""What customers can read by remote call is what the company would tell them."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_access import AccessCase

#: what the company writes for itself: not even of the customer's own documents
INTERNAL = {
    "account.move": [
        "collection_error",
        "refund_error",
        "refund_note",
        "refund_reason_id",
        "surplus_label",
    ],
    "payment.token": ["date_refused", "refusal"],
    "res.company": [
        "subscription_dispute_hold",
        "subscription_dispute_loss",
        "subscription_fraud_warning",
    ],
}


@tagged("standard", "post_install", "-at_install")
class TestPortalPrivacy(AccessCase):
    def _get_own_records(self):
        """Return a credit note, a method and the company of the portal user."""
        partner = self.portal.partner_id
        token = self._create_token(partner)
        subscription = self._create_subscription(
            partner_id=partner.id, date_start=date.today()
        )
        subscription.action_bill_now()
        reason = self.env.ref("subscription_billing.refund_reason_other")
        self.env["subscription.refund"].create(
            {
                "invoice_id": subscription.invoice_ids.id,
                "reason_id": reason.id,
                "note": "He is a known cheat.",
            }
        ).action_refund()
        token._refuse("Stolen, says the bank.")
        note = subscription.invoice_ids.reversal_move_ids
        return {
            "account.move": note,
            "payment.token": token,
            "res.company": self.company,
        }

    def test_customers_read_no_notes_about_them(self):
        for model, record in self._get_own_records().items():
            record = record.with_user(self.portal)
            self.assertTrue(record.has_access("read"), model)
            for name in INTERNAL[model]:
                with self.subTest(field=name), self.assertRaises(AccessError):
                    record.read([name])
                if model == "res.company":
                    continue  # everybody searches companies, as the system does
                with self.subTest(field=name), self.assertRaises(AccessError):
                    record.search([(name, "!=", False)])

    def test_customers_read_no_free_text_and_no_error_of_ours(self):
        readable = [
            f"{model}.{name}"
            for model in sorted(self.env)
            if model != "res.company"  # its terms are for everybody
            and self.env[model].with_user(self.portal).has_access("read")
            for name, field in self.env[model]._fields.items()
            if field._modules[:1] == ("subscription_billing",)
            and (field.type in ("text", "html") or name.endswith(("_error", "_note")))
            and not field.groups
        ]
        self.assertFalse(readable)

    def test_people_of_the_company_read_them(self):
        for model, record in self._get_own_records().items():
            record.with_user(self.accountant).sudo(model == "payment.token").read(
                INTERNAL[model]
            )
