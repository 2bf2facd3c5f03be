"""Lines of Wireshark's esp_sa table; that Wireshark takes them is proved in interop."""

from tests.figure1_sets import CBC, GCM, UE_6, sa_set

from twopair.base import Suite
from twopair.core.sa import End, SaSet
from twopair.wire.keylog import line


def line_of(of: SaSet) -> str:
    sa = of.outbound[0]
    keys = sa.keys
    return line(
        sa.selector.src,
        sa.selector.dst,
        sa.spi,
        sa.suite,
        encryption=keys.encryption,
        integrity=keys.integrity,
        salt=keys.salt,
    )


def test_line_of_an_hmac_suite() -> None:
    assert line_of(sa_set(End.UE, CBC)) == (
        '"IPv4","10.0.1.1","10.0.0.1","0x00002002","AES-CBC [RFC3602]","0x000102030405060708090a0b0c0d0e0f",'
        '"HMAC-SHA-1-96 [RFC2404]","0x0f0e0d0c0b0a0908070605040302010000000000"'
    )


def test_line_of_gcm_has_the_salt_behind_the_key() -> None:
    of = sa_set(End.UE, GCM, ue=UE_6, pcscf="fd00::1")
    salt = of.keys.salt.reveal().hex()
    assert line_of(of).startswith('"IPv6","fd00:1::1","fd00::1",')
    assert line_of(of).endswith(f'"0x000102030405060708090a0b0c0d0e0f{salt}","NULL",""')


def test_gmac_is_a_comment() -> None:
    """Wireshark's ESP has no AES-GMAC."""
    text = line_of(sa_set(End.UE, Suite("aes-gmac", "null")))
    assert text.startswith("# IPv4 10.0.1.1 10.0.0.1 SPI 0x00002002: Wireshark has no aes-gmac")
