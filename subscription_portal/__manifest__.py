{
    "name": "Subscription Billing: Customer Portal",
    "summary": "What customers do alone: look, pay, choose how, cancel",
    "version": "19.0.1.0.0",
    "category": "Sales/Subscriptions",
    "author": "Subscription Billing contributors",
    "license": "LGPL-3",
    "depends": ["subscription_billing", "auth_totp_mail"],
    "data": [
        # Security
        "security/subscription_portal_rules.xml",
        "security/ir.model.access.csv",
        # Data
        "data/mail_activity_type_data.xml",
        "data/mail_template_data.xml",
        "data/mail_template_signup_data.xml",
        "data/subscription_close_reason_data.xml",
        # Wizards
        "wizards/subscription_erasure_views.xml",
        # Views
        "views/res_config_settings_views.xml",
        "views/res_partner_views.xml",
        "views/subscription_cancellation_views.xml",
        "views/subscription_retention_offer_views.xml",
        "views/subscription_retention_report_views.xml",
        "views/subscription_signup_views.xml",
        "views/subscription_close_reason_views.xml",
        "views/subscription_consent_views.xml",
        "views/subscription_plan_views.xml",
        "views/subscription_subscription_views.xml",
        # Pages
        "views/portal_form_templates.xml",
        "views/portal_home_templates.xml",
        "views/portal_list_templates.xml",
        "views/portal_detail_templates.xml",
        "views/portal_cancel_templates.xml",
        "views/portal_pause_templates.xml",
        "views/portal_reactivate_templates.xml",
        "views/portal_preferences_invoices_templates.xml",
        "views/portal_preferences_notices_templates.xml",
        "views/portal_preferences_templates.xml",
        "views/portal_pay_templates.xml",
        "views/portal_method_templates.xml",
        "views/portal_signup_templates.xml",
        # Menus
        "views/subscription_portal_menus.xml",
    ],
    "demo": ["demo/subscription_portal_demo.xml"],
    "assets": {
        "web.assets_frontend": [
            "subscription_portal/static/src/**/*",
        ],
        "web.assets_tests": [
            "subscription_portal/static/tests/tours/**/*",
        ],
    },
}
