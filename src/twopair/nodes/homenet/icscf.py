"""I-CSCF: the entry of the home network; asks the HSS who serves a user (TS 24.229 §5.3)."""

from typing import NamedTuple

from twopair.base import Impi, Impu, Refusal
from twopair.nodes.cx import Assignment, Lir, Profile, Result, Sar, Uar
from twopair.nodes.homenet.inquiry import Inquiry, assign, locate, may_register
from twopair.nodes.homenet.unserved import TO_LOCATE, TO_REGISTER


class Assigned(NamedTuple):
    """The S-CSCF to which a request goes."""

    scscf: str


class Icscf:
    """Finds or assigns the S-CSCF of a user.

    Args:
        scscf: name of the S-CSCF it assigns to a user who has none; this network has one.
    """

    def __init__(self, scscf: str) -> None:
        self._scscf = scscf

    def register(self, impi: Impi, impu: Impu) -> Inquiry[Assigned | Refusal]:
        """The S-CSCF for a REGISTER, or why there is none (24.229 §5.3.1.2)."""
        answer = yield from may_register(Uar(impi, impu))
        if answer.result is not Result.SUCCESS:
            return TO_REGISTER[answer.result]
        return Assigned(answer.server_name or self._scscf)

    def locate(self, impu: Impu) -> Inquiry[Assigned | Refusal]:
        """The S-CSCF that serves an identity to which a request is addressed (24.229 §5.3.2.1)."""
        answer = yield from locate(Lir(impu))
        if answer.result is not Result.SUCCESS:
            return TO_LOCATE[answer.result]
        return Assigned(answer.server_name)

    def away(self, impu: Impu) -> Inquiry[Profile | Refusal]:
        """The services of who is not registered, or why there are none (29.228 §6.1.2, §6.1.4)."""
        found = yield from locate(Lir(impu))
        if found.result is Result.SUCCESS:
            return Refusal.USER_AWAY
        if found.result is not Result.UNREGISTERED_SERVICE:
            return TO_LOCATE[found.result]
        saa = yield from assign(Sar(Impi(""), impu, self._scscf, Assignment.UNREGISTERED_USER))
        return saa.profile if saa.result is Result.SUCCESS else TO_LOCATE[saa.result]
