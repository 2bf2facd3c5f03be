"""A subscriber store that fails for a while: nobody is told that they are unknown (29.228 §6.1.1.1)."""

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, BOB, IMSI_1, IMSI_2, CoreSide, Numbers, subscriber

from twopair.base import Impi, Impu, Refusal
from twopair.core.aka import Subscriber
from twopair.nodes.cx import Assignment, Lir, Mar, Result, Sar, Uar
from twopair.nodes.homenet import MemoryStore, StoreFailed
from twopair.nodes.homenet.hss import Hss
from twopair.wire.sip import Response

IMPI = subscriber(IMSI_1).impi


class Failing(MemoryStore):
    """Fails at the calls named in `at` while it is told to."""

    def __init__(self, *at: str) -> None:
        super().__init__([subscriber(IMSI_1, ALICE), subscriber(IMSI_2, BOB)])
        self.at = set(at)

    def get(self, impi: Impi) -> Subscriber | None:
        self._fail("get")
        return super().get(impi)

    def owners(self, impu: Impu) -> tuple[Impi, ...]:
        self._fail("owner")
        return super().owners(impu)

    def sqn(self, impi: Impi) -> int:
        self._fail("sqn")
        return super().sqn(impi)

    def save_sqn(self, impi: Impi, sqn: int) -> None:
        self._fail("save_sqn")
        super().save_sqn(impi, sqn)

    def _fail(self, call: str) -> None:
        if call in self.at:
            raise StoreFailed(call)


def test_every_request_of_cx_is_answered() -> None:
    """29.228 §6.1.1, §6.1.2, §6.1.4, §6.3."""
    hss = Hss(Failing("get", "owner"), Numbers())
    unable = Result.UNABLE_TO_COMPLY
    assert hss.user_authorization(Uar(IMPI, ALICE)).result is unable
    assert hss.multimedia_auth(Mar(IMPI, ALICE, "sip:s")).result is unable
    assert hss.server_assignment(Sar(IMPI, ALICE, "sip:s", Assignment.REGISTRATION)).result is unable
    assert hss.location_info(Lir(ALICE)).result is unable


@pytest.mark.parametrize(
    ("call", "refusal"),
    [("get", Refusal.HSS_UNABLE), ("sqn", Refusal.NO_VECTOR), ("save_sqn", Refusal.NO_VECTOR)],
)
def test_a_register_is_answered_500_without_a_vector_and_served_afterwards(
    call: str, refusal: Refusal
) -> None:
    """AKA-13: neither 403, which ends a UE's attempts, nor a challenge whose SQN is not kept."""
    store = Failing(call)
    core = CoreSide(store=store)
    for _ in range(2):
        answer = core.ask(core.register(core.alice))
        assert (answer.status, answer.get("WWW-Authenticate")) == (500, None)
    assert core.refusals() == [refusal] * 2
    store.at.clear()
    assert store.sqn(IMPI) == 0
    core.registered(core.alice)


@pytest.mark.parametrize("after", [1, 2])
def test_a_store_that_fails_at_the_answer_leaves_what_stands(after: int) -> None:
    """INT-06: at the I-CSCF (the first question after the challenge) and at the S-CSCF (the second)."""

    class Later(Failing):
        left = 99

        def get(self, impi: Impi) -> Subscriber | None:
            self.left -= 1
            if self.left == 0:
                raise StoreFailed
            return super().get(impi)

    store = Later()
    core = CoreSide(store=store)
    core.registered(core.alice)
    challenge = core.ask(core.register(core.alice))
    store.left = after
    answer = core.ask(core.register(core.alice, core.respond(core.alice, challenge), protected="yes"))
    assert answer.status == 500
    assert core.refusals() == [Refusal.HSS_UNABLE]
    (onward,) = core.send(core.request("MESSAGE", ALICE))
    assert not isinstance(onward, Response), "the registration of before stands"


def test_a_call_to_who_is_not_here_is_not_said_to_be_to_nobody() -> None:
    """HSS_UNABLE: 404 would be an answer that the HSS did not give (24.229 §5.3.2.1)."""
    core = CoreSide(store=Failing("owner"))
    assert core.ask(core.request("MESSAGE", BOB)).status == 500
    assert core.refusals() == [Refusal.HSS_UNABLE]


def test_registrations_end_while_the_store_fails() -> None:
    """24.229 §5.4.1.4: their time is kept without the HSS."""
    store = Failing()
    core = CoreSide(store=store)
    core.registered(core.alice)
    store.at.add("get")
    core.later(600001 * 1_000_000)
    store.at.clear()
    assert core.ask(core.request("MESSAGE", ALICE)).status == 480
