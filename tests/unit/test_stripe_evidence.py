"""What Stripe takes in words against a dispute."""

from typing import get_args

from odoo.addons.subscription_billing_stripe.tools.evidence import LONGEST, to_stripe

from odoo.addons.subscription_billing.tools.dispute import Reason
from odoo.addons.subscription_billing.tools.evidence import fields_for
from tests.stand_in.resources.disputes import EVIDENCE, FILES

KNOWN = {name for reason in get_args(Reason) for name in fields_for(reason)}
#: Stripe has no text for these: they stand in the file alone
IN_FILE = {
    "cancellation_policy",
    "customer_communication",
    "prior_undisputed_charges",
    "refund_policy",
    "service_documentation",
}


def test_texts_get_stripes_names():
    given = {"customer_email": "ada@example.com", "service_date": "03/10/2026"}
    assert to_stripe(given) == {
        "customer_email_address": "ada@example.com",
        "service_date": "03/10/2026",
    }


def test_all_that_is_known_is_sent_but_what_stripe_wants_as_a_file():
    sent = to_stripe(dict.fromkeys(KNOWN, "text"))
    assert len(sent) == len(KNOWN - IN_FILE)
    assert set(sent) <= EVIDENCE - FILES


def test_what_is_empty_is_left_out():
    assert to_stripe({"customer_name": ""}) == {}


def test_a_text_that_is_too_long_goes_on_in_the_file():
    sent = to_stripe({"uncategorized_text": "x" * (LONGEST + 1)})["uncategorized_text"]
    assert len(sent) == LONGEST
    assert sent.endswith("(continued in the file)")
    whole = "x" * LONGEST
    assert to_stripe({"uncategorized_text": whole})["uncategorized_text"] == whole
