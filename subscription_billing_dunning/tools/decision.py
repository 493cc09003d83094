"""What a dunning policy asks for today: a function of facts, steps and the day.

The steps of a policy have an order. A step is due for an invoice on a day that counts
from its due date, from its first failed charge or from the step before; not earlier
than its days of grace after what was last done; and only while its conditions hold.
Nothing is done twice for the same invoice, and what was missed is caught up one step
after the other, never several letters at once where grace lies between them.

A step that tells the customer something speaks of all that is overdue, and counts as
done for all of it. While one invoice is overdue for which a later step was done, the
others do not begin with the friendly ones: they join at that step, on their own day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from odoo.addons.subscription_billing.tools.outcome import Category

#: what the days of a step count from
Timing = Literal["due", "failure", "previous"]
#: adds days to a day, some kinds of them not counted: ``shift(day, count)``
Shift = Callable[[date, int], date]


def add_days(day: date, count: int) -> date:
    """Return the day ``count`` days after ``day``, every day counted."""
    return day + timedelta(days=count)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What has to hold for a step, all of it.

    :param min_amount: of all that is overdue, in the currency of the case
    :param min_age: days since the oldest invoice was due
    :param min_invoices: how many are overdue
    :param categories: why the last charge was declined, one of these; empty for any
    :param tags: ids of tags, of which the customer has one; empty for any customer
    :param min_risk: the customer's risk score, from 0
    """

    min_amount: Decimal = Decimal(0)
    min_age: int = 0
    min_invoices: int = 0
    categories: frozenset[Category] = frozenset()
    tags: frozenset[int] = frozenset()
    min_risk: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a policy.

    :param days: after what ``timing`` says; negative before the due date
    :param grace_days: at least so many days after what was last done in the case
    :param is_single: done for each invoice apart, such as a fee; others speak of all
    :param is_contact: reaches the customer, so only in working hours
    :param shift: how its days are counted, such as working days only
    """

    id: int
    timing: Timing = "due"
    days: int = 0
    grace_days: int = 0
    is_single: bool = False
    is_contact: bool = False
    conditions: Conditions = field(default_factory=Conditions)
    shift: Shift = add_days


@dataclass(frozen=True, slots=True)
class Invoice:
    """What is known of one open invoice of a case.

    :param date_due: the last day on which it can be paid in time
    :param date_failed: the day of the first charge that failed, None without one
    :param category: why its last charge was declined, None when it was not
    :param is_stopped: nothing may be done about it now, such as in a dispute; nobody
        says when that ends, so that it is looked at every day
    """

    id: int
    amount: Decimal
    date_due: date
    date_failed: date | None = None
    category: Category | None = None
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case.

    :param today: the company's day
    :param invoices: all that is open, those that are not overdue yet included
    :param done: on which day a step was done, or skipped, for an invoice
    :param tags: ids of the customer's tags
    :param risk: the customer's risk score
    :param is_working: it is a working hour where the customer is
    """

    today: date
    invoices: tuple[Invoice, ...]
    done: Mapping[tuple[int, int], date] = field(default_factory=dict)
    tags: frozenset[int] = frozenset()
    risk: int = 0
    is_working: bool = True

    def is_overdue(self, invoice: Invoice) -> bool:
        """Return whether an invoice was not paid in time, or could not be charged."""
        return invoice.date_due < self.today or invoice.date_failed is not None

    def is_overdue_and_free(self, invoice: Invoice) -> bool:
        """Return whether an invoice is overdue, and something may be done about it."""
        return self.is_overdue(invoice) and not invoice.is_stopped


