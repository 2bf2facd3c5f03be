"""Every check can fail: a good run, spoiled in one place, is noticed under the right requirement."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from twopair.base import Endpoint, Micros, Port, Suite, Transport
from twopair.core.sa import End
from twopair.demo.checks import packets
from twopair.demo.checks.check import Check, Finding, run
from twopair.demo.evidence import Evidence
from twopair.demo.record import CORE, GM, Fact, Moment, Said, SetUp
from twopair.demo.run import Wanted, play
from twopair.demo.scenarios import SCENARIOS
from twopair.inspect import EspHead, SeenFault, SeenPacket, Segment
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.wire.sip import Request, Response

Spoil = Callable[[Evidence], None]


@cache
def _pristine(name: str, transport: Transport) -> Evidence:
    return play(SCENARIOS[name], Wanted(transport, backend="memory")).evidence


def evidence_of(name: str, transport: Transport) -> Evidence:
    """A run's evidence with lists of its own, to be spoiled."""
    good = _pristine(name, transport)
    kept = good.recording
    recording = replace(
        kept,
        moments=[_copied(moment) for moment in kept.moments],
        packets=list(kept.packets),
        faults=list(kept.faults),
        sets=list(kept.sets),
    )
    return replace(good, recording=recording, sas=dict(good.sas), drops=dict(good.drops))


def _copied(moment: Moment) -> Moment:
    if isinstance(moment, Said):
        return replace(moment, seen=replace(moment.seen, message=moment.seen.message.copy()))
    return moment


def failed(name: str, evidence: Evidence) -> set[str]:
    return {verdict.id for verdict in run(SCENARIOS[name].checks(evidence), evidence) if not verdict.ok}


def said(evidence: Evidence, step: str, link: str = GM, *, request: bool | None = None) -> int:
    """Place of the first message of a step among the moments."""
    return next(
        at
        for at, moment in enumerate(evidence.recording.moments)
        if isinstance(moment, Said)
        and moment.link == link
        and moment.seen.step == step
        and (request is None or isinstance(moment.seen.message, Request) is request)
    )


def seen_with(step: str, link: str = GM, **changes: object) -> Spoil:
    """Change what was seen of one message."""

    def spoil(evidence: Evidence) -> None:
        moments = evidence.recording.moments
        at = said(evidence, step, link)
        moment = moments[at]
        assert isinstance(moment, Said)
        moments[at] = replace(moment, seen=replace(moment.seen, **changes))  # type: ignore[arg-type]

    return spoil


def header(step: str, name: str, value: str | None, link: str = GM) -> Spoil:
    """Set or remove a header of one message."""

    def spoil(evidence: Evidence) -> None:
        moment = evidence.recording.moments[said(evidence, step, link)]
        assert isinstance(moment, Said)
        if value is None:
            moment.seen.message.remove(name)
        else:
            moment.seen.message.set(name, value)

    return spoil


def drop_moments(kind: Callable[[Moment], bool]) -> Spoil:
    def spoil(evidence: Evidence) -> None:
        moments = evidence.recording.moments
        moments[:] = [moment for moment in moments if not kind(moment)]

    return spoil


def is_request_of(end_is_ue: bool) -> Callable[[Moment], bool]:
    return lambda m: (
        isinstance(m, Said)
        and m.link == GM
        and not m.seen.step
        and isinstance(m.seen.message, Request)
        and m.sender.is_ue is end_is_ue
    )


def one_way_in_the_other_set(evidence: Evidence) -> None:
    """The first MESSAGE of a UE moves to the reverse SA."""
    moments = evidence.recording.moments
    at = next(i for i, m in enumerate(moments) if is_request_of(True)(m))
    moment = moments[at]
    assert isinstance(moment, Said)
    moments[at] = replace(moment, seen=replace(moment.seen, sa="SA2-up"))


def via_of_first(from_ue: bool) -> Spoil:
    def spoil(evidence: Evidence) -> None:
        moment = next(m for m in evidence.recording.moments if is_request_of(from_ue)(m))
        assert isinstance(moment, Said)
        moment.seen.message.set("Via", "SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK1")

    return spoil


