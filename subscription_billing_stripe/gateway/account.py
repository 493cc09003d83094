"""The account behind a key, and the webhook endpoints that report to us."""

from collections.abc import Iterator, Sequence
from functools import partial

from .calls import Calls
from .facts import AccountFacts, WebhookFacts
from .reading import read_account, read_webhook
from .sdk import API_VERSION


class Accounts(Calls):
    """All methods raise a ``GatewayError`` of the kind that says what went wrong."""

    def check_connection(self) -> AccountFacts:
        """Return whose key it is: a harmless call that needs nothing but the key."""
        account = self._ask(self._stripe.accounts.retrieve_current)
        return read_account(account, is_live=self.config.is_live)

    def create_webhook_endpoint(
        self, url: str, events: Sequence[str], *, description: str = ""
    ) -> WebhookFacts:
        """Let Stripe report events in our version; the facts hold the secret."""
        params = {
            "url": url,
            "enabled_events": list(events),
            "api_version": API_VERSION,
            "description": description,
        }
        return read_webhook(
            self._ask(partial(self._stripe.webhook_endpoints.create, params))
        )

    def list_webhook_endpoints(self) -> Iterator[WebhookFacts]:
        """Yield the account's webhook endpoints, without their secrets."""
        endpoints = self._ask_pages(self._stripe.webhook_endpoints.list, {})
        return map(read_webhook, endpoints)

    def delete_webhook_endpoint(self, endpoint: str) -> None:
        """Let Stripe report to an endpoint no longer."""
        self._ask(partial(self._stripe.webhook_endpoints.delete, endpoint))
