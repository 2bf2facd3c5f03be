"""A card that errs when it is told to: keys of another, a wrong RES, a challenge it will not have."""

from collections.abc import Callable

from twopair.base import Secret
from twopair.core.aka import Accepted, AkaOutcome, Card, MacFailure

Spoil = Callable[[Accepted], AkaOutcome]


def wrong_keys(outcome: Accepted) -> AkaOutcome:
    """Another K: RES, CK and IK differ from the network's (ERR-01)."""
    return Accepted(*(Secret(bytes(len(part))) for part in (outcome.res, outcome.ck, outcome.ik)))


def wrong_res(outcome: Accepted) -> AkaOutcome:
    """The keys are right, RES is not (ERR-02)."""
    return outcome.__class__(Secret(bytes(len(outcome.res))), outcome.ck, outcome.ik)


def false_network(_outcome: Accepted) -> AkaOutcome:
    """The MAC in AUTN is taken for wrong (ERR-03)."""
    return MacFailure()


class StrangeCard(Card):
    """A genuine card, until `spoil` is set."""

    __slots__ = ("spoil",)

    spoil: Spoil | None

    def authenticate(self, rand: bytes, autn: bytes) -> AkaOutcome:
        """See `Card`."""
        outcome = super().authenticate(rand, autn)
        spoil = getattr(self, "spoil", None)
        return spoil(outcome) if spoil and isinstance(outcome, Accepted) else outcome
