from odoo import models
from odoo.exceptions import UserError

from odoo.addons.subscription_billing.tools.dispute import TO_ANSWER

from ..gateway import GatewayError, RefusedError, UnreachableError
from ..tools.evidence import to_stripe

#: Stripe's field for a file of any kind
FILE = "uncategorized_file"


class SubscriptionDispute(models.Model):
    """The evidence goes to Stripe: the pack as a file, and what it takes in words.

    Stripe takes it once. It is asked before anything is sent and after an answer was
    lost, so that a second click, or a request that Odoo repeats, sends nothing twice.
    """

    _inherit = "subscription.dispute"

    # === BUSINESS METHODS === #

    def _takes_evidence(self):
        """Take what Stripe does; an appeal wants other things, in its dashboard."""
        if self.sudo().provider_id.code != "stripe":
            return super()._takes_evidence()
        is_appeal = self.state == "appeal_needs_response"
        return self.kind != "fraud_warning" and not is_appeal

    def _submit_evidence(self):
        if self.provider_id.code != "stripe" or not self._takes_evidence():
            return super()._submit_evidence()
        self.lock_for_update()
        gateway = self.provider_id._get_stripe_gateway()
        try:
            facts = gateway.get_dispute(self.provider_reference).facts
            if facts.status in TO_ANSWER:
                return self._send_to_stripe(gateway)
        except GatewayError as error:
            raise UserError(self._tell_evidence_error(error)) from error
        self._check_stripe_has_evidence(facts)
        return self._message_log(
            body=self.env._("Stripe had the evidence already; nothing was sent again.")
        )

    def _send_to_stripe(self, gateway):
        """Upload the pack and send the evidence; keep in the chatter what was sent.

        :raises GatewayError: nothing was handed in
        :raises UserError: it is not known whether it was
        """
        texts = to_stripe(self._get_evidence())
        pack = self._create_pack()
        file = gateway.upload_evidence(pack.name, pack.raw)
        try:
            facts = gateway.submit_evidence(
                self.provider_reference, {**texts, FILE: file}, key=file
            )
        except UnreachableError as error:
            facts = self._ask_after_evidence(gateway, error)
        if facts.status in TO_ANSWER:
            raise UserError(self._get_unknown_evidence_text())
        self._log_evidence(pack, texts)

    def _ask_after_evidence(self, gateway, error):
        """Return the facts of the dispute after an answer that was lost.

        :param error: the ``GatewayError`` that came in its place
        :raises UserError: Stripe cannot be asked
        """
        try:
            return gateway.get_dispute(self.provider_reference).facts
        except GatewayError:
            raise UserError(self._get_unknown_evidence_text()) from error

    def _check_stripe_has_evidence(self, facts):
        """Make sure that a dispute that Stripe wants no answer to was answered.

        :param facts: ``gateway.DisputeFacts``
        :raises UserError: it was not
        """
        if not facts.submissions:
            raise UserError(
                self.env._(
                    "Stripe takes no evidence for %(dispute)s any more: there it is "
                    "“%(status)s”. Nothing was handed in. Its event brings this "
                    "dispute up to date; look whether a webhook event has failed.",
                    dispute=self.display_name,
                    status=facts.status,
                )
            )

    def _log_evidence(self, pack, texts):
        """Keep what was handed in: a copy of the file, and which texts went with it.

        :param pack: the ``ir.attachment``, which a newer one may replace
        :param dict texts: by Stripe's names
        """
        self._message_log(
            body=self.env._(
                "Evidence handed in at Stripe: the file %(file)s, and in words: "
                "%(names)s.",
                file=pack.name,
                names=", ".join(name.replace("_", " ") for name in sorted(texts)),
            ),
            attachment_ids=pack.copy().ids,
        )

    # === BUSINESS METHODS: WORDS === #

    def _tell_evidence_error(self, error):
        """Return why nothing was handed in, and what to do.

        :param error: a ``GatewayError``
        """
        if not isinstance(error, RefusedError):
            told = self.provider_id._tell_stripe_error(error)
            return self.env._("No evidence was handed in.") + "\n" + told
        return self.env._(
            "Stripe did not take the evidence: %(message)s\nMend what it names and "
            "submit again. Or create the evidence pack, hand it in at Stripe's "
            "dashboard, then press Mark Evidence as Submitted.",
            message=error.message,
        )

    def _get_unknown_evidence_text(self):
        """Return what to do when it is not known whether Stripe has the evidence."""
        return self.env._(
            "Stripe did not answer, and may or may not have the evidence of "
            "%(dispute)s. Submit it again in a few minutes: Stripe is asked first, and "
            "what it has is not sent again.",
            dispute=self.display_name,
        )
