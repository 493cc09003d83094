"""The summary of a demo run adds up and can be read."""

from workshop import summary


def plan(name, **values):
    zeros = {key: 0 for key, _title, _is_amount in summary.COLUMNS}
    return {"plan": name, **zeros, **values}


NOTHING_OVERDUE = {"cases": 0, "overdue": 0.0, "steps": {}, "stopped": []}


def facts(*plans, errors=(), dunning=NOTHING_OVERDUE):
    return {
        "currency": "USD",
        "plans": list(plans),
        "errors": list(errors),
        "dunning": dunning,
    }


def test_the_totals_are_the_sums():
    text = summary.format_summary(
        facts(
            plan("Gold", active=2, mrr=40.0, invoices=2, untaxed=1000.0),
            plan("Silver", active=1, mrr=10.5, invoices=1, untaxed=234.5),
        )
    )
    last = next(line for line in text.splitlines() if line.startswith("All")).split()
    assert last[:6] == ["All", "plans", "3", "50.50", "3", "1,234.50"]


def test_a_second_run_says_that_nothing_was_due():
    text = summary.format_summary(facts(plan("Gold", active=2, mrr=40.0)))
    assert "posted 0 invoices" in text


def test_plans_that_nobody_has_are_left_out():
    assert "Empty" not in summary.format_summary(facts(plan("Empty")))


def test_errors_are_counted_and_told():
    error = {"error": "No income account.", "names": ["S1", "S2"]}
    text = summary.format_summary(facts(errors=[error]))
    assert "2 x No income account." in text


def test_what_is_overdue_and_was_done_about_it_is_told():
    dunning = {
        "cases": 6,
        "overdue": 1605.0,
        "steps": {"Friendly reminder": 2, "Last reminder": 1},
        "stopped": ["The kiosk has no e-mail address."],
    }
    text = summary.format_summary(facts(dunning=dunning))
    assert "1,605.00 of 6 customers" in text
    assert "2 x Friendly reminder, 1 x Last reminder." in text
    assert "waits for a person: The kiosk" in text


def test_a_run_that_did_nothing_about_what_is_overdue_says_so():
    assert "nothing new" in summary.format_summary(facts())


def test_the_columns_stand_below_each_other():
    text = summary.format_summary(facts(plan("A", active=1), plan("B", active=1000)))
    table = [line for line in text.splitlines()[2:-1] if line]
    assert len({len(line) for line in table}) == 1
