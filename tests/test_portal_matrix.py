"""Who gets what answer on each route of the portal that is read: all of them, for all
visitors."""

from odoo.tests import tagged

from .portal_matrix_case import (
    ANYBODY,
    BACK,
    CHANGED,
    MISSING,
    OWNERS,
    PAGE,
    PUBLIC,
    SEEN,
    STRANGERS,
    VISITORS,
    PortalMatrixCase,
)

#: every route that is read, and what each visitor is answered
READ = {
    "/subscriptions/cancel": PUBLIC,
    "/subscriptions/withdraw": PUBLIC,
    "/subscriptions/cancel/sent/{sent}": PUBLIC,
    "/subscriptions/cancel/sent/{sent}/file": PUBLIC,
    "/subscriptions/cancel/confirm/{confirm}": PUBLIC,
    "/subscriptions/invitation/{invitation}": dict.fromkeys(
        VISITORS, "/my/subscriptions/{subscription}/automatic"
    ),
    "/my/subscriptions": ANYBODY,
    "/my/subscriptions/page/1": ANYBODY,
    "/my/subscriptions/methods": ANYBODY,
    "/my/subscriptions/methods/added": {
        **ANYBODY,
        **dict.fromkeys((*OWNERS, *STRANGERS), "/my/subscriptions/methods"),
    },
    "/my/subscriptions/pay": ANYBODY,
    "/my/subscriptions/pay/back": {
        **ANYBODY,
        **dict.fromkeys((*OWNERS, *STRANGERS), "/my/subscriptions/pay"),
    },
    "/my/subscriptions/preferences": ANYBODY,
    "/my/subscriptions/preferences/data": ANYBODY,
    "/my/subscriptions/{subscription}": SEEN,
    "/my/subscriptions/{subscription}/cancel": SEEN,
    # There is no draft.
    "/my/subscriptions/{subscription}/cancel/confirm": {
        **SEEN,
        **dict.fromkeys((*OWNERS, "token"), "/my/subscriptions/{subscription}"),
    },
    "/my/subscriptions/{subscription}/change": CHANGED,
    "/my/subscriptions/{subscription}/change/confirm": BACK,
    "/my/subscriptions/{subscription}/coupon": CHANGED,
    "/my/subscriptions/{subscription}/pause": CHANGED,
    "/my/subscriptions/{subscription}/pause/confirm": BACK,
    "/my/subscriptions/{subscription}/resume/confirm": BACK,
    "/my/subscriptions/{subscription}/reactivate": BACK,
    "/my/subscriptions/{subscription}/pay": SEEN,
    "/my/subscriptions/{subscription}/pay/back": {
        **SEEN,
        **dict.fromkeys((*OWNERS, "token"), "/my/subscriptions/{subscription}"),
    },
    "/my/subscriptions/{subscription}/automatic": SEEN,
    "/my/subscriptions/{subscription}/automatic/back": {
        **SEEN,
        **dict.fromkeys(
            (*OWNERS, "token"), "/my/subscriptions/{subscription}/automatic"
        ),
    },
    "/my/subscriptions/{subscription}/documents/{document}": SEEN,
    # Their company sells nothing there.
    "/subscriptions/plans": {**dict.fromkeys(VISITORS, PAGE), "foreign": MISSING},
    "/subscriptions/signup": dict.fromkeys(VISITORS, "/subscriptions/plans"),
    "/subscriptions/signup/{signup}/{key}": dict.fromkeys(VISITORS, PAGE),
    "/subscriptions/signup/{signup}/{wrong}": dict.fromkeys(VISITORS, MISSING),
}


@tagged("standard", "post_install", "-at_install")
class TestPortalMatrix(PortalMatrixCase):
    def test_every_visitor_gets_the_answer_that_is_meant_for_them(self):
        for route, expected in READ.items():
            self.assertEqual(set(expected), set(VISITORS))
            for visitor, answer in expected.items():
                with self.subTest(route=route, visitor=visitor):
                    self.assertEqual(
                        self._visit(route, visitor), answer.format(**self.ids)
                    )

    def test_no_route_is_forgotten(self):
        known = {self._shape(route) for route in READ}
        self.assertEqual(self._find_routes("GET"), known)

    def test_customers_have_no_rights_on_the_records(self):
        for name in (
            "subscription.subscription",
            "subscription.line",
            "subscription.change",
        ):
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(
                    self.env[name].with_user(self.user).has_access(operation), name
                )
