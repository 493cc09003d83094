from . import confirmation, core_webhook, events
