"""Remote parties: each remembers where the UE said it is, and writes there (RFC 3261 §12.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from twopair.base import Bind, Endpoint, Entropy, Flow, Micros, Received, Send, Transport, token
from twopair.nodes import Action
from twopair.nodes.wishes import Start
from twopair.wire.sip import MAGIC, NameAddr, Request, make_request, make_response, parse


@dataclass(frozen=True, slots=True)
class WriteBack:
    """Event: every party writes to the Contact that it holds."""


class Parties:
    """All remote parties, behind one address of the core.

    Args:
        home: their own end.
        pcscf: the P-CSCF's end.
        entropy: branches and tags.
    """

    def __init__(self, home: Endpoint, pcscf: Endpoint, entropy: Entropy) -> None:
        self._flow = Flow(Transport.UDP, home, pcscf)
        self._entropy = entropy
        self._contacts: dict[str, str] = {}

    def feed(self, event: object, _now: Micros) -> Sequence[Action]:
        """Take one event."""
        if isinstance(event, Start):
            return (Bind(self._flow.local),)
        if isinstance(event, WriteBack):
            return [
                Send(self._flow, self._message(party, contact)) for party, contact in self._contacts.items()
            ]
        if isinstance(event, Received):
            message = parse(event.data)
            if isinstance(message, Request):
                party = NameAddr.parse(message.get("To") or "").uri
                self._contacts[party] = NameAddr.parse(message.get("Contact") or "").uri
                return (
                    Send(self._flow, make_response(message, 200, to_tag=token(self._entropy)).to_bytes()),
                )
        return ()

    def next_deadline(self) -> Micros | None:
        """They wait for nothing."""
        return None

    def _message(self, party: str, contact: str) -> bytes:
        headers = [
            ("Via", f"SIP/2.0/UDP {self._flow.local};branch={MAGIC}{token(self._entropy)}"),
            ("Max-Forwards", "70"),
            ("From", f"<{party}>;tag={token(self._entropy)}"),
            ("To", f"<{contact}>"),
            ("Call-ID", token(self._entropy)),
            ("CSeq", "1 NOTIFY"),
            ("Event", "presence"),
            ("Subscription-State", "active"),
        ]
        return make_request("NOTIFY", contact, headers).to_bytes()
