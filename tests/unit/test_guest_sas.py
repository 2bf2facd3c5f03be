"""The UEs under load in the guest have the set that the P-CSCF has."""

from benchmarks.guest.__main__ import idle_share
from benchmarks.guest.bed import PLACE, UES, UNITS
from benchmarks.guest.sas import SUITE, agreed, set_of
from benchmarks.load.phone import CK, IK, Phone

from twopair.base import Secret
from twopair.core.sa import End
from twopair.crypto import expand

SERVER = (
    "ipsec-3gpp; prot=esp;mod=trans;spi-c=4096;spi-s=4097;port-c=5101;port-s=6102;"
    "alg=hmac-sha-1-96;ealg=aes-cbc,ipsec-3gpp;port-s=1"
)


def test_a_security_server_is_read() -> None:
    assert agreed(SERVER)["prot"] == "esp"
    assert agreed(SERVER)["port-s"] == "6102"


def test_a_set_is_what_was_agreed() -> None:
    ue = Phone(5, PLACE)
    ue.server = SERVER
    made = set_of(ue, 7, expand(SUITE, Secret.from_hex(CK), Secret.from_hex(IK)))
    assert (made.end, made.ue, made.pcscf) == (End.UE, "10.11.0.6", "10.10.0.1")
    assert made.ports == (ue.client, PLACE.server, 5101, 6102)
    assert made.spis == (ue.spi, ue.spi + 1, 4096, 4097)


def test_no_two_ues_share_an_spi() -> None:
    """SA-16: of all UEs in one kernel."""
    spis = []
    for ue in (Phone(number, PLACE) for number in range(UES + 3)):
        for _ in range(PLACE.turns):
            spis.append(ue.spi)
            ue.renew()
    assert len(set(spis)) == len(spis)
    assert UNITS["re-registration"] < PLACE.turns


def test_idle_is_what_nobody_had() -> None:
    assert idle_share([0] * 10, [1, 0, 1, 2, 0, 0, 0, 0, 0, 0]) == 0.5
