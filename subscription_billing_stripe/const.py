"""What Odoo's own payment addons should keep out of the log, too."""

from odoo.addons.payment.const import SENSITIVE_KEYS as PAYMENT_SENSITIVE_KEYS

#: The answer that creates a webhook endpoint holds its signing secret as `secret`.
SENSITIVE_KEYS = {"client_secret", "secret"}
PAYMENT_SENSITIVE_KEYS.update(SENSITIVE_KEYS)

#: The system parameter that points Stripe's calls at a stand-in on this machine.
API_BASE_PARAMETER = "subscription_billing_stripe.api_base"

#: Where Stripe reports events to us; the id of the provider follows.
EVENTS_ROUTE = "/payment/stripe/events"

#: The only addresses without encryption that events may be sent to.
LOOPBACK_HOSTS = ("http://127.0.0.1", "http://localhost", "http://[::1]")

#: The context key under which methods are archived and stay attached at Stripe.
KEEP_METHODS = "stripe_keep_methods"
