"""Ask a person to do something, once."""

from odoo.tools import plaintext2html

MANAGERS = "subscription_billing.group_subscription_manager"


def choose_user(record, users):
    """Return whom to ask about a record: a person who is there, and in its company.

    That is one of those named, else whoever is at work, else the first administrator of
    subscriptions. The system asks nobody to do anything, and visitors can do nothing.

    :param record: a record with a ``company_id``; where that is empty, the current
        company counts
    :param users: the ``res.users`` records to prefer, the best one first
    :return: ``res.users``; the current one where there is nobody else
    """
    env = record.env
    company = record.company_id or env.company
    for user in (users.sudo() + env.user).filtered("active"):
        if not user.share and company in user.company_ids:
            return user.with_env(env)
    manager = (
        env["res.users"]
        .sudo()
        .search(
            [
                ("all_group_ids", "in", env.ref(MANAGERS).id),
                ("company_ids", "in", company.ids),
                ("active", "=", True),
                ("share", "=", False),
            ],
            order="id",
            limit=1,
        )
    )
    return manager.with_env(env) or env.user


def schedule_once(record, activity_type, message, users, **vals):
    """Plan an activity, or bring the one that is planned up to date.

    :param str activity_type: XML id
    :param str message: what is to be done, as plain text
    :param users: whom to ask, as of ``choose_user``, unless somebody has been asked
        already
    :param vals: further values, such as ``date_deadline``
    """
    vals["note"] = plaintext2html(message)
    if activity := record.activity_search([activity_type])[:1]:
        activity.write(vals)
        return
    # Whoever is asked gets no e-mail of it: there may be many at once.
    user = choose_user(record, users)
    record.with_context(mail_activity_quick_update=True).activity_schedule(
        activity_type, user_id=user.id, **vals
    )
