"""What Kamailio makes of Security-Client: raw REGISTERs, its 401, and the states it installs."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET
from typing import NamedTuple

import pytest
from tests.interop.kamailio.bed import UES, Bed, kamailio, network
from tests.interop.programs import DOMAIN

from twopair.base import DEFAULT_SUITES, Refusal, Suite
from twopair.core.secagree import Choice, ServerList, choose_at_ue, server_terms_fault
from twopair.wire.sip import Response, make_request, parse

pytestmark = pytest.mark.guest

IMPI = f"001010000000001@{DOMAIN}"
REST = "prot=esp;mod=trans;spi-c=4097;spi-s=4098;port-c=6100;port-s=6101"
_number = count(1)
GCM = f"ipsec-3gpp;alg=null;ealg=aes-gcm;{REST}"
SHA = f"ipsec-3gpp;alg=hmac-sha-1-96;ealg=null;{REST}"


class Answered(NamedTuple):
    """The 401, and what stands in the kernel for it."""

    server: str
    states: list[tuple[str, str]]
    spis: set[int]


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with network(tmp_path_factory.mktemp("kamailio")) as bed:
        kamailio(bed)
        yield bed


def asked(bed: Bed, case: int, *lines: str, via_port: int = 5060) -> Answered:
    """Send a REGISTER in the clear from an address of this case's own, and take the 401."""
    ue = f"{UES[4][0].rsplit('.', 1)[0]}.{case + 10}"
    with suppress(FileExistsError):  # asked again
        bed.programs.add_address("ue1", f"{ue}/16")
    digest = f'Digest username="{IMPI}", realm="{DOMAIN}", uri="sip:{DOMAIN}", nonce="", response=""'
    headers = [
        ("Via", f"SIP/2.0/UDP {ue}:{via_port};branch=z9hG4bK{next(_number)};rport"),
        ("Max-Forwards", "70"),
        ("From", f"<sip:{IMPI}>;tag=case{case}"),
        ("To", f"<sip:{IMPI}>"),
        ("Call-ID", f"{next(_number)}@{ue}"),
        ("CSeq", "1 REGISTER"),
        ("Contact", f"<sip:ue@{ue}:6101>"),
        ("Expires", "600000"),
        ("Authorization", digest),
        ("Require", "sec-agree"),
        ("Proxy-Require", "sec-agree"),
        ("Supported", "path"),
        *(("Security-Client", line) for line in lines),
    ]
    with bed.programs.namespace("ue1").socket(AF_INET, SOCK_DGRAM) as sock:
        sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        sock.bind((ue, via_port))
        sock.settimeout(10)
        sock.sendto(make_request("REGISTER", f"sip:{DOMAIN}", headers).to_bytes(), (bed.pcscf, 5060))
        while (response := parse(sock.recv(9000))).status == 100:  # type: ignore[union-attr]
            pass
    assert isinstance(response, Response)
    assert response.status == 401
    return Answered(response.get("Security-Server") or "", *_states(bed, ue))


def _states(bed: Bed, ue: str) -> tuple[list[tuple[str, str]], set[int]]:
    """Integrity and encryption of the states of one UE, and their SPIs."""
    found, spis = [], set()
    for state in re.split(r"(?m)^src ", bed.xfrm("state")):
        if ue not in state.split("\n")[0].split():
            continue
        integrity, encryption = re.search(r"auth-trunc (\S+)", state), re.search(r"enc (\S+)", state)
        spi = re.search(r"spi 0x(\w+)", state)
        assert integrity
        assert encryption
        assert spi
        found.append((integrity[1], encryption[1]))
        spis.add(int(spi[1], 16))
    return found, spis


def choice(answer: Answered, *suites: Suite) -> Choice | Refusal:
    return choose_at_ue(ServerList.parse([answer.server]), suites or DEFAULT_SUITES)


