"""The states of a subscription."""

import pytest

from odoo.addons.subscription_billing.tools.lifecycle import (
    BILLED_STATES,
    TRANSITIONS,
    can_change,
)


def test_every_target_is_a_state():
    assert set().union(*TRANSITIONS.values()) <= TRANSITIONS.keys()


def test_every_state_can_be_closed():
    others = TRANSITIONS.keys() - {"closed"}
    assert all(can_change(state, "closed") for state in others)


def test_nothing_becomes_a_draft_again():
    assert not any(can_change(state, "draft") for state in TRANSITIONS)


@pytest.mark.parametrize("state", ["past_due", "suspended", "closed", "paused"])
def test_money_or_a_person_brings_a_subscription_back(state):
    assert can_change(state, "active")


@pytest.mark.parametrize(
    ("source", "target"),
    [("draft", "past_due"), ("closed", "trial"), ("active", "suspended")],
)
def test_shortcuts_are_refused(source, target):
    assert not can_change(source, target)


def test_only_running_subscriptions_are_billed():
    assert {"active", "past_due"} == BILLED_STATES
