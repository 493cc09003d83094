from . import (
    account_move,
    dunning_action,
    dunning_case,
    dunning_case_facts,
    dunning_case_people,
    dunning_case_steps,
    dunning_case_wording,
    dunning_policy,
    dunning_run,
    dunning_step,
    res_partner,
    subscription_subscription,
)
