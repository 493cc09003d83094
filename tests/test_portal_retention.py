"""What customers are offered who are about to cancel, and what becomes of them."""

from datetime import date

from freezegun import freeze_time
from odoo import fields
from odoo.addons.subscription_portal.tests.common import PortalCase
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

OFFERS = "odoo.addons.subscription_portal.models.subscription_retention_offer"
STAY = "Stay, and take the offer"


class RetentionCase(PortalCase):
    def setUp(self):
        super().setUp()
        self.reason = self.env["subscription.close.reason"].create({"name": "Price"})
        self.coupon = self.env["subscription.coupon"].create(
            {
                "name": "Stay",
                "kind": "percentage",
                "percentage": 50,
                "duration": "repeating",
                "period_count": 3,
            }
        )
        self.env["subscription.retention.offer"].search([]).active = False
        self.offer = self._create_offer(name="Half the price", coupon_id=self.coupon.id)
        self.url = f"{self.subscription.access_url}/cancel"
        self.authenticate("ada", "ada")

    def _create_offer(self, **vals):
        """Return an offer that nobody is held out from."""
        return self.env["subscription.retention.offer"].create({"held_out": 0, **vals})

    def _ask(self, subscription=None, **data):
        """Tell why; return the page that asks to confirm."""
        subscription = subscription or self.subscription
        page = self._get_page(f"{subscription.access_url}/cancel")
        return self._send(page, "Continue", **data)

    def _get_last(self):
        """Return the cancellation that was begun last."""
        return self.env["subscription.cancellation"].search([], limit=1)

    def _is_offered(self, page):
        return bool(page.xpath("//section[@aria-labelledby='offer_title']"))


