"""Give the company the generic chart of accounts. Run inside Odoo: `env` is there."""

company = env["res.company"].search([], limit=1)
if not company.chart_template:
    env["account.chart.template"].try_loading(
        "generic_coa", company, install_demo=False
    )
env.cr.commit()
