"""What a diarist makes of facts."""

from tests.unit.live.admin.test_sas import Served
from tests.unit.nodes.pcscf.bed import CK, IK, Ue

from twopair.base import Refusal, Report
from twopair.core.explain import By, Came, Confirmed, Counts, Dismissed, Failed, Left, Staged
from twopair.core.registration.brought import Brought
from twopair.core.sa import RemoveSas, Stage
from twopair.live.admin.diarist import Diarist
from twopair.live.admin.explain import explained


class Kept(Served):
    """A P-CSCF on the bench with a diary; sets are removed from the back end when it says so, not before."""

    def __init__(self) -> None:
        self.diarist: Diarist | None = None
        super().__init__()
        self.diarist = Diarist(self.backend, lambda: self.now)

    def feed(self, event: object) -> list[object]:
        done = super().feed(event)
        for action in done:
            if isinstance(action, Report) and self.diarist is not None:
                self.diarist(action.fact)
            elif isinstance(action, RemoveSas):
                self.backend.remove(action.set_id)
        return done

    def lines(self, who: str, address: str = "") -> list[object]:
        assert self.diarist is not None
        return [entry.what for diary in self.diarist.diaries.find(who, address) for entry in diary.lines]


def test_a_registration_and_its_end() -> None:
    bed, ue = Kept(), Ue()
    bed.register(ue, expires=600)
    bed.wait(700)
    came, temporary, sm7, used, confirmed, gone, left = bed.lines(ue.impi)
    assert came == Came(ue.address, "", None, Brought.NOTHING)
    assert sm7 == Came(ue.address, "", Stage.TEMPORARY, Brought.RESPONSE)
    assert isinstance(temporary, Staged)
    assert temporary.stage is Stage.TEMPORARY
    assert used == Staged(temporary.set_id, Stage.IN_USE)
    assert confirmed == Confirmed(ue.impu, 600)
    assert gone == Staged(temporary.set_id, Stage.DELETED)
    assert left == Left(By.TIME, "its SA sets have expired")


def test_counters_of_a_set_that_was_never_confirmed() -> None:
    """They are read before the set is removed."""
    bed, ue = Kept(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    bed.backend.inbound(ue.uplink, None)  # clear text to the protected port
    bed.wait(300)
    *_, gone, failed = bed.lines(ue.impi)
    assert isinstance(gone, Staged)
    assert gone.counts == Counts(clear=1)
    assert failed == Failed(0, "reg-await-auth has run out")


def test_a_refusal_has_the_detail_that_the_answer_had() -> None:
    """What is refused to a known UE is in its diary alone."""
    bed, ue = Kept(), Ue()
    bed.receive(
        ue.clear,
        ue.register(Security_Client="ipsec-3gpp;alg=x;spi-c=1000;spi-s=1001;port-c=6100;port-s=6101"),
    )
    _, failed = bed.lines(ue.impi)
    assert isinstance(failed, Failed)
    assert failed.refusal is Refusal.NO_COMMON_ALGORITHM
    assert failed.detail.startswith("offered ")
    assert bed.lines("", ue.address) == bed.lines(ue.impi)


def test_what_is_nobodys_is_found_by_address() -> None:
    bed, ue = Kept(), Ue()
    bed.receive(ue.clear, ue.request())
    bed.receive(ue.clear, ue.register(Authorization=""))
    bed.receive(ue.clear, b"hello")
    told = bed.lines("", ue.address)
    assert [line.refusal for line in told if isinstance(line, Dismissed)] == [
        Refusal.CLEAR_NON_REGISTER,
        Refusal.BAD_REQUEST,
        Refusal.MALFORMED_SIP,
    ]


def test_via_of_another_address_is_told() -> None:
    bed, ue = Kept(), Ue()
    for via, wanted in (("192.168.1.1", "192.168.1.1"), ("phone.example", ""), (ue.address, "")):
        branch = f"z9hG4bK{len(bed.lines(ue.impi))}"
        bed.receive(ue.clear, ue.register(Via=f"SIP/2.0/UDP {via};branch={branch};rport"))
        came = [line for line in bed.lines(ue.impi) if isinstance(line, Came)][-1]
        assert came.via == wanted


def test_no_key_is_told() -> None:
    bed, ue = Kept(), Ue()
    bed.register(ue)
    assert bed.diarist is not None
    for who in (ue.impi, ue.address):
        text = "".join(explained(bed.pcscf.snapshot(bed.now), bed.diarist, who, bed.now, 0))
        assert '"registered": true' in text
        assert CK not in text
        assert IK not in text
