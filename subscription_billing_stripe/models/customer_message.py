"""What a customer is told of a refused payment, in their language."""

from ..tools.declines import get_customer_reason


def get_customer_message(env, decline):
    """Return a sentence for the customer, without a word of loss or suspicion.

    :param decline: a ``subscription_billing.tools.outcome.Decline``
    """
    texts = {
        "authenticate": env._("Your bank asks you to confirm this payment."),
        "funds": env._("The account behind the payment method did not cover it."),
        "expired": env._("The card has expired."),
        "details": env._("The details of the payment method are not right."),
        "mandate": env._("Your permission to debit the account is missing or over."),
        "other": env._(
            "Your bank did not approve the payment. Please use another payment method, "
            "or ask your bank."
        ),
    }
    return texts[get_customer_reason(decline)]
