"""Ask a person to do something, once."""

from odoo.tools import plaintext2html


def schedule_once(record, activity_type, message, user, **vals):
    """Plan an activity, or bring the one that is planned up to date.

    :param str activity_type: XML id
    :param str message: what is to be done, as plain text
    :param user: the ``res.users`` record to ask, unless somebody has been asked already
    :param vals: further values, such as ``date_deadline``
    """
    vals["note"] = plaintext2html(message)
    if activity := record.activity_search([activity_type])[:1]:
        activity.write(vals)
        return
    # Whoever is asked gets no e-mail of it: there may be many at once.
    record.with_context(mail_activity_quick_update=True).activity_schedule(
        activity_type, user_id=user.id, **vals
    )
