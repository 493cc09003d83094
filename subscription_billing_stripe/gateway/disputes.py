"""What is said against disputes."""

import io
from collections.abc import Mapping
from functools import partial

from .calls import Calls
from .facts import DisputeFacts
from .reading import read_dispute, text
from .sdk import stripe


class Disputes(Calls):
    """All methods raise a ``GatewayError`` of the kind that says what went wrong."""

    def upload_evidence(self, name: str, content: bytes) -> str:
        """Upload a file for a dispute; return its ``file_…``."""

        def upload() -> stripe.StripeObject:
            file = io.BytesIO(content)
            file.name = name
            return self._stripe.files.create(
                {"purpose": "dispute_evidence", "file": file}
            )

        return text(self._ask(upload), "id")

    def submit_evidence(
        self, dispute: str, evidence: Mapping[str, str], *, key: str
    ) -> DisputeFacts:
        """Send evidence to the bank, which works only once.

        :param evidence: texts, and ids of uploaded files, by Stripe's names for them
        :param key: idempotency key of this version of the evidence
        """
        call = partial(
            self._stripe.disputes.update,
            dispute,
            {"evidence": dict(evidence), "submit": True},
            {"idempotency_key": key},
        )
        return read_dispute(self._ask(call))
