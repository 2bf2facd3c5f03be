"""Scenarios of SIPp from steps: what the far end of a call receives and sends, one step a line."""

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

_DESCRIBED: Final = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=carol 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 9 RTP/AVP 0
a={direction}
{more}"""
_EMPTY: Final = "Content-Length: 0\n\n"
_ABLE: Final = "Contact: <sip:carol@[local_ip]:[local_port]>\nAllow: INVITE, ACK, BYE, CANCEL, PRACK, UPDATE"
_TAG: Final = "tag={tag}[pid]-[call_number]"


def sdp(version: int = 1, direction: str = "sendrecv", *, own: str = "", theirs: str = "") -> str:
    """A description with one audio stream, with the current status of both ends' resources if given."""
    more = ""
    if own:
        more = (
            f"a=curr:qos local {own}\na=curr:qos remote {theirs}\n"
            "a=des:qos mandatory local sendrecv\na=des:qos mandatory remote sendrecv\n"
        )
    return _DESCRIBED.format(version=version, direction=direction, more=more)


def _send(text: str, *, repeated: bool = False) -> str:
    again = ' retrans="500"' if repeated else ""
    return f"<send{again}><![CDATA[\n{text}\n]]></send>"


def _kept(header: str, name: str, occurrence: int = 1, regexp: str = " *(.*)$") -> str:
    return (
        f'<ereg regexp="{escape(regexp)}" search_in="hdr" header="{header}:" occurrence="{occurrence}" '
        f'check_it="true" assign_to="none,{name}"/>'
    )


def invited() -> str:
    """INVITE comes; what is needed to answer it later is kept."""
    kept = [_kept("Via", f"via{n}", n) for n in (1, 2, 3)]
    kept += [_kept("Record-Route", f"route{n}", n) for n in (1, 2)]
    kept += [_kept("From", "from"), _kept("To", "to")]
    return f'<recv request="INVITE" rrs="true"><action>{"".join(kept)}</action></recv>'


def answers(status: int, tag: str, body: str = "", *, rseq: int = 0) -> str:
    """An answer to the INVITE with that tag, reliable if it has an RSeq."""
    lines = [f"SIP/2.0 {status} As Planned"]
    lines += [f"Via: [$via{n}]" for n in (1, 2, 3)]
    lines += [f"Record-Route: [$route{n}]" for n in (1, 2)]
    lines += [
        "From: [$from]",
        f"To: [$to];{_TAG.format(tag=tag)}",
        "Call-ID: [call_id]",
        "CSeq: 1 INVITE",
        _ABLE,
    ]
    lines += ["Require: 100rel", f"RSeq: {rseq}"] if rseq else []
    return _send("\n".join([*lines, body or _EMPTY]), repeated=status >= 200)


def gets(method: str, *wanted: str) -> str:
    """A request comes that has each of these expressions in it, and nothing of Gm (PCS-17)."""
    checks = "".join(
        f'<ereg regexp="{escape(one)}" search_in="msg" check_it="true" assign_to="none"/>' for one in wanted
    )
    gm = '<ereg regexp="Security-|sec-agree" search_in="msg" check_it_inverse="true" assign_to="none"/>'
    return f'<recv request="{method}"><action>{gm}{checks}</action></recv>'


def ok(body: str = "") -> str:
    """200 to the last request."""
    last = [f"[last_{name}:]" for name in ("Via", "From", "To", "Call-ID", "CSeq")]
    return _send("\n".join(["SIP/2.0 200 OK", *last, _ABLE, body or _EMPTY]))


def asks(method: str, number: int, tag: str, body: str = "", *more: str) -> str:
    """A request of who was called, within the dialog of that tag."""
    lines = [
        f"{method} [next_url] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "Max-Forwards: 70",
        "[routes]",
        f"From: [$to];{_TAG.format(tag=tag)}",
        "To: [$from]",
        "Call-ID: [call_id]",
        f"CSeq: {number} {method}",
        *([_ABLE] if method not in ("ACK", "BYE") else []),
        *more,
        body or _EMPTY,
    ]
    return _send("\n".join(lines), repeated=method != "ACK")


def is_told(status: int, *wanted: str) -> str:
    """An answer comes."""
    checks = "".join(
        f'<ereg regexp="{escape(one)}" search_in="msg" check_it="true" assign_to="none"/>' for one in wanted
    )
    return (
        f'<recv response="{status}"><action>{checks}</action></recv>'
        if checks
        else (f'<recv response="{status}"/>')
    )


TRYING: Final = '<recv response="100" optional="true"/>'


def scenario(name: str, steps: Iterable[str]) -> str:
    """The whole file."""
    body = "\n".join(steps)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<scenario name="{name}">\n{body}\n<Reference variables="none"/>\n</scenario>\n'
    )
