"""Bill, collect and follow up what is due; write down what happened. Run inside Odoo.

`env` is there. The facts go as JSON into the file that `SUBSCRIPTION_FACTS` names.
"""

import json
import os
from collections import defaultdict

CRONS = (
    "subscription_billing.ir_cron_renewal",
    "subscription_billing.ir_cron_collection",
    "subscription_billing_dunning.ir_cron_dunning",
)
PAID = ("paid", "in_payment")


def run_crons():
    """Run the scheduled actions as the scheduler would."""
    for name in CRONS:
        env.ref(name).method_direct_trigger()
        env.cr.commit()
        env.invalidate_all()


def plan_facts(plan, first_new_id):
    """Return the figures of one plan, in the company's currency."""
    subscriptions = env["subscription.subscription"].search([("plan_id", "=", plan.id)])
    moves = subscriptions.invoice_ids.filtered(
        lambda move: move.state == "posted" and move.id >= first_new_id
    )
    saved = moves.filtered(lambda move: move.payment_state in PAID).filtered(
        lambda move: any(
            tx.state == "done" and tx.token_id for tx in move.transaction_ids
        )
    )
    open_moves = moves.filtered(lambda move: move.payment_state not in PAID)
    live = subscriptions.filtered(lambda each: each.state == "active")
    return {
        "plan": plan.display_name,
        "active": len(live),
        "mrr": sum(company_mrr(each) for each in live),
        "invoices": len(moves),
        "untaxed": sum(moves.mapped("amount_untaxed_signed")),
        "total": sum(moves.mapped("amount_total_signed")),
        "collected": len(saved),
        "collected_total": sum(saved.mapped("amount_total_signed")),
        "open": len(open_moves),
        "open_total": sum(open_moves.mapped("amount_residual_signed")),
    }


def company_mrr(subscription):
    """Return a subscription's MRR in its company's currency."""
    company = subscription.company_id
    return subscription.currency_id._convert(
        subscription.mrr, company.currency_id, company
    )


def error_facts():
    """Return the billing errors and how many subscriptions have each."""
    errors = defaultdict(list)
    stuck = env["subscription.subscription"].search([("billing_error", "!=", False)])
    for subscription in stuck:
        errors[subscription.billing_error].append(subscription.display_name)
    return [{"error": error, "names": names} for error, names in errors.items()]


def dunning_facts(first_new_id):
    """Return what is overdue, and what was done about it in this run."""
    cases = env["dunning.case"].search([("state", "=", "open")])
    done = env["dunning.action"].search([("id", ">=", first_new_id)], order="id")
    return {
        "cases": len(cases),
        "overdue": sum(
            case.currency_id._convert(
                case.amount_overdue, case.company_id.currency_id, case.company_id
            )
            for case in cases
        ),
        "steps": {
            step.name: len(actions) for step, actions in done.grouped("step_id").items()
        },
        "stopped": [case.error for case in cases if case.error],
    }


def main():
    """Run the jobs and write the facts."""
    last = env["account.move"].search([], order="id desc", limit=1)
    last_action = env["dunning.action"].search([], order="id desc", limit=1)
    run_crons()
    plans = env["subscription.plan"].search([])
    facts = {
        "currency": env.company.currency_id.name,
        "plans": [plan_facts(plan, last.id + 1) for plan in plans],
        "errors": error_facts(),
        "dunning": dunning_facts(last_action.id + 1),
    }
    with open(os.environ["SUBSCRIPTION_FACTS"], "w") as output:
        json.dump(facts, output)


main()
