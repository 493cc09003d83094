"""Create rows that exist at most once, whoever else creates them at the same time."""

from odoo.tools import SQL


def insert_once(model, vals_list):
    """Create the records that are not there yet; return these.

    The database decides by its unique indexes, since a search does not see what another
    transaction is about to commit. A conflict with one is raised for the caller to
    start over. Nothing is computed and nobody is told: the values are all there is.

    :param list[dict] vals_list: values with the same fields each
    """
    if not vals_list:
        return model.browse()
    names = list(vals_list[0])
    rows = model.env.execute_query(
        SQL(
            """
            INSERT INTO %s (create_uid, create_date, write_uid, write_date, %s)
            VALUES %s
            ON CONFLICT DO NOTHING
            RETURNING id
            """,
            SQL.identifier(model._table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(_prepare_row(model, vals, names) for vals in vals_list),
        )
    )
    return model.browse(id_ for (id_,) in rows)


def _prepare_row(model, vals, names):
    """Return the values of one row, converted for the database."""
    columns = [
        model._fields[name].convert_to_column_insert(vals[name], model, vals)
        for name in names
    ]
    now = SQL("(now() AT TIME ZONE 'UTC')")
    user = model.env.uid
    return SQL(
        "(%s, %s, %s, %s, %s)",
        user,
        now,
        user,
        now,
        SQL(", ").join(SQL("%s", column) for column in columns),
    )
