"""What is said of a message fits that message: every bench of the nodes asks after each event.

A refusal whose words name a kind of message has a row here. A bench hands over what went in and what came
out; of a refusal that was said of exactly that message, the row decides.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from twopair.base import Received, Refusal, Refused, Report, WireError
from twopair.wire.sip import Request, Response, parse

Message = Request | Response
Fits = Callable[[Message], bool]


def request(message: Message) -> bool:
    return isinstance(message, Request)


def response(message: Message) -> bool:
    return isinstance(message, Response)


def register(message: Message) -> bool:
    return isinstance(message, Request) and message.method == "REGISTER"


def no_register(message: Message) -> bool:
    return isinstance(message, Request) and message.method != "REGISTER"


def status(number: int) -> Fits:
    return lambda message: isinstance(message, Response) and message.status == number


FITS: Final[dict[Refusal, Fits]] = {
    Refusal.BAD_REQUEST: request,
    Refusal.UNMATCHED_RESPONSE: response,
    Refusal.CLEAR_NON_REGISTER: no_register,
    Refusal.CLEAR_ANSWER_TO_PROTECTED: response,
    Refusal.AGREEMENT_NOT_KNOWN: register,
    Refusal.SECURITY_CLIENT_MISSING: register,
    Refusal.ANSWER_IN_CLEAR: register,
    Refusal.VERIFY_MISMATCH: request,  # it names SM6 as where the list was sent
    Refusal.CLIENT_MISMATCH: register,
    Refusal.PORTS_REUSED: register,
    Refusal.SERVER_PORT_CHANGED: register,
    Refusal.NOT_REGISTERED: no_register,
    Refusal.KEYS_MISSING: status(401),
    Refusal.CHALLENGE_ON_TEMPORARY: status(401),
    Refusal.NOT_AUTHENTICATED: status(200),
    Refusal.CORE_SILENT: request,
    Refusal.NAME_UNRESOLVED: request,
    Refusal.NO_PATH_TOKEN: request,
    Refusal.FLOW_FAILED: request,
    Refusal.CLEAR_TO_UE: lambda _message: True,
    Refusal.CLEAR_OK: status(200),
    Refusal.SECURITY_SERVER_MISSING: status(401),
    Refusal.TOO_MANY_CHALLENGES: status(401),
    Refusal.UNPROTECTED_DEREGISTER: register,
    Refusal.CHALLENGE_REJECTED: register,
    Refusal.FOREIGN_ROUTE: no_register,
    Refusal.LOOP: request,
    Refusal.HSS_UNREACHABLE: request,
}


def look(event: object, actions: Iterable[Any]) -> None:
    """What was said of the message that went in fits it."""
    if not isinstance(event, Received):
        return
    said = [action.fact for action in actions if isinstance(action, Report)]
    refused = [fact.refusal for fact in said if isinstance(fact, Refused) and fact.flow == event.flow]
    rows = [(refusal, FITS[refusal]) for refusal in refused if refusal in FITS]
    if not rows:
        return
    try:
        message = parse(event.data)
    except WireError:
        return
    for refusal, fits in rows:
        assert fits(message), f"{refusal.words!r} was said of {event.data[:40]!r}"
