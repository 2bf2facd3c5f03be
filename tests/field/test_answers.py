"""Cases K7a, K8a, h06: what the P-CSCF answers by itself (AGR-30, PCS-23)."""

from tests.field.bed import FieldBed

from twopair.base import Refusal
from twopair.wire.sip import Response


def answer(bed: FieldBed) -> Response:
    _, found = bed.to_ue()
    assert isinstance(found, Response)
    return found


def test_a_register_that_does_not_know_the_agreement() -> None:
    """K7a, AGR-30: sec-agree in none of Require, Proxy-Require, Supported (RFC 3329 §2.3.1)."""
    bed = FieldBed(registered=False)
    bed.phone("K7a", bed.ue.clear)
    assert answer(bed).status == 421
    assert answer(bed).values("Require") == ["sec-agree"]
    assert answer(bed).get("Security-Server")
    assert bed.refusals == [Refusal.AGREEMENT_NOT_KNOWN]


def test_an_extension_that_no_proxy_here_has() -> None:
    """K8a, PCS-23 (RFC 3261 §16.3)."""
    bed = FieldBed(registered=False)
    bed.phone("K8a", bed.ue.clear)
    assert answer(bed).status == 420
    assert answer(bed).values("Unsupported") == ["mediasec"]
    assert bed.refusals == [Refusal.BAD_PROXY_EXTENSION]


def test_an_extension_that_is_passed_on() -> None:
    """K8a, h06, PCS-23: left in place for the next hop; sec-agree, which is ours, is not (AGR-36)."""
    bed = FieldBed()
    bed.phone("h06-publish")
    assert bed.values("Proxy-Require") == ["privacy"]
    assert bed.values("Require") == ["pref"]
    bed = FieldBed(registered=False, pass_on=("mediasec",))
    bed.phone("K8a", bed.ue.clear)
    assert bed.values("Proxy-Require") == ["mediasec"]
