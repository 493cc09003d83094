{
    "name": "Subscription Billing: Stripe",
    "summary": "Collect subscriptions through Stripe: every charge once, every outcome "
    "known",
    "version": "19.0.1.0.0",
    "category": "Sales/Subscriptions",
    "author": "Subscription Billing contributors",
    "license": "LGPL-3",
    "depends": ["subscription_billing", "payment_stripe"],
    "external_dependencies": {"python": ["stripe"]},
    "auto_install": True,
    "data": [
        # Security
        "security/stripe_rules.xml",
        "security/ir.model.access.csv",
        # Data
        "data/ir_cron_data.xml",
        # Views
        "views/stripe_import_line_views.xml",
        "views/stripe_import_views.xml",
        "views/payment_provider_views.xml",
        "views/payment_token_views.xml",
        "views/confirmation_templates.xml",
        "views/stripe_event_views.xml",
        "views/subscription_subscription_views.xml",
    ],
    "assets": {
        "web.assets_frontend": [
            "subscription_billing_stripe/static/src/interactions/**/*",
        ],
        "web.assets_tests": [
            "subscription_billing_stripe/static/tests/tours/**/*",
        ],
    },
    "demo": ["demo/stripe_import_demo.xml"],
}
