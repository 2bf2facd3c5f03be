"""Laws of header values: what is printed reads the same, alone and in lists (RFC 3261 §20, §25)."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from tests.properties.wire.sip.grammar import (
    ADDRESS,
    HEADER_PARAMS,
    HOST,
    PORT,
    QUOTED,
    TOKEN,
    URI,
    VIA,
)

from twopair.base import WireError
from twopair.wire.sip import (
    AuthFields,
    Credentials,
    CSeq,
    Edit,
    Message,
    NameAddr,
    Request,
    SipUri,
    Via,
    first_element,
    make_request,
    parse,
    parse_params,
    print_params,
    quote,
    split_list,
    unquote,
    uri_in,
)
from twopair.wire.sip.hostport import parse_hostport, print_hostport

FIELDS = st.dictionaries(TOKEN.map(str.lower), TOKEN | QUOTED, min_size=1, max_size=6)
NAMES = st.sampled_from(["Via", "Route", "To", "Subject", "X-Own"])
SPACE = st.sampled_from(["", " ", "\t", "  "])


def message_with(lines: list[tuple[str, str]]) -> Message:
    return parse(make_request("OPTIONS", "sip:a@b", lines).to_bytes())


@given(VIA)
def test_via(via: Via) -> None:
    assert Via.parse(str(via)) == via
    assert via.branch == via.params.get("branch")


@given(URI)
def test_uri(uri: SipUri) -> None:
    assert SipUri.parse(str(uri)) == uri
    assert SipUri.parse(uri.key).key == uri.key


@given(ADDRESS)
def test_address(address: NameAddr) -> None:
    assert NameAddr.parse(str(address)) == address
    assert str(address.sip_uri) == address.uri


@given(HOST, PORT)
def test_hostport(host: str, port: int | None) -> None:
    assert parse_hostport(print_hostport(host, port)) == (host, port)


@given(HEADER_PARAMS, SPACE, SPACE)
def test_params_with_white_space_anywhere(params: dict[str, str | None], before: str, behind: str) -> None:
    """Q-02: around semicolons and equal signs."""
    text = f"{before};{behind}".join(
        name if value is None else f"{name}{behind}={before}{value}" for name, value in params.items()
    )
    assert parse_params(text) == params
    assert parse_params(print_params(params)[1:]) == params


@given(st.text(st.characters(codec="utf-8")))
def test_quoting(text: str) -> None:
    assert unquote(quote(text)) == text


@given(st.integers(0, 2**31 - 1), TOKEN)
def test_cseq(number: int, method: str) -> None:
    read = CSeq.parse(f"{number} {method}")
    assert (read.number, read.method) == (number, method)
    assert CSeq.parse(str(read)) == read


@given(FIELDS, st.data())
def test_digest_fields(fields: dict[str, str], draw: st.DataObject) -> None:
    """Q-15: whatever is taken away, the rest keeps its octets and order."""
    pieces = [f"{draw.draw(SPACE)}{name}{draw.draw(SPACE)}={value}" for name, value in fields.items()]
    read = Credentials.parse("Digest " + ",".join(pieces))
    assert {name: read.get(name) for name in fields} == {n: unquote(v) for n, v in fields.items()}
    gone = draw.draw(st.sampled_from(sorted(fields)))
    rest = [piece for piece, name in zip(pieces, fields, strict=True) if name != gone]
    assert str(read.without(gone)) == f"Digest {','.join(rest).strip()}"


_ADDRESS_PIECES = (
    "<", ">", "sip:a@b", "sip:[2001:db8::1]", ";expires=5", ";EXPIRES=6", ';x="<y>"', ";lr", "; z = 1",
    '"Anna" ', '"A, <B>"', "Bob ", "*", ":", "?h=1", ";=", ";", " ", "\t", ",", "ä", "\x7f",
)  # fmt: skip


@given(st.lists(st.sampled_from(_ADDRESS_PIECES), max_size=7).map("".join))
def test_usual_addresses_are_read_as_any(text: str) -> None:
    """RFC 3261 §20.10: the short way of reading finds what the long one does, and refuses what it refuses."""

    def outcome(read: Callable[[str], NameAddr]) -> NameAddr | str:
        try:
            return read(text)
        except WireError as error:
            return str(error)

    read = outcome(NameAddr.parse_any)
    assert outcome(NameAddr.parse) == read
    assert uri_in(text) == (read.uri if isinstance(read, NameAddr) else "")


_AUTH_PIECES = (
    'username="a@b"', ' nonce="x=y,z"', "nc=1", "algorithm=AKAv1-MD5", 'realm = "a"', 'NONCE="z"', 'x-y="1"',
    'qop="auth', 'opaque="a\\"b"', "uri=a b", "auts", 'ck="', '"', "", " ", 'ck="a""', "ck=a\\", "response=",
)  # fmt: skip


@given(
    st.lists(st.sampled_from(_AUTH_PIECES), max_size=6).map(",".join), st.sampled_from(["n", 'a"b', "\\", ""])
)
def test_usual_digest_fields_are_read_as_any(text: str, value: str) -> None:
    """Q-15: the short way of reading finds what the long one does, and refuses what it refuses."""

    def outcome(read: Callable[[str], AuthFields]) -> tuple[object, ...] | str:
        try:
            found = read(f"Digest {text}")
        except WireError as error:
            return str(error)
        more, less = found.with_quoted("nonce", value), found.without("nonce", "ck")
        neither = more.without("nonce", "uri")
        return str(found), found.values, *((str(one), one.values) for one in (more, less, neither))

    assert outcome(AuthFields.parse) == outcome(AuthFields.parse_any)
    names = [part.partition("=")[0].strip().lower() for part in text.split(",")]
    if len(set(names)) == len(names):  # nothing stands twice
        assert outcome(Credentials.parse) == outcome(AuthFields.parse_any)


@given(st.lists(ADDRESS.map(str), min_size=1, max_size=5), st.data())
def test_lists_on_one_line_or_many(elements: list[str], draw: st.DataObject) -> None:
    """AGR-05 and RFC 3261 §7.3.1: lines and commas mean the same; popping takes them in order."""
    lines: list[list[str]] = [[]]
    for element in elements:
        begin = draw.draw(st.booleans())
        if begin and lines[-1]:
            lines.append([])
        lines[-1].append(element)
    glue = draw.draw(SPACE) + "," + draw.draw(SPACE)
    message = message_with([("Route", glue.join(line)) for line in lines])
    assert message.values("Route") == elements
    assert [message.pop_value("Route") for _ in elements] == elements
    assert message.pop_value("Route") is None


@given(st.text('ab,;<>"\\ =', max_size=40))
def test_the_first_element_is_the_first_of_the_list(text: str) -> None:
    elements = split_list(text)
    first = first_element(text)
    assert text.startswith(first)
    if first.strip():
        assert elements[0] == first.strip()


@given(
    st.lists(st.tuples(NAMES, TOKEN), max_size=8),
    st.frozensets(NAMES.map(str.lower), max_size=3),
    st.lists(st.tuples(NAMES, TOKEN), max_size=3),
    st.lists(st.tuples(NAMES, TOKEN), max_size=3),
)
def test_many_edits_at_once_are_the_same_one_by_one(
    lines: list[tuple[str, str]],
    without: frozenset[str],
    above: list[tuple[str, str]],
    below: list[tuple[str, str]],
) -> None:
    at_once, wanted = message_with(lines), [(n, v) for n, v in lines if n.lower() not in without]
    edit = Edit(without, tuple(name for name, _ in above), tuple(name for name, _ in below))
    values = [value for _, value in above], [value for _, value in below]
    assert isinstance(at_once, Request)
    copy = at_once.edited(edit, *values)
    at_once.edit(edit, *values)
    assert copy.to_bytes() == at_once.to_bytes()
    assert [value for _, value in at_once.headers()] == [
        *(value for _, value in [*above, *wanted]),
        "0",  # Content-Length, which message_with added
        *(value for _, value in below),
    ]
    assert parse(at_once.to_bytes()).names() == at_once.names()
