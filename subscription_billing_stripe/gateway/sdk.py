"""Stripe's SDK, made quiet: everything here imports ``stripe`` from this module.

Left alone, the SDK sends timings and an identity that it keeps in the user's
configuration folder, prints hints on import, and logs each request; with the variable
``STRIPE_LOG`` it prints whole answers, and those hold secrets.
"""

import contextlib
import io
import logging
import warnings

with contextlib.redirect_stderr(io.StringIO()):
    import stripe

#: The version of Stripe's API that all requests and our webhook endpoint speak. It is
#: the one that the SDK's pinned release was made for; minor releases of the SDK move
#: theirs, so that it is said with each request and changed here on purpose.
API_VERSION = "2026-10-28.endive"

stripe.enable_telemetry = False
stripe._util.STRIPE_LOG = None  # nothing public turns it off
logging.getLogger("stripe").setLevel(logging.WARNING)
warnings.filterwarnings("ignore", module=r"stripe\._api_requestor")