def one_sa_less(evidence: Evidence) -> None:
    evidence.sas["pcscf"] = tuple(evidence.sas["pcscf"])[:-1]  # type: ignore[index]


def a_drop(evidence: Evidence) -> None:
    evidence.drops["ue"] = {"BAD_ICV": 1}  # type: ignore[index]


def clear_packet_to_protected_port(evidence: Evidence) -> None:
    one = evidence.recording.packets[0]
    assert one.segment is not None
    moved = replace(one, segment=one.segment._replace(dst=Endpoint("10.0.0.1", Port(5062))))
    evidence.recording.packets.append(moved)


def foreign_spi(evidence: Evidence) -> None:
    at, packet = next((i, p) for i, p in enumerate(evidence.recording.packets) if p.esp)
    assert packet.esp is not None
    evidence.recording.packets[at] = replace(packet, esp=packet.esp._replace(spi=4711))


def key_of_one_end(evidence: Evidence) -> None:
    at, packet = next((i, p) for i, p in enumerate(evidence.recording.packets) if p.esp)
    assert packet.esp is not None
    evidence.recording.packets[at] = replace(packet, esp=packet.esp._replace(held_by=(End.UE,)))


def unopened(evidence: Evidence) -> None:
    evidence.recording.faults.append(SeenFault(Micros(1), "10.0.1.1", "10.0.0.1", "no key"))


def another_suite(evidence: Evidence) -> None:
    sets = evidence.recording.sets
    sets[0] = sets[0]._replace(suite=Suite("hmac-sha-1-96", "null"))


def sm6_before_its_set(evidence: Evidence) -> None:
    moments = evidence.recording.moments
    moments.insert(0, moments.pop(said(evidence, "SM6")))


def set_of_the_ue_too_late(evidence: Evidence) -> None:
    moments = evidence.recording.moments
    at = next(i for i, m in enumerate(moments) if isinstance(m, SetUp) and m.host.name == "ue")
    moments.append(moments.pop(at))


def not_registered(evidence: Evidence) -> None:
    drop_moments(lambda m: isinstance(m, Fact) and isinstance(m.fact, Registered))(evidence)


def connection_opened_backwards(evidence: Evidence) -> None:
    found = evidence.recording.packets
    at = next(i for i, p in enumerate(found) if p.esp and p.segment and p.segment.opens_connection)
    esp = found[at].esp
    assert esp is not None
    found[at] = replace(found[at], esp=esp._replace(sa="SA1-dn"))


def connection_opened_twice(evidence: Evidence) -> None:
    found = evidence.recording.packets
    found.append(next(p for p in found if p.esp and p.segment and p.segment.opens_connection))


UDP_SPOILS: list[tuple[str, Spoil]] = [
    ("UEP-03", seen_with("SM1", dst=Endpoint("10.0.0.1", Port(5070)))),
    ("UEP-03", seen_with("SM1", sa="SA1-up", spi=7)),
    ("FLOW-04", seen_with("SM6", dst=Endpoint("10.0.1.1", Port(5070)))),
    ("MSG-09", seen_with("SM7", sa=None, spi=None)),
    ("MSG-09", seen_with("SM7", dst=Endpoint("10.0.0.1", Port(5060)))),
    ("MSG-09", seen_with("SM7", spi=7)),
    ("FLOW-06", seen_with("SM12", sa="SA1-dn")),
    ("FLOW-06", drop_moments(lambda m: isinstance(m, Said) and m.seen.step == "SM12")),
    ("MSG-01", one_way_in_the_other_set),
    ("MSG-01", drop_moments(is_request_of(False))),
    ("PCS-13", drop_moments(is_request_of(False))),
    ("UEP-06", not_registered),
    ("SA-21", seen_with("SM7", sa=None, spi=None)),
    ("SA-21", clear_packet_to_protected_port),
    ("SA-01", one_sa_less),
    ("FLOW-01", sm6_before_its_set),
    ("FLOW-01", set_of_the_ue_too_late),
    ("ERR-32", a_drop),
    ("AGR-24", header("SM7", "Security-Verify", None)),
    ("AGR-24", header("SM7", "Security-Client", "ipsec-3gpp;alg=hmac-sha-1-96")),
    ("AGR-22", another_suite),
    ("SA-02", key_of_one_end),
    ("SA-02", unopened),
    ("SA-16", foreign_spi),
    ("MSG-02", via_of_first(from_ue=True)),
    ("MSG-03", header("SM7", "Contact", "<sip:x@10.0.1.1:5060>")),
    ("MSG-04", via_of_first(from_ue=False)),
    ("AGR-36", header("SM1", "Security-Client", "ipsec-3gpp", CORE)),
    ("AGR-36", header("SM7", "Require", "sec-agree, path", CORE)),
    ("INT-02", header("SM7", "Authorization", 'Digest response="1", integrity-protected="no"', CORE)),
    ("AKA-31", header("SM6", "WWW-Authenticate", 'Digest nonce="1", ck="2"')),
    ("AKA-31", header("SM6", "WWW-Authenticate", "Digest realm=x", CORE)),
]
TCP_SPOILS: list[tuple[str, Spoil]] = [
    ("MSG-06", seen_with("SM12", src=Endpoint("10.0.0.1", Port(5064)))),
    ("MSG-07", connection_opened_backwards),
    ("MSG-07", connection_opened_twice),
    ("FLOW-06", seen_with("SM12", sa="SA2-dn")),
]


