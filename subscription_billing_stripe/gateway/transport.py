"""How requests travel: under the rate limit, with time-outs, without redirects."""

import threading
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from .config import GatewayConfig
from .limiter import RateLimiter
from .sdk import API_VERSION, stripe

_CONFLICT = 409
_TOO_MANY = 429
_FIRST_SERVER_ERROR = 500
#: what the SDK knows addresses for; a stand-in takes the place of all
_HOSTS = ("api", "connect", "files", "meter_events")
#: seconds that an answer may make all threads wait
_LONGEST_WAIT = 120.0
#: how often the SDK repeats a request that got no answer, with the same key
_NETWORK_RETRIES = 2


class TimedAdapter(HTTPAdapter):
    """Bounds both the connecting and the waiting.

    Here and not in the pair that ``requests`` takes: on the way down others, such as
    Odoo's tests, take a time-out for one number.
    """

    def __init__(self, connect_timeout: float, read_timeout: float) -> None:
        super().__init__()
        self._timeouts = (connect_timeout, read_timeout)

    def send(
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        """Send a request within our time-outs."""
        return super().send(request, **{**options, "timeout": self._timeouts})


class Sessions:
    """What the SDK asks of a session: one of ``requests`` for each thread.

    Each try takes its turn, those that the SDK repeats by itself included.
    """

    def __init__(self, config: GatewayConfig, limiter: RateLimiter) -> None:
        self._config = config
        self._limiter = limiter
        self._local = threading.local()

    @property
    def has_doubt(self) -> bool:
        """Whether a try of this thread's call may have been carried out unanswered."""
        return getattr(self._local, "has_doubt", False)

    def begin(self) -> None:
        """Begin a new call in this thread, of one or several tries."""
        self._local.has_doubt = False

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send one try; never follow an answer that points elsewhere with the key."""
        self._limiter.acquire()
        was_in_doubt, self._local.has_doubt = self.has_doubt, True
        response = self._session.request(method, url, allow_redirects=False, **options)
        status = response.status_code
        is_open = status == _CONFLICT or status >= _FIRST_SERVER_ERROR
        self._local.has_doubt = was_in_doubt or is_open
        if status == _TOO_MANY:
            self._limiter.back_off()
            self._limiter.pause(_get_retry_after(response))
        else:
            self._limiter.recover()
        return response

    @property
    def _session(self) -> requests.Session:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._make_session()
        return session

    def _make_session(self) -> requests.Session:
        config = self._config
        session = requests.Session()
        # A proxy of the environment is for the way to Stripe, not to this machine.
        session.trust_env = not config.api_base
        for scheme in ("https://", "http://"):
            session.mount(
                scheme, TimedAdapter(config.connect_timeout, config.read_timeout)
            )
        return session

    def close(self) -> None:
        """Close this thread's connections."""
        self._session.close()


def _get_retry_after(response: requests.Response) -> float:
    """Return how many seconds the answer asks to wait, 0 when it does not say."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else 0.0


def make_client(config: GatewayConfig, sessions: Sessions) -> stripe.StripeClient:
    """Return the SDK's client for one key, set up in all that it leaves open."""
    elsewhere = dict.fromkeys(_HOSTS, config.api_base) if config.api_base else {}
    return stripe.StripeClient(
        config.secret_key,
        stripe_version=API_VERSION,
        base_addresses=elsewhere,
        max_network_retries=_NETWORK_RETRIES,
        http_client=stripe.RequestsClient(
            timeout=config.read_timeout, session=sessions
        ),
    )
