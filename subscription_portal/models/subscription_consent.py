from odoo import api, fields, models
from odoo.exceptions import UserError


class SubscriptionConsent(models.Model):
    """What a customer has agreed to, word for word.

    It is kept as it was given: nobody edits it. Where it was given from is not kept.
    """

    _name = "subscription.consent"
    _description = "Consent"
    _order = "date desc, id desc"

    # === FIELDS === #

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="Who has agreed.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(
        selection=[
            ("automatic", "Automatic Payment"),
            ("order", "Order"),
        ],
        required=True,
        readonly=True,
    )
    text = fields.Text(
        string="Agreed To",
        required=True,
        readonly=True,
        help="What the customer has agreed to, word for word.",
    )
    date = fields.Datetime(string="Agreed On", required=True, readonly=True)
    is_by_link = fields.Boolean(
        string="By Link",
        readonly=True,
        help="Who agreed had the link of the subscription, and was not logged in.",
    )
    res_model = fields.Char(string="Model of the Document", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document", model_field="res_model", readonly=True
    )
    document_name = fields.Char(compute="_compute_document_name")

    _document_index = models.Index("(res_model, res_id)")

    # === COMPUTE METHODS === #

    @api.depends("kind", "date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for consent in self:
            consent.display_name = kinds.get(consent.kind)

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        for consent in self:
            document = consent.res_model and self.env[consent.res_model].browse(
                consent.res_id
            )
            known = document and document.sudo().exists()
            consent.document_name = known and known.display_name

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what was agreed as it was agreed."""
        if self:
            raise UserError(self.env._("A consent is a proof and cannot be changed."))
        return super().write(vals)

    # === ACTIONS === #

    def action_view_document(self):
        """Open what it was given for."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id)._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, kind, document, *, partner, text, date=None, is_by_link=False):
        """Keep what a customer has agreed to.

        :param str kind: a key of ``kind``
        :param document: the record that it was given for, which has a ``company_id``
        :param partner: the ``res.partner`` who agreed
        :param str text: what to, word for word
        :param datetime.datetime date: when, now by default
        :param bool is_by_link: whether who agreed had the link, and no login
        :return: the new consent
        """
        return self.sudo().create(
            {
                "kind": kind,
                "partner_id": partner.id,
                "company_id": document.company_id.id,
                "text": text,
                "date": date or fields.Datetime.now(),
                "is_by_link": is_by_link,
                "res_model": document._name,
                "res_id": document.id,
            }
        )

    @api.model
    def _find_portal_consents(self, partner):
        """Return what a person and their company have agreed to.

        :param partner: the ``res.partner`` who looks
        """
        family = partner.commercial_partner_id
        return self.sudo().search([("partner_id", "child_of", family.ids)])

    def _get_kind_label(self):
        """Return what kind of consent this is, in words."""
        self.ensure_one()
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]
