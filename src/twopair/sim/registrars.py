"""Registrars as there are: one 200 to REGISTER in other words, all of which mean the same (Q-20; PCS-27)."""

from collections.abc import Callable
from typing import Final

from twopair.base import Entropy, WireError
from twopair.wire.sip import NameAddr, Response, parse, quote

_OTHERS: Final = ("<sip:desk@10.9.9.9:5071>;expires=5", "<sip:desk@10.9.9.8:5071>;expires=7")
"""Bindings of other devices, about to end."""

Wording = Callable[[Response, NameAddr, str], None]
"""From the response, its one binding and the seconds granted to other words, in place."""


def _left_out(response: Response, _own: NameAddr, granted: str) -> None:
    response.remove("Contact")
    response.set("Expires", granted)


def _rewritten(response: Response, own: NameAddr, granted: str) -> None:
    user = own.uri.partition("@")[0]
    response.set("Contact", f"<{user}@192.0.2.1:1024>;expires={granted}")


def _another_altogether(response: Response, _own: NameAddr, granted: str) -> None:
    response.set("Contact", f"<sip:9f3c@192.0.2.1>;expires={granted}")


def _beside_others(response: Response, own: NameAddr, granted: str) -> None:
    response.set("Contact", f"{_OTHERS[0]}, <{own.uri}>;expires={granted}, {_OTHERS[1]}")


def _rewritten_beside_others(response: Response, own: NameAddr, granted: str) -> None:
    _rewritten(response, own, granted)
    response.set("Contact", f"{_OTHERS[0]}, {response.get('Contact')}, {_OTHERS[1]}")


def _without_brackets(response: Response, own: NameAddr, granted: str) -> None:
    response.set("Contact", f"{own.uri.partition(';')[0]};expires={granted}")


def _quoted(response: Response, own: NameAddr, granted: str) -> None:
    response.set("Contact", f'"Phone, <at home>" <{own.uri}>;expires={quote(granted)}')


def _by_expires(response: Response, own: NameAddr, granted: str) -> None:
    response.set("Contact", f"<{own.uri}>;expires=soon")
    response.set("Expires", granted)


WORDINGS: Final[tuple[Wording, ...]] = (
    _left_out,
    _rewritten,
    _another_altogether,
    _beside_others,
    _rewritten_beside_others,
    _without_brackets,
    _quoted,
    _by_expires,
)


def reword(data: bytes, dice: Entropy) -> bytes:
    """A 200 that grants one binding, as another registrar would write it; all else as it is."""
    if not data.startswith(b"SIP/2.0 200 ") or b" REGISTER\r\n" not in data:
        return data
    try:
        response = parse(data)
        (own,) = [NameAddr.parse(value) for value in response.values("Contact")]
    except (WireError, ValueError):
        return data
    granted = own.params.get("expires")
    if not granted or not isinstance(response, Response):
        return data
    WORDINGS[dice.below(len(WORDINGS))](response, own, granted)
    return response.to_bytes()
