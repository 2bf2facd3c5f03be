"""Lists of addresses as phones and registrars write them (RFC 3261 §20.10, §25.1; Q-19)."""

import pytest

from twopair.wire.sip import addresses

AS_WRITTEN = [
    ("<sip:a@h>, <tel:+1>", ["sip:a@h", "tel:+1"]),
    ("<sip:a@h><tel:+1>", ["sip:a@h", "tel:+1"]),
    ("<sip:a@h> <tel:+1>", ["sip:a@h", "tel:+1"]),
    ('"Anna <home>" <tel:+1>', ["tel:+1"]),
    ('"A, B; C <sip:x@y>" <sip:a@h>;p=1, <sip:b@h>', ["sip:a@h", "sip:b@h"]),
    ('"a \\" <sip:x@y>" <sip:a@h>', ["sip:a@h"]),
    ('<sip:a@h;p=","> , <sip:b@h>', ['sip:a@h;p=","', "sip:b@h"]),
    ("sip:a@h;expires=3", ["sip:a@h"]),
    ("sip:a@h, sip:b@h;q=1", ["sip:a@h", "sip:b@h"]),
    ("Anna <sip:a@h>", ["sip:a@h"]),
    ('<sip:a@h>;x="<sip:z@z>"', ["sip:a@h"]),
    ("garbage, <sip:a@h>", ["sip:a@h"]),
    ("<>", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "uris"), AS_WRITTEN)
def test_list(text: str, uris: list[str]) -> None:
    wanted = [uri for uri in uris if '"' not in uri]  # a quotation mark must be escaped in a URI
    assert [address.uri for address in addresses([text])] == wanted


def test_several_lines_are_one_list() -> None:
    assert [a.uri for a in addresses(["<sip:a@h>", "<sip:b@h>, <sip:c@h>"])] == [
        "sip:a@h",
        "sip:b@h",
        "sip:c@h",
    ]


def test_parameters_stay_with_their_address() -> None:
    first, second = addresses(['<sip:a@h;x=1>;expires=5<sip:b@h>;q="0.5"'])
    assert (first.params, second.params) == ({"expires": "5"}, {"q": '"0.5"'})
