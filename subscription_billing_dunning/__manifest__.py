{
    "name": "Subscription Billing: Dunning",
    "summary": "From a failed payment back to a paying customer, with respect",
    "version": "19.0.1.0.0",
    "category": "Sales/Subscriptions",
    "author": "Subscription Billing contributors",
    "license": "LGPL-3",
    "depends": ["subscription_billing", "resource", "sms"],
    "data": [],
}