@dataclass(frozen=True, slots=True)
class Due:
    """A step that is due, and the ids of the invoices that it is done for."""

    step: int
    invoices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is due today, in order, and on which day to look at the case again.

    :param date_next: None while nothing is left that time alone would bring
    :param is_waiting_for_hours: a step is due and waits for a working hour
    """

    due: tuple[Due, ...]
    date_next: date | None = None
    is_waiting_for_hours: bool = False


def decide(steps: Iterable[Step], facts: Facts) -> Decision:
    """Return which of the steps are due, and when the next one may be.

    :param steps: in their order
    """
    ordered = tuple(steps)
    due: list[Due] = []
    for step in ordered:
        reached = _get_reached(step, ordered, facts)
        if not reached or _is_overtaken(step, ordered, facts):
            continue
        if step.is_contact and not facts.is_working:
            # What follows must not overtake it.
            return Decision(tuple(due), facts.today, is_waiting_for_hours=True)
        ids = tuple(each.id for each in _cover(step, reached, facts))
        due.append(Due(step.id, ids))
        done = {**facts.done, **{(step.id, id_): facts.today for id_ in ids}}
        facts = replace(facts, done=done)
    return Decision(tuple(due), _find_next(ordered, facts))


def holds(conditions: Conditions, reached: tuple[Invoice, ...], facts: Facts) -> bool:
    """Return whether all conditions hold.

    :param reached: the invoices for which the step is due
    """
    overdue = [each for each in facts.invoices if facts.is_overdue_and_free(each)]
    told = overdue or reached
    oldest = min(each.date_due for each in told)
    reasons = {each.category for each in reached}
    return (
        sum((each.amount for each in told), Decimal(0)) >= conditions.min_amount
        and max((facts.today - oldest).days, 0) >= conditions.min_age
        and len(told) >= conditions.min_invoices
        and (not conditions.categories or bool(conditions.categories & reasons))
        and (not conditions.tags or bool(conditions.tags & facts.tags))
        and facts.risk >= conditions.min_risk
    )


def _get_reached(
    step: Step, steps: tuple[Step, ...], facts: Facts
) -> tuple[Invoice, ...]:
    """Return the invoices for which a step is due; none while its conditions fail."""
    days = _get_days(step, steps, facts)
    reached = tuple(invoice for invoice, day in days if day <= facts.today)
    return reached if reached and holds(step.conditions, reached, facts) else ()


def _is_overtaken(step: Step, steps: tuple[Step, ...], facts: Facts) -> bool:
    """Return whether a later step is due, for an invoice that has had this one."""
    return not step.is_single and any(
        (step.id, invoice.id) in facts.done
        for later in steps[steps.index(step) + 1 :]
        if not later.is_single
        for invoice in _get_reached(later, steps, facts)
    )


def _get_days(
    step: Step, steps: tuple[Step, ...], facts: Facts
) -> list[tuple[Invoice, date]]:
    """Return from which day a step is due, for each invoice that it is open for."""
    position = steps.index(step)
    earlier = {each.id for each in steps[:position]}
    days = [day for (id_, _invoice), day in facts.done.items() if id_ in earlier]
    not_before = date.min
    if days and step.grace_days:
        not_before = step.shift(max(days), step.grace_days)
    return [
        (invoice, max(step.shift(base, step.days), not_before))
        for invoice in _get_open(step, steps[position + 1 :], facts)
        if (base := _get_base(step, invoice, earlier, facts))
    ]


def _get_base(
    step: Step, invoice: Invoice, earlier: set[int], facts: Facts
) -> date | None:
    """Return the day from which the days of a step count, None without one."""
    if step.timing == "due":
        return invoice.date_due
    if step.timing == "failure":
        return invoice.date_failed
    days = (facts.done.get((id_, invoice.id)) for id_ in earlier)
    return max((day for day in days if day), default=None)


def _get_open(step: Step, later: tuple[Step, ...], facts: Facts) -> tuple[Invoice, ...]:
    """Return the invoices about which something may be done, and this was not."""
    if not step.is_single and _is_passed(later, facts):
        return ()
    return tuple(
        invoice
        for invoice in facts.invoices
        if not invoice.is_stopped
        and (step.id, invoice.id) not in facts.done
        # A reminder of what is not due yet comes too late when it is overdue.
        and not (_is_ahead(step) and facts.is_overdue(invoice))
    )


def _is_passed(later: tuple[Step, ...], facts: Facts) -> bool:
    """Return whether a later step was done for something that is overdue."""
    ids = {each.id for each in later if not each.is_single}
    overdue = {each.id for each in facts.invoices if facts.is_overdue(each)}
    return any(id_ in ids and invoice in overdue for id_, invoice in facts.done)


def _is_ahead(step: Step) -> bool:
    """Return whether a step speaks of what is not due yet."""
    return step.timing == "due" and step.days < 0


def _cover(
    step: Step, reached: tuple[Invoice, ...], facts: Facts
) -> tuple[Invoice, ...]:
    """Return the invoices that a step is done for: those for which it is due, and with
    a step that speaks of all, the others that are overdue."""
    if step.is_single or _is_ahead(step):
        return reached
    return tuple(
        each
        for each in facts.invoices
        if each in reached
        or (facts.is_overdue_and_free(each) and (step.id, each.id) not in facts.done)
    )


def _find_next(steps: tuple[Step, ...], facts: Facts) -> date | None:
    """Return the next day on which time alone may make a step due.

    Where conditions do not hold yet for what is reached, or something is stopped, that
    is tomorrow.
    """
    tomorrow = facts.today + timedelta(days=1)
    if any(invoice.is_stopped for invoice in facts.invoices):
        return tomorrow
    days = (day for step in steps for _invoice, day in _get_days(step, steps, facts))
    return min((max(day, tomorrow) for day in days), default=None)
