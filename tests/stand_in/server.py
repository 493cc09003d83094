"""The HTTP side: addresses, headers, connections. It listens on loopback only."""

import json
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from . import pages
from .errors import DroppedConnection
from .rendering import CURRENT

HOST = "127.0.0.1"
SCRIPT = Path(__file__).parent / "browser" / "stripe.js"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Expose-Headers": "Request-Id",
}


class Handler(WSGIRequestHandler):
    """A connection: without Nagle's delay, and without a line for each request."""

    disable_nagle_algorithm = True

    def setup(self):
        """Remember the connection, to cut it when the server stops."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self):
        """Forget the connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def log_request(self, *args):
        """Say nothing: the stand-in keeps a log of its own."""


class Server:
    """Listens on a port of its own and hands requests on.

    :param owner: the ``StandIn`` that answers
    :param port: 0 for any that is free
    """

    def __init__(self, owner, port=0):
        self.owner = owner
        self._server = ThreadedWSGIServer(HOST, port, self.respond, handler=Handler)
        self._server.connections = set()
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        self._server.serve_forever(poll_interval=0.05)

    def start(self):
        """Answer from now on, in a thread."""
        self._thread.start()

    def stop(self):
        """Stop listening and cut all connections."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.connections):
            cut(connection)
        self._thread.join()

    # === REQUESTS === #

    def respond(self, environ, start_response):
        """Answer one request, or cut its connection."""
        request = Request(environ)
        try:
            response = self._route(request)
        except DroppedConnection:
            cut(environ["werkzeug.socket"])
            raise
        return response(environ, start_response)

    def _route(self, request):
        if request.method == "OPTIONS":
            return Response(status=204, headers=CORS)
        if request.path.startswith("/v1/"):
            answer = self.owner.api.answer(_plain(request))
            headers = {**CORS, **answer.headers}
            return Response(answer.body, answer.status, headers)
        if request.path.startswith("/_control/"):
            return self._control(request)
        if request.path.startswith("/v3"):
            return Response(
                SCRIPT.read_text(), headers=CORS, mimetype="text/javascript"
            )
        if request.path.startswith("/authenticate/"):
            return pages.authenticate(self.owner, request)
        return Response("There is nothing here.", 404)

    def _control(self, request):
        """Do what another process tells the stand-in to do."""
        name = request.path.removeprefix("/_control/").strip("/")
        given = request.get_json(silent=True) or request.args.to_dict()
        status, body = self.owner.control(name, given)
        return Response(json.dumps(body), status, CORS, "application/json")


def _plain(request):
    """Return what the API needs of a request; GET may have a form body as well."""
    key = request.headers.get("Idempotency-Key")
    return SimpleNamespace(
        method=request.method,
        path=request.path,
        query=request.query_string.decode(),
        body=request.get_data(as_text=True),
        headers=request.headers,
        version=request.headers.get("Stripe-Version") or CURRENT,
        key=key if request.method == "POST" else None,
        fault=None,
        is_public=False,
        id="",
    )


def cut(connection):
    """Close a connection at once."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        connection.close()