@pytest.mark.parametrize(("requirement", "spoil"), UDP_SPOILS)
def test_a_spoiled_run_over_udp_is_noticed(requirement: str, spoil: Spoil) -> None:
    evidence = evidence_of("figure1", Transport.UDP)
    assert not failed("figure1", evidence)
    evidence = evidence_of("figure1", Transport.UDP)
    spoil(evidence)
    assert requirement in failed("figure1", evidence)


@pytest.mark.parametrize(("requirement", "spoil"), TCP_SPOILS)
def test_a_spoiled_run_over_tcp_is_noticed(requirement: str, spoil: Spoil) -> None:
    evidence = evidence_of("figure1", Transport.TCP)
    spoil(evidence)
    assert requirement in failed("figure1", evidence)


def without_facts(kind: type) -> Spoil:
    return drop_moments(lambda m: isinstance(m, Fact) and isinstance(m.fact, kind))


def every_fact(evidence: Evidence) -> None:
    drop_moments(lambda m: isinstance(m, Fact))(evidence)


def an_sa_left(evidence: Evidence) -> None:
    evidence.sas["pcscf"] = _pristine("figure1", Transport.UDP).sas["pcscf"]  # type: ignore[index]


def a_set_made(evidence: Evidence) -> None:
    evidence.recording.sets += _pristine("figure1", Transport.UDP).recording.sets


def status(value: int) -> Spoil:
    """The last answer of the procedure has another status."""

    def spoil(evidence: Evidence) -> None:
        answers = [s.seen.message for s in evidence.gm if isinstance(s.seen.message, Response)]
        answers[-1].status = value

    return spoil


def asked_twice(evidence: Evidence) -> None:
    moments = evidence.recording.moments
    moments.append(moments[said(evidence, "SM1")])


def same_nonce(evidence: Evidence) -> None:
    for one in evidence.gm:
        if isinstance(one.seen.message, Response) and one.seen.message.status == 401:
            one.seen.message.set("WWW-Authenticate", 'Digest nonce="old"')


