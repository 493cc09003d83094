"""What is learnt of a company's own retries and invoices, and how well."""

from random import Random
from statistics import fmean

import pytest
from odoo.addons.subscription_billing_dunning.fitting import logistic, risk, timing
from odoo.addons.subscription_billing_dunning.fitting.logistic import Refusal
from odoo.addons.subscription_billing_dunning.tools.risk import (
    POINTS,
    CustomerFacts,
    RiskModel,
    assess,
    signs,
)
from odoo.addons.subscription_billing_dunning.tools.timing import (
    FUNDS_CODE,
    PRIOR,
    Attempt,
    Observed,
    Retry,
    TimingModel,
    probability,
)
from sklearn.metrics import roc_auc_score

from benchmarks import dunning_timing as simulation
from odoo.addons.subscription_billing.tools.outcome import Decline

#: a place where money comes at 20 h and on the 7th, which nobody would expect
ODD = TimingModel(-1.0, {"hour_20": 2.0, "day_07": 1.5, "number": -0.3})
DECLINES = (Decline("retry", FUNDS_CODE), Decline("unknown", "do_not_honor"))
#: what makes customers late in a book that is known
LATE = RiskModel(
    -2.0,
    dict.fromkeys(POINTS, 0.0) | {"days_late_average": 3.0, "decline_count": 2.0},
    dict.fromkeys(POINTS, 0.0),
)

ESTIMATE = logistic.estimate


def drawn_attempt(random):
    retry = Retry(random.choice(DECLINES), random.randint(1, 6), 1.0)
    return Attempt(
        retry, random.randrange(24), random.randrange(7), random.randint(1, 31)
    )


def drawn_retries(count, model, seed=1):
    """Return retries at any time that succeed as a model says."""
    random = Random(seed)
    attempts = [drawn_attempt(random) for _ in range(count)]
    return [
        Observed(attempt, random.random() < probability(model, attempt))
        for attempt in attempts
    ]


def drawn_facts(random):
    return CustomerFacts(
        days_known=random.randrange(1500),
        invoice_paid_count=random.randrange(40),
        days_late_average=random.uniform(0, 40),
        days_late_worst=random.uniform(40, 100),
        decline_count=random.randrange(6),
        has_method=random.random() < 0.8,
        days_to_expiry=random.choice([None, random.randrange(900)]),
        amount_ratio=random.uniform(0.5, 3),
        overdue_ratio=random.uniform(0, 1),
    )


