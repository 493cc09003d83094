"""The selections of disputes, which the company and the movements have too."""

REASONS = [
    ("bank_cannot_process", "Bank cannot process"),
    ("check_returned", "Check returned"),
    ("credit_not_processed", "Credit not processed"),
    ("customer_initiated", "Customer initiated"),
    ("debit_not_authorized", "Debit not authorized"),
    ("duplicate", "Duplicate"),
    ("fraudulent", "Fraudulent"),
    ("general", "General"),
    ("incorrect_account_details", "Incorrect account details"),
    ("insufficient_funds", "Insufficient funds"),
    ("noncompliant", "Noncompliant"),
    ("product_not_received", "Product not received"),
    ("product_unacceptable", "Product unacceptable"),
    ("subscription_canceled", "Subscription canceled"),
    ("unrecognized", "Unrecognized"),
]
STATES = [
    ("warning_needs_response", "Warning: To Answer"),
    ("warning_under_review", "Warning: Under Review"),
    ("warning_closed", "Warning: Closed"),
    ("needs_response", "To Answer"),
    ("under_review", "Under Review"),
    ("appeal_needs_response", "Appeal: To Answer"),
    ("appeal_under_review", "Appeal: Under Review"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("prevented", "Prevented"),
]
KINDS = [
    ("dispute", "Dispute"),
    ("inquiry", "Inquiry"),
    ("fraud_warning", "Fraud Warning"),
]
LOSS_HANDLINGS = [("write_off", "Written off"), ("reopen", "Owed again")]
HOLD_SCOPES = [
    ("invoice", "Only this invoice"),
    ("subscription", "The whole subscription"),
    ("customer", "All subscriptions of the customer"),
]
#: the bank could not collect, and may the next time: no reason to hold anything else
PASSING_RETURNS = {"bank_cannot_process", "insufficient_funds"}
