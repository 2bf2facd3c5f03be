"""I-CSCF: the entry of the home network; asks the HSS who serves a user (TS 24.229 §5.3)."""

from typing import NamedTuple

from twopair.base import Impi, Impu, Refusal
from twopair.nodes.homenet.cx import Lir, Result, Uar
from twopair.nodes.homenet.hss import Hss
from twopair.nodes.homenet.unserved import TO_LOCATE, TO_REGISTER


class Assigned(NamedTuple):
    """The S-CSCF to which a REGISTER goes."""

    scscf: str


class Icscf:
    """Finds or assigns the S-CSCF of a user.

    Args:
        hss: whom it asks.
        scscf: name of the S-CSCF it assigns to a user who has none; this network has one.
    """

    def __init__(self, hss: Hss, scscf: str) -> None:
        self._hss = hss
        self._scscf = scscf

    def register(self, impi: Impi, impu: Impu) -> Assigned | Refusal:
        """The S-CSCF for a REGISTER, or why there is none (24.229 §5.3.1.2)."""
        answer = self._hss.user_authorization(Uar(impi, impu))
        if answer.result is not Result.SUCCESS:
            return TO_REGISTER[answer.result]
        return Assigned(answer.server_name or self._scscf)

    def locate(self, impu: Impu) -> Impi | Refusal:
        """The registered owner of an identity that a request is addressed to (24.229 §5.3.2.1)."""
        answer = self._hss.location_info(Lir(impu))
        if answer.impi is not None:
            return answer.impi
        return TO_LOCATE[answer.result]
