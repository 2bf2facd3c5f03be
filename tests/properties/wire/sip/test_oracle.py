"""The same as sipmessage reads, where sipmessage is right: no folding, no commas in quotes, no escapes."""

import sipmessage
from hypothesis import given
from hypothesis import strategies as st
from tests.properties.wire.sip.grammar import HOST, PORT

from twopair.wire.sip import (
    Credentials,
    NameAddr,
    Request,
    SipUri,
    Via,
    make_request,
    parse,
    print_params,
    quote,
)

WORD = st.text("abcxyz019", min_size=1, max_size=8)
PARAMS = st.dictionaries(WORD.map(lambda w: "p" + w), st.none() | WORD, max_size=4)
URIS = st.builds(SipUri, st.sampled_from(["sip", "sips"]), st.none() | WORD, HOST, PORT, PARAMS)
DISPLAYS = st.lists(WORD, max_size=3).map(" ".join)


def same_host(ours: str, theirs: str) -> bool:
    return ours == theirs.strip("[]")


@given(URIS)
def test_uris(uri: SipUri) -> None:
    theirs = sipmessage.URI.parse(str(uri))
    assert (theirs.scheme, theirs.user, theirs.port) == (uri.scheme, uri.user, uri.port)
    assert same_host(uri.host, theirs.host)
    assert dict(theirs.parameters) == uri.params


@given(DISPLAYS, URIS, PARAMS)
def test_addresses(display: str, uri: SipUri, params: dict[str, str | None]) -> None:
    text = f"{quote(display) + ' ' if display else ''}<{uri}>{print_params(params)}"
    theirs, ours = sipmessage.Address.parse(text), NameAddr.parse(text)
    assert str(theirs.uri) == str(ours.sip_uri)
    assert theirs.name == ours.display.strip('"')
    assert dict(theirs.parameters) == ours.params


@given(st.sampled_from(["UDP", "TCP", "TLS"]), HOST, PORT, PARAMS)
def test_vias(transport: str, host: str, port: int | None, params: dict[str, str | None]) -> None:
    ours = Via(transport, host, port, print_params(params)[1:])
    theirs = sipmessage.Via.parse(str(ours))
    assert (theirs.transport, theirs.port) == (transport, port)
    assert same_host(host, theirs.host)
    assert dict(theirs.parameters) == Via.parse(str(ours)).params


@given(st.dictionaries(WORD.map(lambda w: "p" + w), WORD, min_size=1, max_size=5))
def test_digest_fields(fields: dict[str, str]) -> None:
    text = str(Credentials.make(fields))
    theirs = sipmessage.AuthCredentials.parse(text)
    ours = Credentials.parse(text)
    assert {name: ours.get(name) for name in fields} == dict(theirs.parameters)


@given(
    WORD.map(str.upper),
    URIS,
    st.lists(st.tuples(st.sampled_from(["Via", "f", "To", "X-Own", "m", "Subject"]), DISPLAYS), max_size=8),
    st.binary(max_size=40),
)
def test_messages(method: str, uri: SipUri, headers: list[tuple[str, str]], body: bytes) -> None:
    data = make_request(method, str(uri), headers, body).to_bytes()
    ours, theirs = parse(data), sipmessage.Message.parse(data)
    assert isinstance(ours, Request)
    assert (ours.method, ours.uri, ours.body) == (theirs.method, str(theirs.uri), theirs.body)
    for name in ("Via", "From", "To", "X-Own", "Contact", "Subject", "Content-Length"):
        assert ours.get_all(name) == theirs.headers.getlist(name)
