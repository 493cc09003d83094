from odoo import api, models
from odoo.fields import Domain


class DunningRun(models.AbstractModel):
    """Cases that an agency collects are left alone, but for their file."""

    _inherit = "dunning.run"

    #: cases whose files are written together: printing takes seconds
    _file_size = 5

    # === BUSINESS METHODS === #

    @api.model
    def _get_due_domain(self):
        return super()._get_due_domain() & Domain("date_handed_over", "=", False)

    @api.model
    def _get_works(self):
        return [*super()._get_works(), self._file_chunk]

    @api.model
    def _put_into_cases(self, moves):
        """Ask a person about what is overdue of somebody whom an agency has."""
        moves = super()._put_into_cases(moves)
        for case, mine in moves.sudo().grouped("dunning_case_id").items():
            if case and case._is_handed_over():
                case._ask_person(
                    self.env._(
                        "%(invoices)s became overdue, too. Send %(agency)s the new "
                        "case file, or take the case back.",
                        invoices=", ".join(mine.mapped("name")),
                        agency=case.agency_id.display_name,
                    )
                )
        return moves

    @api.model
    def _file_chunk(self):
        """Write the files of the next cases that were handed over.

        :return: how many there were
        """
        handed_over = (
            Domain("state", "!=", "closed")
            & Domain("date_handed_over", "!=", False)
            & Domain("file_id", "=", False)
            & Domain("error", "=", False)
        )
        return self._take_up(
            handed_over, "date_handed_over, id", self._write_files, self._file_size
        )

    @api.model
    def _write_files(self, cases):
        """Attach their files to cases.

        :return: the cases
        """
        for case in cases:
            case._attach_file()
        return cases
