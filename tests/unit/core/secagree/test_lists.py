"""Reading and writing Security-Client and Security-Server (33.203 Annex H)."""

import pytest

from twopair.base import DEFAULT_SUITES, Port, Spi, Suite, WireError
from twopair.core.secagree import Entry, Offer, ServerList, Terms

TERMS = Terms(Spi(4097), Spi(4098), Port(6100), Port(6101))
SHA_NULL = Suite("hmac-sha-1-96", "null")
PLAIN = "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=4097;spi-s=4098;port-c=6100;port-s=6101"


def suites(*values: str) -> list[str]:
    return [str(entry.suite) for entry in Offer.parse(values).entries]


def test_what_is_made_is_what_is_read() -> None:
    """AGR-20, AGR-21: both lists survive the wire."""
    offer = Offer.make(TERMS, DEFAULT_SUITES)
    assert Offer.parse(offer.lines) == offer
    server = ServerList.make(TERMS, DEFAULT_SUITES)
    assert ServerList.parse(server.lines) == server
    assert [entry.q for entry in server.entries] == [900, 800, 700, 600]


def test_parameters_in_any_order_and_case() -> None:
    """AGR-01, Q-01: names and tokens are case-insensitive, their order is free."""
    line = "IPSEC-3GPP;Port-S=6101;SPI-C=4097;EALG=AES-CBC;alg=HMAC-SHA-1-96;port-c=6100;spi-s=4098;Q=0.1"
    assert Offer.parse([line]).entries == (Entry(Suite("hmac-sha-1-96", "aes-cbc"), TERMS, 100),)


def test_white_space_everywhere() -> None:
    """AGR-05, Q-02: before and after semicolon, equals sign and comma."""
    spaced = "  ipsec-3gpp ; alg = hmac-sha-1-96 ;spi-c= 4097; spi-s =4098;port-c=6100;port-s=6101 , tls"
    assert Offer.parse([spaced]).entries == Offer.parse([PLAIN]).entries


def test_lines_and_commas_are_the_same_list() -> None:
    """AGR-05, Q-05: one line or several, mixed."""
    gcm = PLAIN.replace("hmac-sha-1-96", "null;ealg=aes-gcm")
    assert suites(PLAIN, gcm) == suites(f"{PLAIN},{gcm}") == ["hmac-sha-1-96/null", "null/aes-gcm"]


@pytest.mark.parametrize(
    "element",
    [
        "tls",
        "tls;q=0.2",
        "sdes-srtp;mediasec",
        PLAIN + ";mediasec",
        PLAIN.replace("hmac-sha-1-96", "hmac-sha-256"),
        PLAIN + ";ealg=chacha20",
        PLAIN + ";mod=UDP-enc-tun",
        PLAIN + ";mod=tun",
        PLAIN + ";prot=ah",
    ],
)
def test_elements_of_other_kinds_are_skipped(element: str) -> None:
    """AGR-01, AGR-08: an unknown mechanism, algorithm, mode or protocol never spoils the list."""
    assert suites(f"{element}, {PLAIN}") == ["hmac-sha-1-96/null"]


def test_unknown_parameters_are_tolerated() -> None:
    """AGR-01: with a token, a quoted string with commas in it, an address, or no value."""
    assert suites(PLAIN + ';x="a;b,\\"c";y;z=[2001:db8::1]') == ["hmac-sha-1-96/null"]


@pytest.mark.parametrize(
    "algorithms",
    [
        "alg=null",
        "alg=null;ealg=null",
        "alg=null;ealg=aes-cbc",
        "alg=hmac-sha-1-96;ealg=aes-gcm",
        "alg=aes-gmac;ealg=aes-cbc",
        "alg=aes-gmac;ealg=aes-gcm",
        "alg",
        "alg=aes-gmac;ealg",
    ],
)
def test_combinations_that_must_never_be(algorithms: str) -> None:
    """AGR-06: above all, integrity is never null without AES-GCM."""
    assert suites(PLAIN.replace("alg=hmac-sha-1-96", algorithms)) == []


def test_missing_ealg_is_null() -> None:
    """AGR-06, Q-03, Q-04: and missing prot and mod are esp and trans."""
    assert suites(PLAIN) == suites(PLAIN + ";ealg=null;prot=esp;mod=trans") == ["hmac-sha-1-96/null"]
    assert suites(PLAIN.replace("hmac-sha-1-96", "aes-gmac")) == ["aes-gmac/null"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4097", 4097),
        ("0000004097", 4097),
        ("256", 256),
        ("4294967295", 2**32 - 1),
        ("2147483649", 2**31 + 1),
    ],
)
def test_spi_forms(text: str, value: int) -> None:
    """AGR-02, Q-08: 1 to 10 digits, zero-padded or not, up to 2^32-1."""
    entry = Offer.parse([PLAIN.replace("4097", text)]).entries[0]
    assert entry.terms.spi_c == value


@pytest.mark.parametrize(
    "text", ["0", "1", "255", "4294967296", "00000004097", "-5", "0x1001", '"4097"', "4098"]
)
def test_spi_that_makes_the_element_invalid(text: str) -> None:
    """AGR-02, SA-17, SA-15: reserved, too large, not digits, or the same twice."""
    offer = Offer.parse([PLAIN.replace("4097", text)])
    assert offer.entries == ()
    assert offer.spoiled


@pytest.mark.parametrize("text", ["0", "5060", "5061", "65536", "6101", "http"])
def test_port_that_makes_the_element_invalid(text: str) -> None:
    """AGR-02, SA-20, AGR-42, Q-09: unprotected ports, out of range, or the same twice."""
    assert Offer.parse([PLAIN.replace("6100", text)]).entries == ()


@pytest.mark.parametrize("name", ["spi-c", "spi-s", "port-c", "port-s", "alg"])
def test_required_parameters(name: str) -> None:
    """AGR-04: without any of them the element is of no use."""
    element = ";".join(part for part in PLAIN.split(";") if not part.startswith(name + "="))
    offer = Offer.parse([element])
    assert offer.entries == ()
    assert not offer.complete


def test_elements_with_differing_terms_have_no_common_ones() -> None:
    """AGR-04: SPIs and ports are the same in each element."""
    assert Offer.parse([PLAIN, PLAIN]).terms == TERMS
    assert Offer.parse([PLAIN, PLAIN.replace("6100", "6102")]).terms is None


@pytest.mark.parametrize(
    ("q", "thousandths"),
    [
        ("1", 1000),
        ("1.000", 1000),
        ("0.5", 500),
        ("0.100", 100),
        ("0", 0),
        ("1.001", -1),
        ("2", -1),
        ("0.1234", -1),
    ],
)
def test_q_values(q: str, thousandths: int) -> None:
    """Q-07: three decimals at most; what cannot be read counts as none."""
    assert ServerList.parse([f"{PLAIN};q={q}"]).entries[0].q == thousandths


@pytest.mark.parametrize(
    "line",
    [
        "",
        ",",
        ";",
        "tls,",
        ",tls",
        "tls;",
        "tls;;q=1",
        "tls;q=",
        "tls=1",
        "tls;=1",
        "t ls",
        'a;b="c',
        "\x00",
        "é",
    ],
)
def test_bad_grammar(line: str) -> None:
    """33.203 Annex H: what is no list of mechanisms is a WireError."""
    with pytest.raises(WireError):
        Offer.parse([line])


def test_parameter_twice() -> None:
    """AGR-38: which of the two would count is nobody's to guess."""
    with pytest.raises(WireError, match="spi-c"):
        Offer.parse([PLAIN + ";SPI-C=4097"])