@tagged("standard", "post_install", "-at_install")
class TestPortalRetention(RetentionCase):
    # === THE OFFER === #

    def test_one_offer_stands_beside_the_button_that_cancels(self):
        page = self._ask()
        text = self._get_text(page)
        self.assertIn("Half the price", text)
        self.assertIn("50% off 3 periods", text)
        buttons = page.xpath("//main//form//button[@type='submit']")
        self.assertEqual(
            [self._get_text(button) for button in buttons],
            [STAY, "Cancel the subscription"],
        )

    def test_who_does_not_take_it_cancels_in_as_many_steps(self):
        page = self._send(self._ask(), "Cancel the subscription")
        self.assertIn("Your subscription is cancelled.", self._get_text(page))
        self.assertRecordValues(
            self._get_last(),
            [
                {
                    "subscription_id": self.subscription.id,
                    "partner_id": self.partner.commercial_partner_id.id,
                    "offer_id": self.offer.id,
                    "is_held_out": False,
                    "state": "cancelled",
                    "mrr": 100,
                }
            ],
        )
        self._send(page, "Undo the cancellation")
        self.assertEqual(self._get_last().state, "undone")

    def test_what_a_customer_tells_is_kept(self):
        self._ask(reason_id=str(self.reason.id), note="Too dear")
        last = self._get_last()
        self.assertEqual(last.close_reason_id, self.reason)
        self.assertEqual(last.note, "Too dear")
        self.assertEqual(last.state, "open")

    def test_the_first_offer_that_fits_the_reason_is_made(self):
        self.offer.reason_ids = self.reason
        other = self._create_offer(name="May we help?", kind="contact", sequence=1)
        other.reason_ids = self.reason.copy()
        self.assertIn(
            "Half the price",
            self._get_text(self._ask(reason_id=str(self.reason.id))),
        )

    def test_an_offer_for_another_reason_or_plan_is_not_made(self):
        self.offer.reason_ids = self.reason
        self.assertFalse(self._is_offered(self._ask()))
        self.offer.reason_ids = False
        self.offer.plan_ids = self._create_plan(name="Other")
        self.assertFalse(self._is_offered(self._ask()))

    def test_an_offer_that_cannot_be_carried_out_is_not_made(self):
        self.coupon.date_end = "2020-01-01"
        self._create_offer(name="Longer", kind="trial", trial_days=14)
        self._create_offer(name="Plan", kind="plan", plan_id=self.plan.id)
        self.assertFalse(self._is_offered(self._ask()))
        self.assertFalse(self.subscription.discount_ids)

    def test_an_offer_of_another_company_is_not_made(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.offer.write({"coupon_id": False, "kind": "contact"})
        self.offer.company_id = company
        self.assertFalse(self._is_offered(self._ask()))

    # === TAKING IT === #

    def _take(self, **vals):
        """Take an offer; return the page that follows."""
        if vals:
            self.offer.write(vals)
        return self._send(self._ask(), STAY)

    def _check_kept(self, page):
        self.assertIn("We are glad that you stay.", self._get_text(page))
        self.assertEqual(self._get_last().state, "kept")
        self.assertFalse(self.subscription._get_scheduled_closes())

    def test_a_discount_is_taken(self):
        self._check_kept(self._take())
        self.assertEqual(self.subscription.discount_ids.coupon_id, self.coupon)
        log = str(self.subscription.message_ids.mapped("body"))
        self.assertIn("took an offer: Half the price", log)

    def test_a_pause_is_taken_and_ends_by_itself(self):
        self._check_kept(self._take(kind="pause", pause_days=30))
        self.assertEqual(self.subscription.state, "paused")
        today = self.subscription.company_id._get_subscription_today()
        back = fields.Date.add(today, days=30)
        resume = self.subscription.change_ids.filtered(lambda c: c.kind == "resume")
        self.assertEqual((resume.state, resume.date), ("scheduled", back))

    def test_another_plan_is_taken_after_its_preview(self):
        plan = self._create_plan(name="Small")
        self.offer.write({"kind": "plan", "plan_id": plan.id})
        page = self._ask()
        self.assertTrue(page.xpath("//details[.//table]"))
        self._check_kept(self._send(page, STAY))
        changes = self.subscription.change_ids.filtered("plan_id")
        self.assertEqual(changes.plan_id, plan)
        self.assertIn(changes.state, ("applied", "scheduled"))

    def test_a_free_product_is_added(self):
        product = self.env["product.product"].create({"name": "Calendar"})
        self._check_kept(self._take(kind="product", product_id=product.id))
        changes = self.subscription.change_ids.filtered("line_ids")
        self.assertRecordValues(
            changes.line_ids, [{"product_id": product.id, "discount": 100}]
        )

    def test_a_longer_trial_puts_off_all_that_follows(self):
        plan = self._create_plan(name="Try", trial_days=14)
        trial = self._create_subscription(plan_id=plan.id, state="draft")
        trial.action_confirm()
        end = fields.Date.add(trial.date_trial_end, days=10)
        self.offer.write({"kind": "trial", "trial_days": 10})
        self._send(self._ask(trial), STAY)
        self.assertRecordValues(
            trial,
            [
                {
                    "state": "trial",
                    "date_trial_end": end,
                    "date_next_period": end,
                    "date_term_start": end,
                    "date_anchor": end,
                }
            ],
        )

    def test_only_a_trial_is_extended(self):
        with self.assertRaisesRegex(UserError, "is in no trial"):
            self.subscription._extend_trial(5)

    def test_who_likes_to_talk_is_called(self):
        responsible = new_test_user(
            self.env, "sam", "subscription_billing.group_subscription_user"
        )
        self.subscription.user_id = responsible
        self.offer.kind = "contact"
        page = self._ask(reason_id=str(self.reason.id), note="It beeps at night")
        page = self._send(page, "Talk to us first")
        self.assertIn("We will get in touch with you.", self._get_text(page))
        activity = self.subscription.activity_ids
        self.assertEqual(activity.user_id, responsible)
        self.assertIn("It beeps at night", activity.note)

    def test_the_link_is_enough(self):
        self.authenticate(None, None)
        token = self.subscription._portal_ensure_token()
        page = self._get_page(f"{self.url}?access_token={token}")
        self._check_kept(self._send(self._send(page, "Continue"), STAY))

    # === LIMITS === #

    def test_who_was_asked_lately_is_asked_no_more(self):
        other = self._create_subscription()
        self.assertTrue(self._is_offered(self._ask()))
        self.assertFalse(self._is_offered(self._ask(other)))
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), months=7)):
            Cancellation = self.env["subscription.cancellation"]
            later = Cancellation._ask(other, self.reason, "")
            self.assertEqual(later._get_offer(), self.offer)

    def test_zero_months_are_no_limit(self):
        self.company.subscription_offer_months = 0
        other = self._create_subscription()
        self.assertTrue(self._is_offered(self._ask()))
        self.assertTrue(self._is_offered(self._ask(other)))

    def test_who_goes_back_and_forth_cancels_once_and_sees_one_offer(self):
        self.offer.reason_ids = self.reason
        self._create_offer(name="May we help?", kind="contact", sequence=99)
        self.assertIn(
            "Half the price", self._get_text(self._ask(reason_id=str(self.reason.id)))
        )
        self.assertFalse(self._is_offered(self._ask()))
        self.assertTrue(self._is_offered(self._ask(reason_id=str(self.reason.id))))
        self.assertEqual(
            self.env["subscription.cancellation"].search_count(
                [("subscription_id", "=", self.subscription.id)]
            ),
            1,
        )

    # === HELD OUT === #

    def test_who_is_held_out_sees_no_offer_however_often(self):
        self.offer.held_out = 100
        for _time in range(2):
            self.assertFalse(self._is_offered(self._ask()))
        self.assertRecordValues(
            self._get_last(), [{"offer_id": self.offer.id, "is_held_out": True}]
        )

    def test_who_is_held_out_takes_nothing(self):
        self.offer.held_out = 100
        self._ask()
        page = self._get_page(self.url)
        token = page.xpath("//input[@name='csrf_token']/@value")[0]
        data = {"csrf_token": token, "cancellation_id": self._get_last().id}
        page = self._read(self.url_open(f"{self.url}/keep", data=data))
        self.assertIn("This offer is no longer open.", self._get_text(page))
        self.assertFalse(self.subscription.discount_ids)

    def test_about_the_share_is_held_out_and_always_the_same(self):
        self.offer.held_out = 20
        ids = range(1, 1001)
        partners = self.env["res.partner"].browse(ids)
        out = [each for each in partners if self.offer._is_holding_out(each)]
        self.assertTrue(150 <= len(out) <= 250, len(out))
        again = [each for each in partners if self.offer._is_holding_out(each)]
        self.assertEqual(out, again)

    # === WHEN THINGS GO WRONG === #

    def test_an_offer_is_taken_once(self):
        page = self._ask()
        self._check_kept(self._send(page, STAY))
        again = self._send(page, STAY)
        self.assertIn("This offer is no longer open.", self._get_text(again))
        self.assertEqual(len(self.subscription.discount_ids), 1)

    def test_an_offer_of_another_customer_is_not_taken(self):
        stranger = self._create_subscription(
            partner_id=self.env["res.partner"].create({"name": "Eve"}).id
        )
        other = self.env["subscription.cancellation"]._ask(stranger, self.reason, "")
        page = self._ask()
        for number in (other.id, "", "x", str(10**30), "٣"):
            answer = self._send(page, STAY, cancellation_id=number)
            self.assertIn("This offer is no longer open.", self._get_text(answer))
        self.assertFalse((stranger | self.subscription).discount_ids)

    def test_a_preview_that_has_changed_is_shown_before(self):
        plan = self._create_plan(name="Small")
        self.offer.write({"kind": "plan", "plan_id": plan.id})
        page = self._ask()
        self.subscription._add_coupon(self.coupon)
        page = self._send(page, STAY)
        self.assertIn("has changed since you saw it", self._get_text(page))
        self.assertEqual(self._get_last().state, "open")
        self._check_kept(self._send(page, STAY))

    def test_a_refusal_is_told_and_nothing_is_lost(self):
        page = self._ask(reason_id=str(self.reason.id))
        self.coupon.date_end = "2020-01-01"
        page = self._send(page, STAY)
        self.assertEqual(self.answer.status_code, 400)
        self.assertTrue(page.xpath("//*[@role='alert']"))
        self.assertEqual(self._get_last().state, "open")

    def test_nothing_is_taken_without_the_token_of_the_form(self):
        self._ask()
        data = {"cancellation_id": self._get_last().id}
        answer = self.url_open(f"{self.url}/keep", data=data)
        self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.subscription.discount_ids)

    def test_an_offer_of_nothing_is_refused(self):
        for kind, word in (
            ("discount", "Coupon"),
            ("plan", "New Plan"),
            ("product", "Free of Charge"),
        ):
            with self.assertRaisesRegex(ValidationError, f"Enter {word}"):
                self._create_offer(name="Empty", kind=kind)
        for name in ("pause", "trial"):
            with self.assertRaisesRegex(ValidationError, "Days"):
                self._create_offer(name="Empty", kind=name, **{f"{name}_days": 0})

    # === RIGHTS === #

    def test_users_look_and_managers_make_offers(self):
        user, manager = (
            new_test_user(self.env, name, f"subscription_billing.{group}")
            for name, group in (
                ("clerk", "group_subscription_user"),
                ("boss", "group_subscription_manager"),
            )
        )
        self._ask()
        for model in (self.offer, self._get_last()):
            self.assertTrue(model.with_user(user).has_access("read"))
            self.assertFalse(model.with_user(user).has_access("write"))
        self.assertTrue(self.offer.with_user(manager).has_access("write"))
        self.assertFalse(self._get_last().with_user(manager).has_access("write"))