@pytest.mark.parametrize(
    ("name", "requirement", "spoil"),
    [
        ("wrong-key", "AKA-20", every_fact),
        ("wrong-key", "ERR-03", header("SM7", "Authorization", 'Digest auts="x"')),
        ("wrong-key", "ERR-03", header("SM7", "Authorization", 'Digest response="x"')),
        ("wrong-key", "MGU-08", a_set_made),
        ("wrong-key", "INT-07", status(401)),
        ("wrong-key", "INT-07", without_facts(RegistrationFailed)),
        ("wrong-key", "ERR-31", an_sa_left),
        ("sqn-resync", "AKA-21", every_fact),
        ("sqn-resync", "AKA-17", every_fact),
        ("sqn-resync", "ERR-04", header("SM7", "Authorization", 'Digest response=""')),
        ("sqn-resync", "ERR-04", same_nonce),
        ("no-common-algorithm", "ERR-08", status(403)),
        ("no-common-algorithm", "ERR-08", a_set_made),
        ("no-common-algorithm", "ERR-08", asked_twice),
        ("no-common-algorithm", "AGR-21", header("SM6", "Security-Server", None)),
        ("no-common-algorithm", "ERR-31", an_sa_left),
    ],
)
def test_a_spoiled_failure_is_noticed(name: str, requirement: str, spoil: Spoil) -> None:
    evidence = evidence_of(name, Transport.UDP)
    spoil(evidence)
    assert requirement in failed(name, evidence)


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_nothing_seen_proves_nothing(name: str) -> None:
    """With an empty recording only those checks hold that say something is absent."""
    evidence = evidence_of(name, Transport.TCP)
    recording = replace(evidence.recording, moments=[], packets=[], sets=[], findings=[])
    empty = replace(evidence, recording=recording, sas=dict.fromkeys(evidence.sas, ()))
    absence = {"ERR-31", "ERR-32", "MGU-08", "ERR-08"}
    judged = {v.id for v in run(SCENARIOS[name].checks(empty), empty)}
    assert failed(name, empty) >= judged - absence


def esp_packet(sa: str, sequence: int, iv: bytes = b"", *, up: bool = True) -> SeenPacket:
    ends = ("10.0.1.1", "10.0.0.1") if up else ("10.0.0.1", "10.0.1.1")
    head = EspHead(4711 if up else 4712, sequence, sa, tuple(End), iv)
    segment = Segment(Transport.UDP, Endpoint(ends[0], Port(6100)), Endpoint(ends[1], Port(5062)), b"")
    return SeenPacket(Micros(sequence), *ends, 50, 100, head, segment)


def evidence_with(*seen: SeenPacket) -> Evidence:
    evidence = evidence_of("figure1", Transport.UDP)
    evidence.recording.packets[:] = seen
    return evidence


def judged(check: Check, *seen: SeenPacket) -> Finding:
    return check.judge(evidence_with(*seen))


def test_sequence_numbers_begin_at_one_and_have_no_gap() -> None:
    """SA-07: each SA counts by itself."""
    [check] = packets.ON_THE_WIRE
    assert not judged(
        check,
        esp_packet("SA1-up", 1),
        esp_packet("SA1-dn", 1, up=False),
        esp_packet("SA1-up", 2),
    ).faults
    assert judged(check, esp_packet("SA1-up", 2)).faults
    assert judged(check, esp_packet("SA1-up", 1), esp_packet("SA1-up", 1)).faults
    assert judged(check).faults


def test_ivs_are_unique_over_the_four_sas() -> None:
    """KEY-08: bit 63 tells the sender, bit 62 the pair."""
    [check] = packets.COUNTER_MODE
    ours, theirs = bytes(7) + b"\1", b"\x80" + bytes(6) + b"\1"
    assert not judged(check, esp_packet("SA1-up", 1, ours), esp_packet("SA1-dn", 1, theirs, up=False)).faults
    assert judged(check, esp_packet("SA1-up", 1, ours), esp_packet("SA1-up", 2, ours)).faults
    assert judged(check, esp_packet("SA1-up", 1, theirs)).faults
    assert judged(check, esp_packet("SA2-up", 1, ours)).faults
    assert judged(check).faults


def test_the_kernels_ivs_are_unique_if_not_parted() -> None:
    """KEY-08: what can be asked of a sender that draws them itself."""
    [check] = packets.COUNTER_MODE
    one, other = bytes(8), b"\x80" + bytes(7)
    drawn = replace(
        evidence_with(esp_packet("SA1-up", 1, other), esp_packet("SA2-up", 1, one)), own_ivs=False
    )
    assert not check.judge(drawn).faults
    twice = replace(evidence_with(esp_packet("SA1-up", 1, one), esp_packet("SA2-up", 1, one)), own_ivs=False)
    assert check.judge(twice).faults


def test_a_message_that_cannot_be_read_fails_its_check() -> None:
    evidence = evidence_of("figure1", Transport.UDP)
    header("SM1", "Security-Client", ";;;")(evidence)
    assert "AGR-24" in failed("figure1", evidence)
