"""What came of a day."""

from typing import Any, NamedTuple


class Verdict(NamedTuple):
    """One simulated day, judged.

    Args:
        seed: decides everything.
        law: the law that was broken, empty if all held.
        detail: how it was broken.
        at_s: when, in virtual seconds.
        weather: kind of day, in words.
        attacker: its moves, in words.
        ues: how many took part.
        registrations: how often a UE was registered.
        packets: packets with data that were sent.
        digest: of everything that was observed; equal for equal days.
        quirks: habits of UEs, in words.
        cluster: how many P-CSCFs there were behind one address; 0 for one without.
        takeovers: how often one of them went on elsewhere.
    """

    seed: int
    law: str
    detail: str
    at_s: float
    weather: str
    attacker: str
    ues: int
    registrations: int
    packets: int
    digest: str
    quirks: str = "none"
    cluster: int = 0
    takeovers: int = 0

    @property
    def ok(self) -> bool:
        """Whether all laws held."""
        return not self.law

    @property
    def repeat(self) -> str:
        """The line that shows this day again."""
        how = f"--cluster {self.cluster}" if self.cluster else "--ladder"
        return f"twopair sim --seed {self.seed} {how}"

    def as_json(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {"ok": self.ok, **self._asdict(), "repeat": self.repeat}
