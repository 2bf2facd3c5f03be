"""Section 7: what goes wrong, what the wire sees, and that the SA table is as it was (ERR-, MGP-05..07)."""

import pytest
from tests.unit.nodes.pcscf.bed import CK, HOME, IK, Bed, SasRefused, Ue

from twopair.base import Port, Refusal, Spi
from twopair.core.sa import InstallSas, RemoveSas, SasInstalled, Stage
from twopair.core.secagree import Terms
from twopair.nodes.facts import RegistrationFailed
from twopair.wire.sip import Response


def status(bed: Bed) -> int:
    response = bed.to_ue()[1]
    assert isinstance(response, Response)
    return response.status


@pytest.mark.parametrize(
    "keys", [{"ck": ""}, {"ik": ""}, {"ck": "zz"}, {"ik": IK[:-2]}, {"ck": CK + "00"}, {"ck": "", "ik": ""}]
)
def test_keys_missing(keys: dict[str, str]) -> None:
    """KEYS_MISSING. ERR-23, AKA-31: not relayed; 500, nothing installed."""
    bed, ue = Bed(), Ue()
    bed.challenge(bed.sm1(ue), **keys)
    assert status(bed) == 500
    assert bed.refusals == [Refusal.KEYS_MISSING]
    assert bed.to_ue()[1].get("WWW-Authenticate") is None
    assert not [a for a in bed.actions if isinstance(a, InstallSas)]
    assert len(bed.pcscf.tables.subscribers) == 0


def test_a_challenge_that_is_none() -> None:
    """KEYS_MISSING: WWW-Authenticate missing or garbled."""
    bed, ue = Bed(), Ue()
    bed.core(bed.sm1(ue), 401, [("WWW-Authenticate", "=,=")])
    assert bed.refusals == [Refusal.KEYS_MISSING]


def test_the_first_challenge_with_keys_counts() -> None:
    """AKA-42: several values; keys leave none of them."""
    bed, ue = Bed(), Ue()
    values = [
        ("WWW-Authenticate", 'Digest realm="r",nonce="bm9uZQ==",algorithm=MD5'),
        ("WWW-Authenticate", f'Digest realm="r",nonce="bg==",algorithm=AKAv1-MD5,ck="{CK}",ik="{IK}"'),
    ]
    bed.core(bed.sm1(ue), 401, values)
    sm6 = bed.to_ue()[1]
    assert [value.replace(", ", ",") for value in sm6.get_all("WWW-Authenticate")] == [
        'Digest realm="r",nonce="bm9uZQ==",algorithm=MD5',
        'Digest realm="r",nonce="bg==",algorithm=AKAv1-MD5',
    ]
    assert bed.stages(ue) == [Stage.TEMPORARY]


def test_sa_install_failed() -> None:
    """SA_INSTALL_FAILED. ERR-24, SA-01: 500, no set, and late news changes nothing."""
    bed, ue = Bed(), Ue()
    bed.install = False
    bed.challenge(bed.sm1(ue))
    [install] = [a for a in bed.fresh if isinstance(a, InstallSas)]
    bed.feed(SasRefused(install.sa_set.set_id, "no space"))
    assert status(bed) == 500
    assert bed.refusals == [Refusal.SA_INSTALL_FAILED]
    assert bed.stages(ue) == []
    assert len(bed.pcscf.tables.sets) == 0
    bed.feed(SasInstalled(install.sa_set.set_id))
    bed.feed(SasRefused(install.sa_set.set_id, "again"))
    assert bed.fresh == []


def test_superseded_while_installing() -> None:
    """MGP-05: a second challenge before the first set stands; the first SM1 is answered with 500."""
    bed, ue = Bed(), Ue()
    bed.install = False
    first = bed.sm1(ue)
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(6200), Port(6201)))
    second = bed.sm1(ue)
    bed.challenge(first)
    bed.challenge(second)
    assert [type(a) for a in bed.fresh if isinstance(a, RemoveSas | InstallSas)] == [RemoveSas, InstallSas]
    assert status(bed) == 500
    assert bed.stages(ue) == [Stage.TEMPORARY]


