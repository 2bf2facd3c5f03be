"""The laws of safety by name, and what is raised when one is broken."""

from enum import Enum


class Law(Enum):
    """A safety law: what it says, and its clause."""

    OFFERED = "what is established at the P-CSCF, ports, SPIs and algorithms, is the UE's own (33.203 §7.2)"
    STRONGEST = "what is established has the best algorithms that both ends have (33.203 §7.2, AGR-22)"
    ONCE = "what a back end lets through under ESP was sent exactly so, and comes once (33.203 §6.3, SA-06)"
    NUMBERS = "no sequence number, hence no IV, is sent twice on an SA (RFC 4303 §3.3.3, KEY-08)"
    CLOSED = "no clear text reaches a protected port (33.203 §7.1, SA-21)"
    PORTS = (
        "server ports stay, client ports and SPIs differ from those of all live sets (33.203 §7.4, RRG-03)"
    )
    BELIEF = "installed are the sets that the node believes in (33.203 §7.1, SA-01)"
    KEYS = "no key is used for two sets (33.203 §6.1, AKA-14)"
    GENUINE = "a UE answers the challenges of its home network and no others (33.203 §6.1, AKA-11)"
    THREE = "a registration has three sets at most (33.203 §7.4, MGP-04, MGU-09)"
    CLEAR = "only REGISTER and refusals of it are sent in the clear (33.203 §7.1, UNP-01)"
    SECRET = "ck and ik are not sent to a UE (33.203 §6.1, AKA-31)"  # noqa: S105
    FIRST_SA = "SM6 is sent when the set stands that it announces (33.203 §7.2, SA-01)"
    STANDS = "nothing is sent on a connection that is known to be gone (RFC 3261 §18.2.2, MSG-06)"
    STORED = "what is kept beyond the process is what the P-CSCF knows, after every event (MGP-14)"
    KEPT = "what a 200 to REGISTER says to the UE, the P-CSCF believes too (24.229 §5.2.2.1, PCS-27)"
    FORWARDED = "old ports and SPIs are refused only when the core asks for new ones (33.203 §7.4, RRG-02)"
    BARRED = "no barred identity is told or asserted to anybody (24.229 §5.4.1.2.2F, §5.2.6.3; UEP-02)"
    TOLD = "an application server hears of each registration, once (24.229 §5.4.1.7)"
    DIALOG = "within a dialog nothing goes to a UE that has no part in it (24.229 §5.2.6, PCS-15)"
    STEPS = "no node is at its wits' end (IllegalStep, or any other exception)"

    __hash__ = object.__hash__


class Broken(Exception):
    """A law was broken.

    Args:
        law: name of a `Law`, or of a law of liveness.
        detail: what happened, in words.
    """

    def __init__(self, law: str, detail: str) -> None:
        super().__init__(f"{law}: {detail}")
        self.law = law
        self.detail = detail
