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
        "security/ir.model.access.csv",
        # Data
        "data/ir_cron_data.xml",
        "data/mail_template_data.xml",
        "data/sms_template_data.xml",
        "data/dunning_schedule_data.xml",
        "data/dunning_policy_data.xml",
        "data/dunning_fee_data.xml",
        # Reports
        "report/dunning_case_file_templates.xml",
        "report/dunning_letter_templates.xml",
        # Wizards
        "wizards/dunning_agree_views.xml",
        "wizards/dunning_fee_waive_views.xml",
        "wizards/dunning_hand_over_views.xml",
        "wizards/dunning_hold_views.xml",
        "wizards/dunning_write_off_wizard_views.xml",
        # Views
        "views/dunning_action_views.xml",
        "views/dunning_agreement_views.xml",
        "views/dunning_case_views.xml",
        "views/dunning_fee_views.xml",
        "views/dunning_reference_rate_views.xml",
        "views/dunning_schedule_views.xml",
        "views/dunning_policy_views.xml",
        "views/dunning_timing_views.xml",
        "views/dunning_write_off_views.xml",
        "views/payment_transaction_views.xml",
        "views/account_move_views.xml",
        "views/res_config_settings_views.xml",
        "views/res_partner_views.xml",
        "views/subscription_subscription_views.xml",
        # Menus
        "views/dunning_menus.xml",
    ],
}
