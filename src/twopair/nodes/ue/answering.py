"""Answering requests that reach the UE (24.229 §5.1.2A.2; RFC 3428 §7, RFC 3261 §8.2, §11)."""

from collections.abc import Callable
from typing import Final

from twopair.base import Flow, Report, token
from twopair.nodes.actions import Action
from twopair.nodes.facts import MessageReceived
from twopair.nodes.ue.extensions import ABLE, ALLOW
from twopair.nodes.ue.gm import Gm
from twopair.nodes.ue.sender import sender_of
from twopair.wire.sip import Request, Response, make_response

Answer = Callable[[Request, Flow, list[Action]], int]
"""Does what a request asks for and returns the status of the answer."""


def _message(request: Request, flow: Flow, out: list[Action]) -> int:
    """MESSAGE: hand it to the user (RFC 3428 §7)."""
    out.append(Report(MessageReceived(sender_of(request), request.body, flow)))
    return 200


def _nothing(_request: Request, _flow: Flow, _out: list[Action]) -> int:
    return 200


ANSWERS: Final[dict[str, Answer]] = {"MESSAGE": _message, "OPTIONS": _nothing}
"""Methods that are served, with what they do."""

KNOWN: Final = frozenset("INFO NOTIFY PUBLISH REFER REGISTER SUBSCRIBE".split())
"""Methods that exist but are not served: 405, all others 501 (RFC 3261 §8.2.1, §21.5.2)."""


def answer(request: Request, flow: Flow, gm: Gm, out: list[Action]) -> Response:
    """Serve a request and give the response to it."""
    serve = ANSWERS.get(request.method)
    headers: tuple[tuple[str, str], ...]
    if serve is None:
        status, headers = 405 if request.method in KNOWN else 501, (("Allow", ALLOW),)
    else:
        status = serve(request, flow, out)
        headers = ABLE if request.method == "OPTIONS" else ()
    return make_response(request, status, to_tag=token(gm.entropy), headers=headers)
