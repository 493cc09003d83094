"""Personal data are erased; the books are kept."""

from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.subscription_billing.tests.common_disputes import open_dispute

ERASURE = "subscription_portal.mail_activity_type_erasure"


@tagged("standard", "post_install", "-at_install")
class TestPortalErasure(PortalCase):
    def setUp(self):
        super().setUp()
        self.partner.write(
            {
                "name": "Ada Lovelace",
                "email": "ada@example.com",
                "phone": "+1 555 0100",
                "street": "1 Analytical Way",
                "city": "London",
            }
        )
        self.manager = new_test_user(
            self.env,
            "boss",
            "base.group_user,base.group_partner_manager,"
            "subscription_billing.group_subscription_manager",
        )
        self.subscription.collection_method = "invoice"

    def _bill(self):
        """Bill the subscription, have it paid, and return the invoice."""
        invoice = self.env["subscription.renewal"]._bill_now(self.subscription)
        payment = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        payment.create({}).action_create_payments()
        return invoice

    def _ask(self):
        """Open the dialog as the manager; return it."""
        action = self.partner.with_user(self.manager).action_erase_personal_data()
        dialog = Form(
            self.env[action["res_model"]]
            .with_user(self.manager)
            .with_context(**action["context"])
        )
        return dialog.save()

    def _erase(self):
        self._ask().action_erase()

    # === WHAT IS ERASED === #

    def test_the_contact_is_nobody_any_more(self):
        self.subscription._close()
        self._erase()
        self.assertRecordValues(
            self.partner,
            [
                {
                    "name": f"Erased contact {self.partner.id}",
                    "email": False,
                    "phone": False,
                    "street": False,
                    "city": False,
                    "active": False,
                }
            ],
        )
        self.assertTrue(self.partner.date_erased)

    def test_the_login_is_gone(self):
        self.subscription._close()
        self._erase()
        self.assertFalse(self.user.active)
        self.assertNotEqual(self.user.login, "ada")

    def test_it_is_logged_who_has_done_it_and_nothing_else(self):
        self.partner.message_post(body="Ada Lovelace called.")
        self.partner.with_context(tracking_disable=False).email = "lovelace@example.com"
        self.cr.precommit.run()
        self.subscription._close()
        self._erase()
        [message] = self.partner.message_ids
        self.assertIn(self.manager.name, message.body)
        self.assertNotIn("Ada", message.body)
        self.assertFalse(message.sudo().tracking_value_ids)

    def test_the_request_is_done(self):
        self.partner._request_erasure()
        self.subscription._close()
        self._erase()
        self.assertFalse(self.partner.activity_search([ERASURE]))
        self.assertFalse(
            self.env["mail.message"].search(
                [
                    ("model", "=", "res.partner"),
                    ("res_id", "=", self.partner.id),
                    ("body", "ilike", "Ada"),
                ]
            )
        )

    def test_notes_and_methods_and_copies_are_erased(self):
        token = self._create_token(self.partner)
        reason = self.env["subscription.close.reason"].create({"name": "Moved"})
        self.env["subscription.cancellation"]._ask(
            self.subscription, reason, "I, Ada, move to Paris."
        )
        change = self.subscription._create_portal_close(reason, "Call me: 0100")
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "amount": 1,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.partner.id,
                "reference": "S-1",
            }
        )
        self.assertEqual(payment.partner_name, "Ada Lovelace")
        self.subscription._close(note="Ada moves")
        self._erase()
        self.assertFalse(token.active)
        self.assertFalse(change.note)
        self.assertFalse(self.subscription.close_note)
        cancellations = self.env["subscription.cancellation"].search(
            [("subscription_id", "=", self.subscription.id)]
        )
        self.assertFalse(any(cancellations.mapped("note")))
        self.assertNotIn("Ada", payment.partner_name)
        self.assertFalse(payment.partner_email)

    def test_names_in_messages_about_the_subscription_are_erased(self):
        message = self.subscription.message_post(
            body="Ada Lovelace <ada@example.com> called.", author_id=self.partner.id
        )
        self.subscription._close()
        self._erase()
        self.assertNotIn("Ada", message.body)
        self.assertNotIn("ada@example.com", message.body)
        self.assertIn("called.", message.body)
        self.assertFalse(message.email_from)
        self.assertNotIn(self.partner, self.subscription.message_partner_ids)

    def test_what_was_declared_without_a_login_is_erased(self):
        declared = self.env["subscription.cancellation.request"].create(
            {
                "kind": "ordinary",
                "customer_name": "Ada Lovelace",
                "contract_number": self.subscription.name,
                "email": "ada@example.com",
                "reason": "I am moving to London",
                "state": "done",
                "company_id": self.company.id,
                "subscription_id": self.subscription.id,
                "partner_id": self.partner.id,
            }
        )
        declared.message_post(body="Ada Lovelace has called.")
        self.subscription._close()
        self._erase()
        self.assertRecordValues(
            declared, [{"customer_name": "Erased", "email": "Erased", "reason": False}]
        )
        told = str(declared.message_ids.mapped("body"))
        self.assertNotIn("Lovelace", told)
        self.assertIn("has called.", told)

    def test_words_that_only_begin_like_a_name_are_left(self):
        self.partner.name = "Main"
        message = self.subscription.message_post(body="Main Maintenance")
        self.subscription._close()
        self._erase()
        self.assertIn("[erased] Maintenance", message.body)

    def test_contacts_of_a_person_are_erased_as_well(self):
        contact = self.partner._add_invoice_contact("Bob", "bob@example.com")
        self.subscription._close()
        self._erase()
        self.assertFalse(contact.active)
        self.assertFalse(contact.email)

    def test_colleagues_in_a_company_are_others(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        bob, office = self.env["res.partner"].create(
            [
                {"name": "Bob", "parent_id": firm.id, "type": "contact"},
                {"name": "Office", "parent_id": firm.id, "type": "invoice"},
            ]
        )
        firm.with_user(self.manager)._erase_personal_data()
        self.assertEqual(bob.name, "Bob")
        self.assertFalse(office.active)

    # === WHAT IS KEPT === #

    def test_the_books_are_kept_with_the_pdf(self):
        invoice = self._bill()
        self.subscription._close()
        before = invoice.amount_total, invoice.name, invoice.state
        self._erase()
        self.assertEqual((invoice.amount_total, invoice.name, invoice.state), before)
        self.assertTrue(invoice.invoice_pdf_report_id)
        self.assertEqual(invoice.partner_id, self.partner)

    def test_what_was_agreed_is_kept(self):
        consent = self.env["subscription.consent"]._record(
            "order", self.subscription, partner=self.partner, text="I order."
        )
        self.subscription._close()
        self._erase()
        self.assertEqual(consent.text, "I order.")

    # === WHEN IT IS REFUSED === #

    def test_nothing_is_erased_while_a_subscription_runs(self):
        dialog = self._ask()
        self.assertIn(self.subscription.name, dialog.obstacles)
        with self.assertRaisesRegex(UserError, "not closed"):
            dialog.action_erase()
        self.assertEqual(self.partner.name, "Ada Lovelace")

    def test_nothing_is_erased_while_an_invoice_is_open(self):
        invoice = self.env["subscription.renewal"]._bill_now(self.subscription)
        self.subscription._close()
        with self.assertRaisesRegex(UserError, invoice.name):
            self._erase()

    def test_nothing_is_erased_while_a_dispute_is_open(self):
        self.subscription._close()
        dispute = open_dispute(self._create_token().provider_id)
        self.cr.execute(
            "UPDATE subscription_dispute SET partner_id = %s WHERE id = %s",
            (self.partner.id, dispute.id),
        )
        dispute.invalidate_recordset()
        self.assertIn(dispute.display_name, self._ask().obstacles)
        with self.assertRaisesRegex(UserError, "not decided"):
            self._erase()

    def test_nothing_is_erased_while_a_payment_is_under_way(self):
        self.subscription._close()
        token = self._create_token(self.partner)
        self.env["payment.transaction"].create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "amount": 1,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.partner.id,
                "reference": "S-2",
                "state": "pending",
            }
        )
        with self.assertRaisesRegex(UserError, "S-2"):
            self._erase()

    def test_who_works_here_is_not_erased(self):
        partner = self.manager.partner_id
        with self.assertRaisesRegex(UserError, "work here"):
            partner.with_user(self.manager)._erase_personal_data()

    def test_only_administrators_of_subscriptions_erase(self):
        self.subscription._close()
        user = new_test_user(
            self.env,
            "clerk",
            "base.group_user,base.group_partner_manager,"
            "subscription_billing.group_subscription_user",
        )
        with self.assertRaises(AccessError):
            self.partner.with_user(user).action_erase_personal_data()
        with self.assertRaises(AccessError):
            self.partner.with_user(user)._erase_personal_data()
        self.assertEqual(self.partner.name, "Ada Lovelace")
