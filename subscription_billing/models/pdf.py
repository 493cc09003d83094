"""Print reports, for documents that are put together from several."""

from odoo.exceptions import UserError


def print_pdf(env, report, ids):
    """Return a report of some records as PDF.

    :param str report: name or XML id
    :raises UserError: no PDF can be printed on this server
    """
    reports = env["ir.actions.report"].with_context(force_report_rendering=True)
    content, kind = reports._render_qweb_pdf(report, ids)
    if kind != "pdf":
        raise UserError(
            env._(
                "No PDF can be printed here. Install wkhtmltopdf on the server, then "
                "try again."
            )
        )
    return content
