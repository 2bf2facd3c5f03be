"""HSS and I-CSCF: Cx as values (29.228; AKA-16, AKA-17)."""

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, BOB, IMSI_1, IMSI_2, KEYS, TEL_BOB, Numbers, subscriber

from twopair.base import Impi, Impu, Micros, Refusal
from twopair.core.aka import Accepted, Card, CardProfile, SyncFailure
from twopair.nodes.cx import Assignment, Lia, Lir, Maa, Mar, Result, Resync, Sar, Uaa, Uar
from twopair.nodes.homenet import MemoryStore, StoreFailed
from twopair.nodes.homenet.hss import Hss
from twopair.nodes.homenet.icscf import Assigned, Icscf
from twopair.nodes.homenet.inquiries import Inquiries
from twopair.nodes.homenet.inquiry import Inquiry

SCSCF = "sip:scscf.home"
IMPI = subscriber(IMSI_1).impi
TEMPORARY = subscriber(IMSI_1).impus[0]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore([subscriber(IMSI_1, ALICE), subscriber(IMSI_2, BOB, TEL_BOB)])


@pytest.fixture
def hss(store: MemoryStore) -> Hss:
    return Hss(store, Numbers())


def found(hss: Hss, inquiry: Inquiry[Assigned | Refusal]) -> Assigned | Refusal:
    """What an inquiry finds at this HSS."""
    kept: list[Assigned | Refusal] = []
    Inquiries(hss).run(lambda _: inquiry, lambda end, _now, _out: kept.append(end), Micros(0), [])
    return kept[0]


@pytest.mark.parametrize(
    ("impi", "impu", "result"),
    [
        (IMPI, ALICE, Result.SUCCESS),
        (IMPI, TEMPORARY, Result.SUCCESS),
        (IMPI, BOB, Result.IDENTITIES_DONT_MATCH),
        (Impi("nobody@home"), ALICE, Result.USER_UNKNOWN),
    ],
)
def test_every_request_checks_both_identities(hss: Hss, impi: Impi, impu: Impu, result: Result) -> None:
    """29.228 §6.1.1, §6.1.2, §6.3."""
    assert hss.user_authorization(Uar(impi, impu)).result is result
    assert hss.multimedia_auth(Mar(impi, impu, SCSCF)).result is result
    assert hss.server_assignment(Sar(impi, impu, SCSCF, Assignment.REGISTRATION)).result is result


def test_the_sequence_number_is_safe_before_the_vector_leaves(store: MemoryStore, hss: Hss) -> None:
    """AKA-13: otherwise a restart would give the same number twice."""

    class Broken(MemoryStore):
        def save_sqn(self, impi: Impi, sqn: int) -> None:
            raise StoreFailed

    broken = Hss(Broken([subscriber(IMSI_1)]), Numbers())
    assert broken.multimedia_auth(Mar(IMPI, TEMPORARY, SCSCF)) == Maa(Result.UNABLE_TO_COMPLY)
    hss.multimedia_auth(Mar(IMPI, ALICE, SCSCF))
    assert store.sqn(IMPI) == 1 << 5 | 1


def test_resynchronisation_gives_a_vector_that_the_card_takes(store: MemoryStore, hss: Hss) -> None:
    """AKA-16, AKA-17."""
    card = Card(CardProfile.from_imsi(IMSI_1, KEYS))
    mar = Mar(IMPI, ALICE, SCSCF)
    for _ in range(40):
        vector = hss.multimedia_auth(mar).vector
        assert vector is not None
        assert isinstance(card.authenticate(vector.rand, vector.autn), Accepted)
    store.save_sqn(IMPI, 0)
    lost = hss.multimedia_auth(mar).vector
    assert lost is not None
    failure = card.authenticate(lost.rand, lost.autn)
    assert isinstance(failure, SyncFailure)
    answer = hss.multimedia_auth(Mar(IMPI, ALICE, SCSCF, Resync(lost.rand, failure.auts)))
    assert (answer.resync_ok, answer.vector is None) == (True, False)
    assert answer.vector is not None
    assert isinstance(card.authenticate(answer.vector.rand, answer.vector.autn), Accepted)


def test_a_forged_auts_gives_no_vector(store: MemoryStore, hss: Hss) -> None:
    """AKA-17."""
    answer = hss.multimedia_auth(Mar(IMPI, ALICE, SCSCF, Resync(bytes(16), bytes(14))))
    assert (answer.result, answer.vector, answer.resync_ok) == (Result.UNABLE_TO_COMPLY, None, False)
    assert store.sqn(IMPI) == 0


def test_location_follows_assignment(hss: Hss) -> None:
    """29.228 §6.1.2, §6.1.4."""
    assert hss.location_info(Lir(ALICE)).result is Result.IDENTITY_NOT_REGISTERED
    assert hss.location_info(Lir(Impu("sip:x@y"))).result is Result.USER_UNKNOWN
    hss.server_assignment(Sar(IMPI, TEMPORARY, SCSCF, Assignment.REGISTRATION))
    assert hss.location_info(Lir(ALICE)) == Lia(Result.SUCCESS, SCSCF, IMPI)
    assert hss.user_authorization(Uar(IMPI, ALICE)) == Uaa(Result.SUCCESS, SCSCF)
    hss.server_assignment(Sar(IMPI, ALICE, SCSCF, Assignment.AUTHENTICATION_FAILURE))
    assert hss.location_info(Lir(ALICE)).result is Result.SUCCESS, "INT-06"
    hss.server_assignment(Sar(IMPI, ALICE, SCSCF, Assignment.USER_DEREGISTRATION))
    assert hss.location_info(Lir(ALICE)).result is Result.IDENTITY_NOT_REGISTERED


def test_profile_has_the_default_identity_first_and_barred_ones_last(hss: Hss) -> None:
    """UEP-02, PCS-07."""
    bob = subscriber(IMSI_2, BOB, TEL_BOB)
    profile = hss.server_assignment(Sar(bob.impi, BOB, SCSCF, Assignment.REGISTRATION)).profile
    assert profile.impus == (BOB, TEL_BOB, bob.impus[0])
    assert profile.barred == {bob.impus[0]}


def test_the_i_cscf_assigns_the_s_cscf_and_locates_users(hss: Hss) -> None:
    """24.229 §5.3.1.2, §5.3.2.1."""
    icscf = Icscf(SCSCF)
    assert found(hss, icscf.register(IMPI, ALICE)) == Assigned(SCSCF)
    assert found(hss, icscf.register(IMPI, BOB)) is Refusal.UNKNOWN_SUBSCRIBER
    assert found(hss, icscf.locate(ALICE)) is Refusal.USER_AWAY
    assert found(hss, icscf.locate(Impu("sip:x@y"))) is Refusal.NO_SUCH_USER
    hss.server_assignment(Sar(IMPI, ALICE, "sip:other", Assignment.REGISTRATION))
    assert found(hss, icscf.register(IMPI, ALICE)) == Assigned("sip:other")
    assert found(hss, icscf.locate(ALICE)) == Assigned("sip:other")
