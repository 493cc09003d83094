from dataclasses import dataclass
from datetime import date

from odoo import fields, models

#: how many entries the page shows
STORY_COUNT = 20


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """Something that has happened, in plain words."""

    day: date
    text: str


class SubscriptionSubscription(models.Model):
    """What has happened to a subscription, as its customer would tell it."""

    _inherit = "subscription.subscription"

    # === BUSINESS METHODS === #

    def _get_portal_story(self, limit=STORY_COUNT):
        """Return what has happened, the latest first.

        :param int limit: how many entries, None for all
        :rtype: list[StoryEntry]
        """
        self.ensure_one()
        entries = [
            *self._tell_of_states(),
            *self._tell_of_changes(),
            *self._tell_of_notices(),
        ]
        entries.sort(key=lambda entry: entry.day, reverse=True)
        return entries[:limit]

    def _tell_of_states(self):
        """Tell when it began, stopped, went on and ended."""
        texts = self._get_movement_texts()
        entries = []
        for event in self.event_ids:
            text = texts.get((event.state_before, event.state_after)) or texts.get(
                (None, event.state_after)
            )
            if text and event.state_before != event.state_after:
                entries.append(StoryEntry(event.date, text))
        return entries

    def _get_movement_texts(self):
        """Return what is told of each change of state; None is any state before.

        :rtype: dict[tuple[str | None, str], str]
        """
        went_on = self.env._("The service went on.")
        return {
            (None, "trial"): self.env._("Your trial began."),
            (None, "active"): self.env._("Your subscription began."),
            ("trial", "active"): self.env._("Your trial ended, and billing began."),
            (None, "paused"): self.env._("The service was paused."),
            ("paused", "active"): went_on,
            ("suspended", "active"): went_on,
            ("past_due", "active"): self.env._("What was overdue has been paid."),
            (None, "past_due"): self.env._("A payment became overdue."),
            (None, "suspended"): self.env._(
                "The service was suspended, as a payment was overdue."
            ),
            (None, "closed"): self.env._("Your subscription ended."),
            ("closed", "active"): self.env._("You came back: it was taken up again."),
        }

    def _tell_of_changes(self):
        """Tell what was changed."""
        return [
            StoryEntry(fields.Date.to_date(change.date), text)
            for change in self.change_ids
            if change.state == "applied" and change.kind == "modify"
            for text in change._get_portal_texts()
        ]

    def _tell_of_notices(self):
        """Tell what was written to the customer."""
        return [
            StoryEntry(
                fields.Date.to_date(notice.date_sent),
                self.env._("We wrote to you: %(subject)s", subject=notice.subject),
            )
            for notice in self.notice_ids
            if notice.state == "sent" and notice.date_sent and notice.subject
        ]
