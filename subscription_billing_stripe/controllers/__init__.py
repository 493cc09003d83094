from . import confirmation
from . import core_webhook, events
