"""The page of a bank, where a customer authenticates a payment or does not."""

from html import escape
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Test bank</title></head>
<body style="font-family: sans-serif; max-width: 30em; margin: 4em auto">
<h1>Test bank</h1><p>{question}</p>
<form method="post">
<button name="outcome" value="success" id="authorize">Authorize</button>
<button name="outcome" value="failure" id="fail">Fail</button>
</form></body></html>"""


def authenticate(owner, request):
    """Ask on GET, and on POST go back to where the customer came from."""
    identifier = request.path.rsplit("/", 1)[1]
    intent = owner.state.find(identifier)
    if not intent or request.args.get("secret") != intent["client_secret"]:
        return Response("There is nothing to authenticate.", 404)
    if request.method == "GET":
        amount = f"{intent.get('amount', '')} {intent.get('currency', '')}".strip()
        question = escape(f"Do you authorize {amount or 'saving your card'}?")
        return Response(PAGE.format(question=question), mimetype="text/html")
    succeeds = request.form.get("outcome") == "success"
    owner.authenticate(identifier, succeeds)
    query = {
        intent["object"]: identifier,
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if succeeds else "failed",
    }
    target = owner.state.note(intent)["return_url"]
    separator = "&" if "?" in target else "?"
    return redirect(f"{target}{separator}{urlencode(query)}")
