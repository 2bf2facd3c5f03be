"""A PCRF made of python-diameter's own node, with AVPs by their numbers: nothing of ours is in it.

    python -m tests.interop.pcrf ADDRESS PORT

Prints a line of JSON for each request, and takes `abort N` and `lost N` on its input: ASR, or RAR with the
loss of every bearer, for the N-th session that was made.
"""

import json
import sys
from threading import Lock
from typing import Any

from diameter.message import Avp, Message
from diameter.message.commands import AaRequest, AbortSessionRequest, ReAuthRequest, SessionTerminationRequest
from diameter.node import Node
from diameter.node.application import Application, SimpleThreadingApplication

RX, TGPP = 16777236, 10415
REALM = "pcc.example"
HOST, PCSCF = f"pcrf.{REALM}", f"pcscf.{REALM}"
MEDIA_COMPONENT, NUMBER, SUB_COMPONENT, FLOW, TYPE = 517, 518, 519, 507, 520
SPECIFIC_ACTION, ABORT_CAUSE, USAGE, INFO_STATUS = 513, 500, 512, 527
FINAL = 0
LOSS_OF_BEARER = 2

_telling = Lock()


def tell(what: dict[str, Any]) -> None:
    """Print a line, whole: each request has a thread of its own."""
    with _telling:
        print(json.dumps(what), flush=True)


class Sessions:
    """What the P-CSCF has asked for, in order."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def take(self, app: Application, message: Message) -> Message:
        """Grant everything."""
        session = str(message.session_id)
        said: dict[str, Any] = {"command": type(message).__name__}
        if isinstance(message, AaRequest):
            if session not in self.ids:
                self.ids.append(session)
            said["final"] = all(one.value == FINAL for one in message.avps if one.code == INFO_STATUS)
            said["components"] = [_component(one) for one in message.avps if one.code == MEDIA_COMPONENT]
        if isinstance(message, AaRequest | SessionTerminationRequest):
            said["session"] = self.ids.index(session) + 1
        tell(said)
        return app.generate_answer(message, result_code=2001)


def _component(avp: Avp) -> dict[str, Any]:
    inner = list(avp.value)
    numbers = {NUMBER: "number", TYPE: "type"}  # the library leaves out what it has no name for here
    found: dict[str, Any] = {numbers[one.code]: one.value for one in inner if one.code in numbers}
    flows = [list(one.value) for one in inner if one.code == SUB_COMPONENT]
    found["flows"] = [[one.value.decode() for one in flow if one.code == FLOW] for flow in flows]
    found["usages"] = [one.value for flow in flows for one in flow if one.code == USAGE]
    return found


def _begin(message: Any, session: str) -> Any:
    message.session_id = session
    message.origin_host, message.origin_realm = HOST.encode(), REALM.encode()
    message.destination_realm, message.destination_host = REALM.encode(), PCSCF.encode()
    message.auth_application_id = RX
    message.header.application_id = RX
    return message


def main(address: str, port: str) -> None:
    """Serve until the input ends."""
    sessions = Sessions()
    node = Node(HOST, REALM, ip_addresses=[address], tcp_port=int(port), vendor_ids=[TGPP])
    node.validate_received_request_avps = False  # it wants the AAR of network access, with Auth-Request-Type
    peer = node.add_peer(f"aaa://{PCSCF}", REALM)
    app = SimpleThreadingApplication(RX, is_auth_application=True, request_handler=sessions.take)
    node.add_application(app, [peer])
    node.start()
    print("ready", flush=True)
    for line in sys.stdin:
        word, number = line.split()
        session = sessions.ids[int(number) - 1]
        if word == "abort":
            asked = _begin(AbortSessionRequest(), session)
            asked.append_avp(Avp.new(ABORT_CAUSE, TGPP, 0))
        else:
            asked = _begin(ReAuthRequest(), session)
            asked.re_auth_request_type = 0
            asked.append_avp(Avp.new(SPECIFIC_ACTION, TGPP, LOSS_OF_BEARER))
        answer = app.send_request(asked, timeout=10)
        tell({"answer": type(answer).__name__, "result": answer.result_code})
    node.stop(wait_timeout=1, force=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
