from odoo.http import request, route

from .pages import HEADERS, SubscriptionPages, of_subscription


class SubscriptionDetail(SubscriptionPages):
    """The page of a subscription, for its customer and whoever has its link."""

    @route(
        "/my/subscriptions/<int:subscription_id>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
    )
    @of_subscription
    def show_subscription(self, subscription, access_token, **others):
        """Show what a subscription is, was and will be."""
        return self._render_page(
            "portal_subscription_page",
            {
                **self._prepare_subscription_values(subscription, access_token),
                "done": self._get_done_texts().get(others.get("done")),
                # Who the link was mailed to writes in the chatter under their name.
                "pid": others.get("pid"),
                "hash": others.get("hash"),
            },
        )

    @route(
        "/my/subscriptions/<int:subscription_id>/documents/<int:document_id>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
    )
    @of_subscription
    def download_document(self, subscription, _access_token, document_id, **_others):
        """Send a document of the subscription or of its plan."""
        document = subscription._get_portal_documents().filtered(
            lambda each: each.id == document_id
        )
        if not document:
            raise request.not_found()
        response = (
            request.env["ir.binary"]
            ._get_stream_from(document)
            .get_response(as_attachment=True)
        )
        response.headers.update(HEADERS)
        return response

    def _prepare_subscription_values(self, subscription, access_token):
        """Return what the page of a subscription shows."""
        is_owner = self._is_owner(subscription)
        return {
            "page_name": "subscription",
            "subscription": subscription,
            "object": subscription,
            "token": access_token or (is_owner and subscription._portal_ensure_token()),
            "is_owner": is_owner,
            "is_colleague": request.env.user._is_internal(),
            **subscription._prepare_portal_page(),
        }