def drawn_invoices(count, model, seed=1):
    """Return invoices, two of each customer, that are late as a model says."""
    random = Random(seed)
    facts = [drawn_facts(random) for _ in range(count)]
    return [
        risk.Paid(each, 100 * random.random() < assess(each, model).score, number // 2)
        for number, each in enumerate(facts)
    ]


def distance(model, other, count=500):
    """Return how far two models are apart, in probability, on average."""
    random = Random(99)
    attempts = [drawn_attempt(random) for _ in range(count)]
    return fmean(
        abs(probability(model, each) - probability(other, each)) for each in attempts
    )


def assert_calibrated(fitted, tolerance):
    assert len(fitted.calibration) == 10
    assert sum(each.count for each in fitted.calibration) == fitted.count
    for each in fitted.calibration:
        assert each.actual == pytest.approx(each.predicted, abs=tolerance)


# === THE SAME FIGURES AS THE LIBRARY'S === #


class Estimates:
    """Keeps what the library has learnt, and from what."""

    def __init__(self):
        self.made = []

    def keep(self, sample, ridge):
        self.made.append((sample, ESTIMATE(sample, ridge)))
        return self.made[-1][1]

    def of_the_last(self, count):
        """Return the probabilities that the last fit gives its own first rows."""
        sample, estimated = self.made[-1]
        return estimated.predict_proba(sample.features[:count])[:, 1].tolist()


@pytest.fixture
def estimates(monkeypatch):
    kept = Estimates()
    monkeypatch.setattr(logistic, "estimate", kept.keep)
    return kept


def test_retries_are_scored_as_the_library_does(estimates):
    observed = drawn_retries(400, ODD)
    model = TimingModel.from_json(timing.fit(observed).model.to_json())
    theirs = estimates.of_the_last(len(observed))
    ours = [probability(model, each.attempt) for each in observed]
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_customers_are_scored_as_the_library_does(estimates):
    rows = drawn_invoices(600, LATE)
    model = RiskModel.from_json(risk.fit(rows).model.to_json())
    theirs = estimates.of_the_last(len(rows))
    ours = [assess(each.facts, model).score / 100 for each in rows]
    assert ours == pytest.approx(theirs, abs=1e-9)


# === TIMING === #


@pytest.mark.parametrize("count", [0, 40])
def test_a_new_company_has_the_prior_and_is_told_so(count):
    fitted = timing.fit(drawn_retries(count, ODD))
    assert fitted.model is PRIOR
    assert fitted.count == count
    assert fitted.refusal == Refusal("few_positive", 30, fitted.positive_count)
    assert fitted.auc is None
    assert fitted.calibration == ()


def test_retries_that_all_succeed_teach_nothing():
    observed = [Observed(each.attempt, True) for each in drawn_retries(50, ODD)]
    assert timing.fit(observed).refusal == Refusal("few_negative", 30, 0)


def test_a_little_leaves_the_prior_and_much_overrules_it():
    little = timing.fit(drawn_retries(150, ODD)).model
    much = timing.fit(drawn_retries(8000, ODD)).model
    assert distance(little, PRIOR) < distance(little, ODD)
    assert distance(much, ODD) < 0.04 < 0.08 < distance(much, PRIOR)


def test_a_prior_of_great_weight_stays_as_it_was():
    fitted = timing.fit(drawn_retries(150, ODD), prior_weight=1e6)
    assert distance(fitted.model, PRIOR) < 0.01


def test_probabilities_come_true_as_often_as_they_say():
    observed = drawn_retries(8000, ODD)
    fitted = timing.fit(observed)
    assert_calibrated(fitted, 0.06)
    truth = [probability(ODD, each.attempt) for each in observed]
    best = roc_auc_score([each.is_success for each in observed], truth)
    assert best - 0.03 < fitted.auc < best + 0.01
    assert fitted.refusal is None


def test_the_same_retries_and_seed_teach_the_same():
    observed = drawn_retries(300, ODD)
    assert timing.fit(observed, seed=5) == timing.fit(observed, seed=5)
    assert timing.fit(observed, seed=5) != timing.fit(observed, seed=6)


@pytest.mark.parametrize("seed", [1, 5])
def test_what_was_learnt_recovers_more_with_fewer_retries(seed, capsys):
    """Than every three days at midnight, and than the prior, in a book of which is
    known when people pay.
    """
    fitted = simulation.learn(700, seed)
    courses = simulation.act(300, seed, fitted.model)
    for other in ("fixed", "prior"):
        comparison = simulation.Comparison.of(courses["learnt"], courses[other])
        with capsys.disabled():
            print(
                f"\nlearnt - {other}: recovered {comparison.recovered}, "
                f"retries each {comparison.attempts} (95 %)"
            )
        assert comparison.recovered.low > 0
        assert comparison.attempts.high < 0


# === RISK === #


def test_few_customers_teach_nothing_of_risk():
    fitted = risk.fit(drawn_invoices(60, LATE))
    assert fitted.model is None
    assert fitted.refusal.why in {"few_positive", "few_negative"}
    assert fitted.refusal.found < fitted.refusal.needed == risk.FEWEST


def test_many_invoices_of_one_customer_are_one_customer():
    one = [
        risk.Paid(each.facts, each.is_late, "the same")
        for each in drawn_invoices(500, LATE)
    ]
    assert risk.fit(one).refusal == Refusal("few_positive", risk.FEWEST, 1)


def test_what_makes_customers_late_is_found():
    fitted = risk.fit(drawn_invoices(4000, LATE))
    weights = fitted.model.weights
    largest = sorted(weights, key=weights.get)[-2:]
    assert largest == ["decline_count", "days_late_average"]
    assert weights["days_late_average"] == pytest.approx(3, abs=0.5)
    assert fitted.model.usual["days_late_average"] == pytest.approx(0.6, abs=0.05)
    assert_calibrated(fitted, 0.08)
    assert fitted.auc > 0.75


def test_no_reason_is_learnt_from_a_sign_that_speaks_for_the_customer():
    """Here the customers whose charges are declined pay all the same."""
    random = Random(4)
    rows = []
    for number in range(1000):
        facts = drawn_facts(random)
        found = signs(facts)
        chance = found["days_late_average"] * (1 - found["decline_count"])
        rows.append(risk.Paid(facts, random.random() < chance, number))
    weights = risk.fit(rows).model.weights
    assert weights["decline_count"] == 0 < weights["days_late_average"]


def test_where_nothing_tells_who_is_late_the_rules_stay():
    random = Random(3)
    rows = [
        risk.Paid(drawn_facts(random), random.random() < 0.5, n) for n in range(400)
    ]
    fitted = risk.fit(rows)
    assert fitted.model is None
    assert fitted.refusal.why == "weak"
    assert fitted.refusal.found < fitted.refusal.needed == risk.LEAST_AUC


def test_the_same_invoices_and_seed_teach_the_same():
    rows = drawn_invoices(500, LATE)
    assert risk.fit(rows, seed=2) == risk.fit(rows, seed=2)
