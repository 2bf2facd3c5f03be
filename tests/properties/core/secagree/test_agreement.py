"""Laws of the security agreement, for any offer and any policy."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from twopair.base import STATUS, Port, Refusal, Spi, Suite, WireError
from twopair.core.secagree import (
    Choice,
    Confidentiality,
    Offer,
    Policy,
    ServerList,
    Terms,
    choose_at_pcscf,
    choose_at_ue,
    mechanism,
    same_agreement,
)

SUITES = tuple(STATUS)
spis = st.lists(st.integers(256, 2**32 - 1), min_size=2, max_size=2, unique=True)
ports = st.lists(
    st.integers(1, 65535).filter(lambda port: port not in {5060, 5061}), min_size=2, max_size=2, unique=True
)


@st.composite
def some_terms(draw: st.DrawFn) -> Terms:
    """SPIs and ports that can be used."""
    (spi_c, spi_s), (port_c, port_s) = draw(spis), draw(ports)
    return Terms(Spi(spi_c), Spi(spi_s), Port(port_c), Port(port_s))


some_suites = st.lists(st.sampled_from(SUITES), min_size=1, unique=True).map(tuple)
policies = st.builds(Policy, some_suites, st.sampled_from(Confidentiality), st.booleans())
some_lists = st.builds(ServerList.make, some_terms(), some_suites)


@st.composite
def retold(draw: st.DrawFn, text: str) -> list[str]:
    """The same list in other words: lines, white space, case, order of parameters (AGR-05)."""
    space = st.sampled_from(["", " ", "\t", "  "])
    lines: list[str] = []
    for element in text.split(", "):
        name, *params = element.split(";")
        told = name
        for param in draw(st.permutations(params)):
            key, value = param.split("=")
            told += f"{draw(space)};{draw(space)}{key}{draw(space)}={draw(space)}{value}"
        upper, joined = draw(st.tuples(st.booleans(), st.booleans()))
        told = told.upper() if upper else told
        if lines and joined:
            lines[-1] += f"{draw(space)},{draw(space)}{told}"
        else:
            lines.append(told)
    return lines


@given(some_terms(), some_suites)
def test_emit_then_parse(terms: Terms, suites: tuple[Suite, ...]) -> None:
    """AGR-20, AGR-21: what is made is what is read."""
    offer, server = Offer.make(terms, suites), ServerList.make(terms, suites)
    assert Offer.parse(offer.lines) == offer
    assert ServerList.parse(server.lines) == server
    assert offer.terms == server.terms == terms
    assert tuple(entry.suite for entry in server.entries) == suites


@given(some_lists, st.data())
def test_equality_sees_through_form(sent: ServerList, data: st.DataObject) -> None:
    """AGR-05, Q-01, Q-02, Q-05: and the entries are the same too."""
    lines = data.draw(retold(sent.lines[0]))
    assert same_agreement(sent, lines)
    assert ServerList.parse(lines).entries == sent.entries


@given(some_lists, st.data())
def test_every_change_is_noticed(sent: ServerList, data: st.DataObject) -> None:
    """AGR-32: any parameter of any element changed, removed or added, any element removed or moved."""
    elements = [element.split(";") for element in sent.lines[0].split(", ")]
    which = data.draw(st.integers(0, len(elements) - 1))
    element = elements[which]
    at = data.draw(st.integers(1, len(element) - 1))
    name, value = element[at].split("=")
    match data.draw(st.sampled_from(["change", "remove", "add", "drop"])):
        case "change":
            element[at] = f"{name}={value}1" if value != "1" else f"{name}=2"
        case "remove" if element[at] not in {"prot=esp", "mod=trans", "ealg=null"}:
            del element[at]
        case "drop":
            del elements[which]
        case _:
            element.append("x")
    assert not same_agreement(sent, [", ".join(";".join(element) for element in elements)])


@given(some_lists)
def test_order_of_elements_counts(sent: ServerList) -> None:
    """AGR-05."""
    elements = sent.lines[0].split(", ")
    assert same_agreement(sent, [", ".join(reversed(elements))]) == (len(elements) == 1)


@given(some_terms(), some_terms(), some_suites, policies)
def test_both_ends_choose_alike(ue: Terms, pcscf: Terms, offered: tuple[Suite, ...], policy: Policy) -> None:
    """AGR-22: whatever both support, they arrive at the same combination, or both at none."""
    there = choose_at_pcscf(Offer.parse(Offer.make(ue, offered).lines), policy)
    if not policy.priority:
        assert isinstance(there, Refusal)
        return
    here = choose_at_ue(ServerList.parse(ServerList.make(pcscf, policy.priority).lines), offered)
    if isinstance(there, Choice):
        assert isinstance(here, Choice)
        assert here.suite == there.suite
        assert (there.terms, here.terms) == (ue, pcscf)
    else:
        assert here is Refusal.SECURITY_SERVER_UNACCEPTABLE


@given(
    st.lists(st.text(max_size=60), max_size=3)
    | st.lists(st.text('ipsec-3gpp;,="\\ \t1', max_size=60), max_size=3)
)
def test_any_text_is_a_list_or_a_wire_error(lines: list[str]) -> None:
    """AGR-01: nothing else may come of bytes from the network."""
    try:
        found = Offer.parse(lines)
    except WireError:
        assert not same_agreement(ServerList.make(Terms(Spi(256), Spi(257), Port(1), Port(2)), SUITES), lines)
    else:
        assert same_agreement(found, lines) == bool(lines)


@given(st.text('ab1-c;,= \t\xa0\x1c"[]', max_size=40))
def test_both_readings_of_a_line_agree(line: str) -> None:
    """AGR-05: the quick one for the usual line, the other for any."""
    try:
        expected: object = mechanism._parse_any(line)
    except WireError as error:
        expected = str(error)
    try:
        found: object = mechanism._parse_line(line)
    except WireError as error:
        found = str(error)
    assert found == expected


_TEXT = "spi-c=%d;spi-s=%d;port-c=%d;port-s=%d"
_REAL, _OTHER = _TEXT % (4097, 4098, 6100, 6101), _TEXT % (4097, 4098, 6100, 61010)
_PARTS = (
    "ipsec-3gpp", "alg=hmac-sha-1-96", "ealg=aes-cbc", "alg=null", "ealg=aes-gcm", "q=0.5", "mod=tun", "tls",
    _REAL, _REAL, _REAL.replace(";", "; "), _OTHER, _REAL.upper(), f"x{_REAL}", f"{_REAL}7", f'x="{_REAL};y"',
    _TEXT % (1001, 1002, 6001, 6002), _TEXT % (5, 4098, 6100, 6101), "spi-c=1", "port-s=6101", "\0", "",
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(_PARTS), st.sampled_from([";", "; ", ", ", ","])), max_size=12))
def test_a_shape_says_what_its_line_says(parts: list[tuple[str, str]]) -> None:
    """AGR-01..AGR-06: a line is read by its shape exactly as it is read part by part."""
    line = "ipsec-3gpp;alg=hmac-sha-1-96;" + "".join(part + mark for part, mark in parts)[:-1]

    def outcome(read: Callable[[list[str]], Offer]) -> Offer | str:
        try:
            return read([line])
        except WireError as error:
            return str(error)

    assert outcome(Offer.parse) == outcome(Offer.parse_any)
