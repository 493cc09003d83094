"""Which values are taken from a client, and which are only ever written by code."""

from odoo.exceptions import UserError
from odoo.models import MAGIC_COLUMNS


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


def get_internal_fields(model):
    """Return the names of the fields that only our own code writes.

    They are those that are stored, not worked out, and declared read-only: states,
    errors, and what was done when. The ORM itself would let any client write them.

    :rtype: set[str]
    """
    return {
        name
        for name, field in model._fields.items()
        if field.store
        and field.readonly
        and not field.compute
        and name not in MAGIC_COLUMNS
    }


def refuse_internal(model, vals_list, way, names=None):
    """Refuse values from a client for what only our own code writes, with ``sudo``.

    :param vals_list: the values of ``create``, or those of ``write`` in a list
    :param str way: a sentence that says how a person does it
    :param names: the fields; all that only our own code writes by default
    :raises UserError: with the names of the fields
    """
    if model.env.su:
        return
    given = {name for vals in vals_list for name in vals}
    if refused := given & (names or get_internal_fields(model)):
        labels = [
            model._fields[name]._description_string(model.env) for name in refused
        ]
        raise UserError(
            model.env._(
                "These cannot be written: %(fields)s. %(way)s",
                fields=", ".join(sorted(labels)),
                way=way,
            )
        )


def without_internal_defaults(model, names=None):
    """Return the model with a context that fills none of those fields in.

    :param names: the fields, as in ``refuse_internal``
    """
    keys = {f"default_{name}" for name in names or get_internal_fields(model)}
    if model.env.su or keys.isdisjoint(model.env.context):
        return model
    kept = {key: v for key, v in model.env.context.items() if key not in keys}
    return model.with_env(model.env(context=kept))


#: in the context key ``subscription_revenue``: a change of several records is one
#: revenue event, which is written at its end. No client can send this very object.
DEFERRED = object()
