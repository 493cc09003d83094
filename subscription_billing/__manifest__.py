{
    "name": "Subscription Billing",
    "summary": "Plans, subscriptions, recurring invoices and their collection",
    "version": "19.0.1.0.0",
    "category": "Sales/Subscriptions",
    "author": "Subscription Billing contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["account_payment"],
    "data": [
        # Security
        "security/subscription_groups.xml",
        "security/subscription_rules.xml",
        "security/ir.model.access.csv",
        # Data
        "data/ir_sequence_data.xml",
        "data/mail_data.xml",
        "data/subscription_close_reason_data.xml",
        "data/subscription_refund_data.xml",
        "data/ir_cron_data.xml",
        # Notices: what the e-mails look like, what they say, who gets them
        "views/subscription_notice_templates.xml",
        "data/mail_template_data.xml",
        "data/mail_template_invoice_data.xml",
        "data/subscription_notice_rule_data.xml",
        # Wizards
        "wizards/subscription_charge_settle_views.xml",
        "wizards/subscription_charge_now_views.xml",
        "wizards/subscription_close_views.xml",
        "wizards/subscription_consumption_record_views.xml",
        "wizards/subscription_coupon_add_views.xml",
        "wizards/subscription_forecast_views.xml",
        "wizards/subscription_paid_outside_views.xml",
        "wizards/subscription_preview_views.xml",
        "wizards/subscription_refund_views.xml",
        # Reports
        "report/subscription_dispute_templates.xml",
        # Views
        "views/subscription_subscription_views.xml",
        "views/subscription_change_views.xml",
        "views/subscription_forecast_templates.xml",
        "views/subscription_line_views.xml",
        "views/subscription_period_views.xml",
        "views/subscription_event_views.xml",
        "views/subscription_plan_views.xml",
        "views/subscription_price_views.xml",
        "views/subscription_plan_entitlement_views.xml",
        "views/subscription_entitlement_views.xml",
        "views/subscription_consumption_views.xml",
        "views/subscription_bundle_views.xml",
        "views/subscription_increase_line_views.xml",
        "views/subscription_increase_views.xml",
        "views/subscription_coupon_views.xml",
        "views/subscription_discount_views.xml",
        "views/subscription_dispute_views.xml",
        "views/subscription_dispute_report_views.xml",
        "views/subscription_usage_views.xml",
        "views/subscription_meter_views.xml",
        "views/subscription_notice_views.xml",
        "views/subscription_notice_rule_views.xml",
        "views/subscription_tag_views.xml",
        "views/subscription_close_reason_views.xml",
        "views/account_move_views.xml",
        "views/payment_transaction_views.xml",
        "views/payment_confirmation_views.xml",
        "views/subscription_refund_reason_views.xml",
        "views/subscription_refund_views.xml",
        "views/subscription_surplus_views.xml",
        "views/account_move_payment_views.xml",
        "views/payment_token_views.xml",
        "views/product_views.xml",
        "views/res_partner_views.xml",
        "views/res_config_settings_views.xml",
        "views/subscription_dispute_documents_views.xml",
        "views/subscription_dispute_settings_views.xml",
        # Menus
        "views/subscription_menus.xml",
    ],
    "demo": [
        # Plans, products, prices, customers and their payment methods
        "demo/subscription_demo.xml",
        "demo/res.partner.csv",
        "demo/payment.token.csv",
        "demo/payment_token_demo.xml",
        # Prices by tiers and packages
        "demo/subscription_pricing_demo.xml",
        # What maintenance includes
        "demo/subscription_entitlement_demo.xml",
        # A bundle, and what its plan bills once
        "demo/subscription_bundle_demo.xml",
        # The three stories
        "demo/subscription_maintenance_demo.xml",
        "demo/subscription_alarm_demo.xml",
        "demo/subscription.subscription.csv",
        "demo/subscription_magazine_demo.xml",
        # What happens in the middle of a subscription's life
        "demo/subscription_changes_demo.xml",
        # What customers have used
        "demo/subscription_consumption_demo.xml",
        # A price increase that is about to be announced
        "demo/subscription_increase_demo.xml",
        # Coupons, and who has redeemed them
        "demo/subscription_coupon_demo.xml",
        # What is metered
        "demo/subscription_usage_demo.xml",
        # What customers were told
        "demo/subscription_notice_demo.xml",
        # A payment that is disputed, and a warning
        "demo/subscription_dispute_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "subscription_billing/static/src/**/*",
        ],
        "web.assets_tests": [
            "subscription_billing/static/tests/tours/**/*",
        ],
    },
}
