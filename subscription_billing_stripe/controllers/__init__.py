from . import core_webhook, events
