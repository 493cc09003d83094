{
    "name": "Subscription Billing: Dunning",
    "summary": "From a failed payment back to a paying customer, with respect",
    "version": "19.0.1.0.0",
    "category": "Sales/Subscriptions",
    "author": "Subscription Billing contributors",
    "license": "LGPL-3",
    "depends": ["subscription_billing", "resource", "sms"],
    "external_dependencies": {"python": ["scikit-learn"]},
    "data": [
        # Security
        "security/dunning_rules.xml",
        "security/dunning_report_rules.xml",
        "security/ir.model.access.csv",
        # Data
        "data/ir_cron_data.xml",
        "data/mail_template_data.xml",
        "data/mail_template_link_data.xml",
        "data/sms_template_data.xml",
        "data/dunning_schedule_data.xml",
        "data/dunning_policy_data.xml",
        "data/dunning_fee_data.xml",
        # Reports
        "report/dunning_letter_templates.xml",
        # Wizards
        "wizards/dunning_agree_views.xml",
        "wizards/dunning_fee_waive_views.xml",
        "wizards/dunning_hold_views.xml",
        # Views
        "views/dunning_action_views.xml",
        "views/dunning_agreement_views.xml",
        "views/dunning_case_views.xml",
        "views/dunning_fee_views.xml",
        "views/dunning_reference_rate_views.xml",
        "views/dunning_schedule_views.xml",
        "views/dunning_policy_views.xml",
        "views/dunning_feedback_views.xml",
        "views/dunning_timing_views.xml",
        "views/payment_transaction_views.xml",
        "views/account_move_views.xml",
        "views/res_config_settings_views.xml",
        "views/res_partner_views.xml",
        "views/subscription_plan_views.xml",
        # Views of results
        "views/dunning_ageing_report_views.xml",
        "views/dunning_churn_report_views.xml",
        "views/dunning_experiment_views.xml",
        "views/dunning_forecast_line_views.xml",
        "views/dunning_overview_views.xml",
        "views/dunning_recovery_report_views.xml",
        "views/dunning_retry_report_views.xml",
        "views/mail_activity_views.xml",
        "views/subscription_subscription_views.xml",
        # Pages
        "views/dunning_link_templates.xml",
        # Menus
        "views/dunning_menus.xml",
        "views/dunning_report_menus.xml",
    ],
    "demo": ["demo/dunning_demo.xml"],
    "assets": {
        "web.assets_backend": [
            "subscription_billing_dunning/static/src/**/*",
        ],
    },
}