def test_challenge_on_temporary() -> None:
    """CHALLENGE_ON_TEMPORARY. RRG-03: the new set would need the selectors of the one it is told over."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    bed.challenge(bed.sm7(ue))
    assert status(bed) == 500
    assert bed.refusals == [Refusal.CHALLENGE_ON_TEMPORARY]
    bed.wait(129)
    assert bed.stages(ue) == []


@pytest.mark.parametrize("final", [403, 500, 603])
def test_failure_of_sm7(final: int) -> None:
    """ERR-02, MGP-06, FLOW-07: relayed over the temporary set, which goes after the server transaction."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.sm6(ue, bed.sm1_over(ue))
    bed.core(bed.sm7(ue), final)
    assert status(bed) == final
    assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]
    bed.wait(129)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_failure_of_sm1_is_relayed_as_it_came() -> None:
    """ERR-18 of the home network's: 403 to SM1 in the clear, as SM1 was."""
    bed, ue = Bed(), Ue()
    bed.core(bed.sm1(ue), 403)
    assert (bed.to_ue()[0], status(bed)) == (ue.clear, 403)
    [fact] = bed.facts(RegistrationFailed)
    assert (fact.impi, fact.status) == (ue.impi, 403)
    assert len(bed.pcscf.tables.subscribers) == 0


def test_core_silent() -> None:
    """CORE_SILENT. PCS-06, ERR-25: 504; for SM7 the temporary set goes."""
    bed, ue = Bed(), Ue()
    bed.sm1(ue)
    bed.wait(33)
    assert Refusal.CORE_SILENT in bed.refusals
    assert status_of_last(bed) == 504
    ue.server = ""
    bed.sm6(ue, bed.sm1(ue))
    bed.sm7(ue)
    bed.wait(33)
    assert status_of_last(bed) == 504
    bed.wait(129)
    assert bed.stages(ue) == []
    assert bed.pcscf.tables.pending == 0


def status_of_last(bed: Bed) -> int:
    response = [m for _, m in bed.sent if isinstance(m, Response)][-1]
    return response.status


def test_the_ue_never_answers() -> None:
    """ERR-06, MGP-07, TMR-01: after 4 minutes nothing is left; an established set stays."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.sm6(ue, bed.sm1_over(ue))
    bed.wait(239)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]
    bed.wait(2)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert len(bed.installed) == 1
    assert bed.facts(RegistrationFailed)[-1].reason == "reg-await-auth has run out"


def test_first_registration_that_never_ends_leaves_nothing() -> None:
    """ERR-31, TMR-05."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    bed.wait(241)
    assert bed.installed == set()
    assert len(bed.pcscf.tables.subscribers) == 0
    assert bed.pcscf.next_deadline() is None


def test_late_200_revives_nothing() -> None:
    """TMR-05: reg-await-auth ran out while the core thought; its 200 makes no registration."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    bed.wait(220)
    sm8 = bed.sm7(ue)
    bed.core(sm8, 100)
    bed.wait(21)
    bed.ok(sm8, ue)
    assert bed.nothing_sent()
    assert bed.stages(ue) == []


@pytest.mark.parametrize("auts", ["", ',auts="QUJD"'])
def test_the_ue_denies_the_challenge_in_the_clear(auts: str) -> None:
    """ERR-03, ERR-04, AKA-20..AKA-22: forwarded with ``no``; the set of the challenge goes at the answer."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(6200), Port(6201)))
    sm2 = bed.sm1(ue, auth=auts, Security_Verify="")
    assert 'integrity-protected="no"' in (sm2.get("Authorization") or "")
    assert bed.stages(ue) == [Stage.TEMPORARY]  # it may be forged
    bed.core(sm2, 403)
    assert bed.stages(ue) == []


def test_the_ue_denies_the_challenge_over_its_set() -> None:
    """ERR-03: said under protection, believed at once."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    over = ue.uplink, ue.terms, ue.server
    bed.sm6(ue, bed.sm1_over(ue))
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(6200), over[1].port_s))
    ue.server = over[2]
    bed.receive(over[0], ue.register(port="6101"))
    assert 'integrity-protected="no"' in (bed.to_core().get("Authorization") or "")
    assert bed.stages(ue) == [Stage.IN_USE]


def test_resynchronisation_then_success() -> None:
    """ERR-04: REGISTER with AUTS, a fresh challenge replaces the temporary set, SM7 succeeds."""
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    ue.renew(Terms(Spi(50_000), Spi(50_001), Port(6200), Port(6201)))
    bed.sm6(ue, bed.sm1(ue, auth=',auts="QUJD"', Security_Verify=""))
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert len(bed.installed) == 1


def test_unmatched_response() -> None:
    """UNMATCHED_RESPONSE: from the core, to nothing we sent."""
    bed, ue = Bed(), Ue()
    sm2 = bed.sm1(ue)
    bed.core(sm2, 403)
    bed.wait(200)
    bed.core(sm2, 403)
    assert bed.refusals == [Refusal.UNMATCHED_RESPONSE]
    assert HOME