def test_one_element_without_q(bed: Bed) -> None:
    """AGR-21: the list depends on what was offered, so that bidding down in SM1 cannot be seen."""
    answer = asked(bed, 0, SHA)
    assert answer.server.count("ipsec-3gpp") == 1
    assert "q=" not in answer.server
    assert answer.states == [("hmac(sha1)", "ecb(cipher_null)")] * 4
    assert isinstance(choice(answer), Choice)


def test_of_several_header_lines_the_first_counts(bed: Bed) -> None:
    """AGR-22, Q-05: whatever it is; AES-GCM is promised, SHA-1 without encryption is installed."""
    answer = asked(bed, 1, GCM, SHA)
    assert "alg=null;ealg=aes-gcm" in answer.server
    assert answer.states == [("hmac(sha1)", "ecb(cipher_null)")] * 4


def test_of_several_elements_in_a_line_the_last_one_counts(bed: Bed) -> None:
    """AGR-05: a comma does not end an element; later parameters overwrite earlier ones."""
    answer = asked(bed, 2, f"{GCM}, {SHA}")
    assert "alg=hmac-sha-1-96;ealg=null" in answer.server
    assert answer.states == [("hmac(sha1)", "ecb(cipher_null)")] * 4


def test_gmac_is_promised_too(bed: Bed) -> None:
    """AGR-07, KEY-02: nothing that is offered is refused; what is unknown becomes SHA-1 and no encryption."""
    answer = asked(bed, 3, f"ipsec-3gpp;alg=aes-gmac;ealg=null;{REST}")
    assert "alg=aes-gmac;ealg=null" in answer.server
    assert answer.states == [("hmac(sha1)", "ecb(cipher_null)")] * 4


def test_an_absent_ealg_becomes_aes_cbc(bed: Bed) -> None:
    """AGR-06, Q-04: and the answer has a parameter without a value, so that our UE takes no part in it."""
    answer = asked(bed, 4, f"ipsec-3gpp;alg=hmac-sha-1-96;{REST}")
    assert answer.server.endswith("ealg=")
    assert answer.states == [("hmac(sha1)", "cbc(aes)")] * 4


def test_reserved_spis_and_unprotected_ports_are_taken(bed: Bed) -> None:
    """AGR-02, AGR-42, SA-17, SA-20, Q-09: states with SPI 0 and 1."""
    answer = asked(bed, 5, "ipsec-3gpp;alg=hmac-sha-1-96;ealg=null;spi-c=0;spi-s=1;port-c=5060;port-s=5061")
    assert {0, 1} <= answer.spis


def test_a_via_port_other_than_5060_makes_no_registration(bed: Bed) -> None:
    """MSG-05: taken for a re-registration; server port 0, which our UE refuses (AGR-41)."""
    answer = asked(bed, 6, SHA, via_port=20000)
    assert "port-s=0;" in answer.server
    refused = choice(answer)
    assert refused is Refusal.SECURITY_SERVER_UNACCEPTABLE or (
        isinstance(refused, Choice) and server_terms_fault(refused.terms, own_spis=())
    )


def test_a_set_that_the_kernel_refuses_is_left_incomplete(bed: Bed) -> None:
    """SA-01, ERR-24: no answer of the kernel is read; the second set lacks what goes to the UE."""
    first, second = (asked(bed, 7, SHA) for _ in range(2))
    assert (len(first.states), len(second.states)) == (4, 4 + 2)
    assert isinstance(choice(second), Choice)


def test_spis_of_its_default_configuration_are_reserved(tmp_path: Path) -> None:
    """SA-17, RFC 4303 §2.1: it begins with 100; our UE refuses them (AGR-41)."""
    with network(tmp_path) as bed:
        kamailio(bed, first_spi=100)
        answer = asked(bed, 0, SHA)
        assert {100, 101} <= answer.spis
        assert choice(answer) is Refusal.SECURITY_SERVER_UNACCEPTABLE
