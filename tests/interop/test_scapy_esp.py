"""Scapy's ESP reads what ours writes, and ours what scapy's writes: every suite, both IP versions."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import ESP
from scapy.layers.ipsec import SecurityAssociation as ScapySa
from scapy.packet import Raw
from tests.figure1_sets import FAMILIES, Dice, sa_set

from twopair.backends.userspace.engine import Engine
from twopair.base import Suite
from twopair.core.esp import SUITES, SecurityAssociation
from twopair.core.sa import End
from twopair.wire import ip

pytestmark = pytest.mark.peer

CRYPT = {"null": "NULL", "aes-cbc": "AES-CBC", "des-ede3-cbc": "3DES", "aes-gcm": "AES-GCM"}
AUTH = {"null": "NULL", "hmac-sha-1-96": "HMAC-SHA1-96", "hmac-md5-96": "HMAC-MD5-96"}
OTHER_LAYER = {4: IP, 6: IPv6}
BODY = b"MESSAGE sip:bob@ims SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n"


def scapys(sa: SecurityAssociation) -> ScapySa:
    keys = sa.keys
    crypt, crypt_key = CRYPT[sa.suite.ealg], keys.encryption.reveal() + keys.salt.reveal()
    auth, auth_key = AUTH.get(sa.suite.alg, "NULL"), keys.integrity.reveal()
    if sa.suite == Suite("aes-gmac", "null"):  # scapy counts GMAC as a cipher that encrypts nothing
        crypt, crypt_key, auth, auth_key = "AES-NULL-GMAC", auth_key + keys.salt.reveal(), "NULL", b""
    return ScapySa(
        ESP,
        spi=sa.spi,
        crypt_algo=crypt,
        crypt_key=crypt_key or None,
        auth_algo=auth,
        auth_key=auth_key or None,
    )


@pytest.mark.parametrize("suite", SUITES, ids=str)
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("octets", [0, 1, 2, 3, 900])
def test_scapy_reads_ours(suite: Suite, version: int, octets: int) -> None:
    """SA-02, KEY-01..KEY-09: keys, layout, padding, ICV."""
    a, b = FAMILIES[version]
    of = sa_set(End.UE, suite, ue=a, pcscf=b)
    engine = Engine(Dice())
    engine.install(of)
    clear = ip.udp_datagram(a, of.ports.uc, b, of.ports.ps, (BODY * 20)[:octets])
    for _ in range(3):
        (packet,) = engine.from_host(clear)
        plain = scapys(of.outbound[0]).decrypt(OTHER_LAYER[version](packet), verify=True)
        assert bytes(plain[UDP])[: 8 + octets] == clear[-8 - octets :]
        assert (plain[UDP].sport, plain[UDP].dport) == (of.ports.uc, of.ports.ps)


@pytest.mark.parametrize("suite", SUITES, ids=str)
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("octets", [0, 1, 2, 3, 900])
def test_ours_reads_scapys(suite: Suite, version: int, octets: int) -> None:
    """SA-02, SA-06, KEY-01..KEY-09."""
    a, b = FAMILIES[version]
    theirs = sa_set(End.UE, suite, ue=a, pcscf=b)
    engine = Engine(Dice())
    engine.install(sa_set(End.PCSCF, suite, ue=a, pcscf=b))
    sender = scapys(theirs.outbound[0])
    data = (BODY * 20)[:octets]
    for _ in range(3):
        clear = (
            OTHER_LAYER[version](src=a, dst=b) / UDP(sport=theirs.ports.uc, dport=theirs.ports.ps) / Raw(data)
        )
        packet = bytes(sender.encrypt(clear))
        (inner,) = engine.from_wire(packet)
        header = ip.parse(inner)
        assert inner[header.offset + 8 :] == data
        assert engine.from_wire(packet) == []
    assert engine.drops() == {"REPLAYED": 3}