@tagged("standard", "post_install", "-at_install")
class TestRetentionReport(RetentionCase):
    """All are asked on 1 March 2027."""

    def _ask_on_first(self, **vals):
        """Return a subscription whose customer was asked, and the record of it."""
        partner = self.env["res.partner"].create({"name": "Somebody"})
        subscription = self._create_subscription(
            partner_id=partner.id, date_start=date(2027, 1, 1), **vals
        )
        with freeze_time("2027-03-01 12:00:00"):
            Cancellation = self.env["subscription.cancellation"]
            return subscription, Cancellation._ask(subscription, self.reason, "")

    def _date_back(self, change):
        """Let a change be of the day on which all are asked: the database has its own
        clock."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE subscription_change SET create_date = '2027-03-01' WHERE id = %s",
            [change.id],
        )

    def _read_group(self, day="2027-08-01"):
        self.env.flush_all()
        names = (
            "accepted_rate:avg",
            "stayed_30_rate:avg",
            "stayed_90_rate:avg",
            "mrr_saved:sum",
        )
        with freeze_time(f"{day} 12:00:00"):
            rows = self.env["subscription.retention.report"]._read_group(
                [("offer_id", "=", self.offer.id)], ["group"], names
            )
        return {
            group: tuple(value and round(value, 4) for value in values)
            for group, *values in rows
        }

    def test_who_stays_is_told_of_those_offered_and_held_out(self):
        with freeze_time("2027-01-01 12:00:00"):
            subscriptions = [self._ask_on_first() for _number in range(4)]
        (kept, took), (gone, left), (stays, _looked), (_out, held) = subscriptions
        with freeze_time("2027-03-01 13:00:00"):
            took._accept(None)
            change = gone._create_portal_close(self.reason, "")
            change.action_confirm_previewed()
            left._decide("cancelled")
        self._date_back(change)
        held.is_held_out = True
        with freeze_time("2027-05-01 12:00:00"):
            stays._close()
        self.assertEqual(
            self._read_group(),
            {
                "offered": (
                    round(100 / 3, 4),
                    round(200 / 3, 4),
                    round(100 / 3, 4),
                    kept.mrr,
                ),
                "held_out": (False, 100, 100, 0),
            },
        )

    def test_who_was_asked_lately_is_not_told_yet(self):
        with freeze_time("2027-01-01 12:00:00"):
            self._ask_on_first()
        for day, expected in (
            ("2027-03-31", (False, False)),
            ("2027-04-01", (100, False)),
            ("2027-05-30", (100, False)),
            ("2027-05-31", (100, 100)),
        ):
            with self.subTest(day=day):
                self.assertEqual(self._read_group(day)["offered"][1:3], expected)

    def test_a_cancellation_that_was_undone_counts_as_staying(self):
        with freeze_time("2027-01-01 12:00:00"):
            subscription, _asked = self._ask_on_first()
        with freeze_time("2027-03-01 13:00:00"):
            change = subscription._create_portal_close(self.reason, "")
            change.action_confirm_previewed()
            subscription.action_undo_end()
        self._date_back(change)
        self.assertEqual(self._read_group()["offered"][1:3], (100, 100))

    def test_results_open_from_the_offer(self):
        action = self.offer.action_view_results()
        self.assertEqual(action["domain"], [("offer_id", "=", self.offer.id)])
        self.assertEqual(action["res_model"], "subscription.retention.report")
