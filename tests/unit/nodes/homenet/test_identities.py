"""Identities are known by what they name, at HSS, registrar and S-CSCF (23.003 §13.4; RFC 3966 §4)."""

from dataclasses import replace

import pytest
from tests.unit.nodes.homenet.core_side import (
    DOMAIN,
    HOME,
    IMSI_1,
    IMSI_2,
    KEYS,
    PCSCF,
    CoreSide,
    Numbers,
    subscriber,
)

from twopair.base import Impu, seconds
from twopair.core.aka import Subscriber
from twopair.nodes.cx import Assignment, Lir, Mar, Profile, Result, Sar, Uar
from twopair.nodes.homenet import HomeConfig, MemoryStore
from twopair.nodes.homenet.hss import Hss
from twopair.nodes.homenet.identities import identity_key
from twopair.nodes.homenet.registrar import Binding, Registrar
from twopair.wire.sip import Request, Response

WRITTEN = Impu("tel:+1-555-010-0001")
SAME = [
    WRITTEN,
    "tel:+15550100001",
    "TEL:+1.555.010.0001",
    f"sip:+15550100001@{DOMAIN};user=phone",
    f"sip:+1-555-010-0001@{DOMAIN.upper()}:5060;user=phone",
]
OTHERS = ["tel:+15550100002", f"sip:+15550100001@{DOMAIN}", "urn:nothing", ""]
USER = Subscriber.from_imsi(IMSI_1, KEYS, (Impu(f"sip:Alice@{DOMAIN.upper()}"), WRITTEN))
ROUTE = ("Route", f"<sip:orig@{HOME};lr>")


@pytest.mark.parametrize("asked", SAME)
def test_the_hss_knows_an_identity_however_it_is_written(asked: str) -> None:
    """29.228 §6.1: UAR, MAR, SAR and LIR alike."""
    store = MemoryStore([USER])
    hss, impu = Hss(store, Numbers()), Impu(asked)
    assert hss.user_authorization(Uar(USER.impi, impu)).result is Result.SUCCESS
    assert hss.multimedia_auth(Mar(USER.impi, impu, "s")).result is Result.SUCCESS
    saa = hss.server_assignment(Sar(USER.impi, impu, "s", Assignment.REGISTRATION))
    assert saa.profile.impus[:2] == USER.associated, "as configured"
    assert store.owners(impu) == (USER.impi,) == (hss.location_info(Lir(impu)).impi,)


@pytest.mark.parametrize("asked", OTHERS)
def test_the_hss_does_not_take_one_for_another(asked: str) -> None:
    hss = Hss(MemoryStore([USER]), Numbers())
    assert hss.user_authorization(Uar(USER.impi, Impu(asked))).result is Result.IDENTITIES_DONT_MATCH
    assert hss.location_info(Lir(Impu(asked))).result is Result.USER_UNKNOWN


@pytest.mark.parametrize("asked", SAME)
def test_two_subscribers_cannot_share_one_in_two_spellings(asked: str) -> None:
    with pytest.raises(ValueError, match="two subscribers"):
        MemoryStore([USER, subscriber(IMSI_2, Impu(asked))])


@pytest.mark.parametrize("barred", SAME)
def test_barred_however_it_is_written(barred: str) -> None:
    """UEP-02: it is named last, and not to be called."""
    user = Subscriber(USER.impi, USER.impus, KEYS, frozenset({Impu(barred)}))
    hss = Hss(MemoryStore([user]), Numbers())
    profile = hss.server_assignment(Sar(user.impi, WRITTEN, "s", Assignment.REGISTRATION)).profile
    assert profile.impus[-1] == WRITTEN
    assert identity_key(WRITTEN) in profile.barred


@pytest.fixture
def core() -> CoreSide:
    return CoreSide(store=MemoryStore([USER, subscriber(IMSI_2)]))


@pytest.mark.parametrize("asked", SAME)
def test_registered_called_and_asserted_however_it_is_written(core: CoreSide, asked: str) -> None:
    """24.229 §5.4.1.2, §5.4.3.2, §5.4.3.3: To of a REGISTER, Request-URI, P-Asserted-Identity."""
    answer = core.registered(core.alice, asked)
    assert answer.values("P-Associated-URI") == [f"<{impu}>" for impu in USER.associated]
    for uri, caller in ((asked, WRITTEN), (WRITTEN, asked)):
        (went,) = core.send(core.request("MESSAGE", uri, ROUTE, ("P-Asserted-Identity", f"<{caller}>")))
        assert isinstance(went, Request)
        assert (went.uri, went.get("P-Called-Party-ID")) == (core.alice.contact, f"<{uri}>")


@pytest.mark.parametrize("called", [*SAME, f"sip:Alice@{DOMAIN}"])
def test_gone_however_it_is_written(called: str) -> None:
    """MGP-09: all identities of a registration end together."""
    registrar = Registrar(1)
    binding = Binding("", "", (), PCSCF, Profile(USER.impus), "c", 1, seconds(60))
    registrar.bind(USER.impi, binding)
    assert registrar.of_identity(identity_key(called)) == (binding,)
    registrar.release(USER.impi, binding)
    registrar.bind(USER.impi, replace(binding, profile=Profile((USER.impus[0],))))
    assert registrar.of_identity(identity_key(called)) == ()


def test_the_networks_own_user_however_it_is_written() -> None:
    core = CoreSide(HomeConfig(DOMAIN.upper(), HOME.address))
    answers = core.send(core.request("MESSAGE", f"sip:echo@{DOMAIN};transport=udp", body=b"x"))
    assert [message.status for message in answers if isinstance(message, Response)] == [200]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("tel:7042;phone-context=ims.example", "tel:7042;phone-context=IMS.example", True),
        ("tel:7042;phone-context=ims.example", "tel:70-42;isub=1;phone-context=ims.example", True),
        ("tel:7042;phone-context=ims.example", "sip:7042;phone-context=ims.example@home;user=phone", True),
        ("tel:7042;phone-context=ims.example", "tel:7042;phone-context=other.example", False),
        ("tel:7042;phone-context=ims.example", "tel:7042", False),
        ("tel:7042;phone-context=+49-30", "tel:7042;phone-context=+4930", True),
        ("tel:+4930123;phone-context=x", "tel:+4930123", True),
        ("sip:+4930123;phone-context=x@home;user=phone", "tel:+4930123", True),
        ("sip:7042@home;user=phone", "sip:7042@home", True),
    ],
)
def test_a_local_number_is_another_one_in_each_context(one: str, other: str, same: bool) -> None:
    """RFC 3966 §4, §5.1.5."""
    assert (identity_key(one) == identity_key(other)) is same
