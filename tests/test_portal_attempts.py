"""Nobody finds a secret by trying."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import api, fields
from odoo.addons.base.tests.common import BaseCommon
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

NOW = "2026-03-05 10:40:00"


@tagged("standard", "post_install", "-at_install")
class TestPortalAttempts(BaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attempts = cls.env["subscription.attempt"]

    def _try(self, key="ada", kind="coupon", limit=3, hours=2):
        return self.attempts._is_allowed(kind, key, limit, hours)

    def test_as_many_as_allowed_and_no_more(self):
        self.assertEqual([self._try() for _each in range(5)], [True] * 3 + [False] * 2)

    def test_everybody_has_their_own(self):
        for _each in range(3):
            self._try()
        self.assertTrue(self._try(key="eve"))

    def test_each_kind_is_counted_on_its_own(self):
        for _each in range(3):
            self._try()
        self.assertTrue(self._try(kind="sign_up"))

    def test_it_is_allowed_again_after_a_while(self):
        with freeze_time(NOW) as clock:
            for _each in range(3):
                self._try()
            clock.tick(timedelta(hours=2))
            self.assertFalse(self._try())
            clock.tick(timedelta(hours=1))
            self.assertTrue(self._try())

    def test_attempts_of_several_hours_add_up(self):
        with freeze_time(NOW) as clock:
            for _each in range(3):
                self.assertTrue(self._try())
                clock.tick(timedelta(minutes=40))
            self.assertFalse(self._try())

    def test_nothing_tells_who_it_was(self):
        self._try(key="ada@example.com")
        attempt = self.attempts.search([], limit=1, order="id desc")
        self.assertNotIn("ada", attempt.key_hash)
        self.assertEqual(len(attempt.key_hash), 64)

    def test_any_key_is_counted(self):
        for key in (7, "a\x00b", "\ud800", "ä" * 10_000, None):
            with self.subTest(key=key):
                self.assertTrue(self._try(key=key, limit=1))
                self.assertFalse(self._try(key=key, limit=1))

    def test_old_ones_are_forgotten(self):
        with freeze_time(NOW):
            self._try()
        self.attempts._gc_attempts()
        day = fields.Datetime.to_datetime(NOW)
        self.assertFalse(self.attempts.search([("date_hour", "<=", day)]))

    def test_visitors_neither_read_nor_write_them(self):
        user = new_test_user(self.env, "eve", "base.group_portal")
        mine = self.attempts.with_user(user)
        self.assertTrue(mine._is_allowed("coupon", "eve", 1, 1))
        with self.assertRaises(AccessError):
            mine.search([])

    def test_of_two_at_the_same_time_the_second_starts_over_and_is_counted(self):
        def attempt(cr):
            attempts = api.Environment(cr, self.env.uid, {})["subscription.attempt"]
            return attempts._is_allowed("test", "twice", 1, 1)

        def forget():
            with self.registry.cursor() as cr:
                cr.execute("DELETE FROM subscription_attempt WHERE kind = 'test'")

        self.addCleanup(forget)
        with self.registry.cursor() as second:
            second.execute("SELECT 1 FROM subscription_attempt")
            with self.registry.cursor() as first:
                self.assertTrue(attempt(first))
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                attempt(second)
            second.rollback()
            self.assertFalse(attempt(second))
