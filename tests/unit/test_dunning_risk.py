"""How risky a customer is, and what is told of it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.subscription_billing_dunning.tools.risk import (
    EVERYBODY,
    MOST_REASONS,
    POINTS,
    RISKY,
    CustomerFacts,
    Reason,
    RiskModel,
    assess,
    signs,
)

GOOD = CustomerFacts(
    days_known=900,
    invoice_paid_count=30,
    days_late_average=0,
    days_late_worst=0,
    decline_count=0,
    has_method=True,
    days_to_expiry=400,
    amount_ratio=1.0,
    overdue_ratio=0.0,
)
NEW = replace(GOOD, days_known=0, invoice_paid_count=0)
BAD = replace(GOOD, days_late_average=40, decline_count=3, overdue_ratio=1.5)
WORSE = {
    "days_known": 10,
    "invoice_paid_count": 1,
    "days_late_average": 20,
    "days_late_worst": 50,
    "decline_count": 2,
    "has_method": False,
    "days_to_expiry": -3,
    "amount_ratio": 2.0,
    "overdue_ratio": 1.0,
}

facts_of_any = st.builds(
    CustomerFacts,
    days_known=st.integers(-1, 20_000),
    invoice_paid_count=st.integers(0, 1000),
    days_late_average=st.floats(0, 1000),
    days_late_worst=st.floats(0, 1000),
    decline_count=st.integers(0, 100),
    has_method=st.booleans(),
    days_to_expiry=st.none() | st.integers(-500, 3000),
    amount_ratio=st.floats(0, 1e6),
    overdue_ratio=st.floats(0, 1e6),
)


def by_sign(values):
    return st.fixed_dictionaries(dict.fromkeys(POINTS, values))


models = st.builds(
    RiskModel,
    intercept=st.floats(-20, 20),
    weights=by_sign(st.floats(0, 20)),
    usual=by_sign(st.floats(0, 1)),
)


def model_content(**changes):
    content = {
        "intercept": -2,
        "weights": dict.fromkeys(POINTS, 1),
        "usual": dict.fromkeys(POINTS, 0.1),
    }
    return content | changes


MODEL = RiskModel.from_json(json.dumps(model_content()))

# === BY RULES === #


def test_nothing_speaks_against_a_good_customer():
    risk = assess(GOOD)
    assert risk.score < 1
    assert [reason.key for reason in risk.reasons] == ["invoice_paid_count"]


def test_a_new_customer_is_not_risky_for_being_new():
    assert 0 < assess(replace(NEW, has_method=False)).score < RISKY


def test_the_reasons_are_the_largest_with_the_facts_themselves():
    risk = assess(BAD)
    assert risk.score > RISKY
    assert risk.reasons == (
        Reason("days_late_average", 40.0),
        Reason("overdue_ratio", 1.5),
        Reason("decline_count", 3.0),
    )


@pytest.mark.parametrize("name", sorted(POINTS))
def test_each_fact_raises_the_score_and_is_told(name):
    worse = replace(GOOD, **{name: WORSE[name]})
    for model in (None, MODEL):
        assert assess(worse, model).score > assess(GOOD, model).score
        assert assess(worse, model).reasons[0] == Reason(name, float(WORSE[name]))


@given(facts_of_any)
def test_each_sign_lies_between_0_and_1(facts):
    assert all(0 <= value <= 1 for value in signs(facts).values())
    assert signs(facts).keys() == POINTS.keys()


# === BY A MODEL === #


@given(facts_of_any, st.none() | models)
def test_a_risky_customer_has_reasons(facts, model):
    risk = assess(facts, model)
    assert 0 <= risk.score <= 100
    assert len(risk.reasons) <= MOST_REASONS
    assert risk.reasons or risk.score < RISKY


@given(facts_of_any, st.none() | models)
def test_what_is_not_there_is_no_reason(facts, model):
    keys = {reason.key for reason in assess(facts, model).reasons}
    assert "days_to_expiry" not in keys or facts.days_to_expiry is not None
    assert all(signs(facts)[key] > 0 for key in keys - {EVERYBODY})


def test_reasons_are_what_is_unusual():
    late = dict.fromkeys(POINTS, 0.0) | {"days_late_average": 1.0}
    model = RiskModel(-1, dict.fromkeys(POINTS, 1.0), late)
    keys = [reason.key for reason in assess(BAD, model).reasons]
    assert keys == ["decline_count", "overdue_ratio", "invoice_paid_count"]


def test_where_everybody_is_late_that_is_the_reason():
    plain = RiskModel(1, dict.fromkeys(POINTS, 0.0), dict.fromkeys(POINTS, 0.5))
    risk = assess(GOOD, plain)
    assert risk.score == pytest.approx(73.1, abs=0.1)
    assert risk.reasons == (Reason(EVERYBODY, risk.score),)


# === KEEPING === #


@given(models)
def test_a_model_comes_back_from_json_as_it_was(model):
    assert RiskModel.from_json(model.to_json()) == model


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"usual": 1}, "usual must be an object"),
        ({"usual": {}}, "usual has no days_late_average"),
        ({"weights": dict.fromkeys([*POINTS, "age"], 1)}, "weights has an unknown age"),
        ({"weights": dict.fromkeys(POINTS, -1)}, r"weights\.\w+ must not be negative"),
        ({"usual": dict.fromkeys(POINTS, -1)}, r"usual\.\w+ must not be negative"),
    ],
)
def test_what_is_no_model_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        RiskModel.from_json(json.dumps(model_content(**changes)))
