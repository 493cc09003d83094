"""Amounts are worked out, never taken from a client."""

from odoo.exceptions import UserError


def refuse_derived(model, vals_list):
    """Refuse values for what Odoo works out and stores, such as the MRR.

    The ORM would keep them, and the revenue events would tell of them for ever.

    :param vals_list: the values of ``create``, or those of ``write`` in a list
    :raises UserError: with the names of the fields
    """
    derived = {
        model._fields[name].string
        for vals in vals_list
        for name in vals.keys() & model._fields.keys()
        if model._fields[name].store
        and model._fields[name].compute
        and model._fields[name].readonly
    }
    if derived:
        raise UserError(
            model.env._(
                "These are worked out and cannot be set: %(fields)s.",
                fields=", ".join(sorted(derived)),
            )
        )


#: in the context key ``subscription_revenue``: a change of several records is one
#: revenue event, which is written at its end. No client can send this very object.
DEFERRED = object()
