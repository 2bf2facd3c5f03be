"""SIP at the level of octets, quick enough that the programs under load are the limit and not who loads them.

A party of ours answers what it gets, and follows up what it has begun: a MESSAGE gets a 200; an INVITE gets
180 and 200; whoever has called acknowledges and hangs up at once.
"""

from typing import Final

_END: Final = b"\r\n\r\n"
_KEPT: Final = (b"Via:", b"Record-Route:", b"From:", b"Call-ID:", b"CSeq:", b"To:")
"""What a response has of its request (RFC 3261 §8.2.6)."""

SDP: Final = b"".join(
    line + b"\r\n"
    for line in (
        b"v=0",
        b"o=- 1 1 IN IP4 127.0.0.1",
        b"s=-",
        b"c=IN IP4 127.0.0.1",
        b"t=0 0",
        b"m=audio 49152 RTP/AVP 107 97 101",
        b"a=rtpmap:107 AMR-WB/16000/1",
        b"a=rtpmap:97 AMR/8000/1",
        b"a=rtpmap:101 telephone-event/8000",
        b"a=ptime:20",
        b"a=sendrecv",
    )
)
_WITH_SDP: Final = b"Content-Type: application/sdp\r\n"


def field(message: bytes, name: bytes) -> bytes:
    """Value of the first header line of that name, as it is written; empty if there is none."""
    begin = message.find(b"\r\n" + name + b": ")
    if begin < 0:
        return b""
    begin += len(name) + 4
    return message[begin : message.find(b"\r\n", begin)]


def fields(message: bytes, name: bytes) -> list[bytes]:
    """Values of all header lines of that name."""
    start = name + b": "
    lines = message[: message.find(_END)].split(b"\r\n")
    return [line[len(start) :] for line in lines if line.startswith(start)]


def uri(value: bytes) -> bytes:
    """What stands between the angle brackets of a name-addr."""
    return value[value.find(b"<") + 1 : value.find(b">")]


def status(message: bytes) -> int:
    """Status of a response; 0 for a request."""
    return int(message[8:11]) if message.startswith(b"SIP/2.0 ") else 0


def with_body(head: bytes, body: bytes = b"") -> bytes:
    """The message of header lines and a body."""
    return b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)


def answer(request: bytes, first: bytes, more: bytes = b"", body: bytes = b"") -> bytes:
    """A response to a request: ``200 OK`` and the like, further header lines, a body."""
    lines = [b"SIP/2.0 " + first]
    for line in request[: request.find(_END)].split(b"\r\n"):
        if line.startswith(_KEPT):
            if line.startswith(b"To:") and b";tag=" not in line:
                line += b";tag=t"  # noqa: PLW2901  the one line that a response changes
            lines.append(line)
    return with_body(b"\r\n".join(lines) + b"\r\n" + more, body)


class Party:
    """One side of dialogs.

    Args:
        contact: its URI.
        via: what it is reached by: ``address:port``.
        more: further header lines of its requests within a dialog.
    """

    __slots__ = ("contact", "more", "via")

    def __init__(self, contact: bytes, via: bytes, more: bytes = b"") -> None:
        self.contact = contact
        self.via = via
        self.more = more

    def answers(self, request: bytes) -> tuple[bytes, ...]:
        """What it sends on a request."""
        if request.startswith(b"INVITE "):
            contact = b"Contact: <" + self.contact + b">\r\n"
            return (
                answer(request, b"180 Ringing", contact),
                answer(request, b"200 OK", contact + _WITH_SDP, SDP),
            )
        return () if request.startswith(b"ACK ") else (answer(request, b"200 OK"),)

    def follows(self, response: bytes) -> tuple[bytes, ...]:
        """What it sends on the 200 to its INVITE: ACK and BYE (RFC 3261 §13.2.2.4, §15.1.1)."""
        routes = b"".join(b"Route: " + value + b"\r\n" for value in fields(response, b"Record-Route")[::-1])
        call_id, target = field(response, b"Call-ID"), uri(field(response, b"Contact"))
        rest = (
            b"Max-Forwards: 70\r\n"
            + routes
            + b"From: %s\r\nTo: %s\r\nCall-ID: %s\r\n"
            % (field(response, b"From"), field(response, b"To"), call_id)
            + self.more
        )
        return tuple(
            with_body(
                b"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s\r\nCSeq: %d %s\r\n"
                % (method, target, self.via, method, call_id, number, method)
                + rest
            )
            for number, method in ((1, b"ACK"), (2, b"BYE"))
        )
