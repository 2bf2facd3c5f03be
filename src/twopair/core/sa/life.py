"""Life of one SA set (TS 33.203 §7.4; TS 24.229 §3.1, §5.1.1.5.1 and table 5.2.2-1).

The stages are those of section 5.1 of the requirements; UE and P-CSCF share the table and differ in
when they feed which trigger. All that decides what happens next is in TABLE; the diagram in
docs/reference is drawn from it. No clock is read here, no random number drawn, no socket opened.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from twopair.base import IllegalStep, Micros


class Stage(Enum):
    """How far the set has come; the same words at the UE and at the P-CSCF."""

    TEMPORARY = "temporary"  # installed around SM6, not yet confirmed
    NEWLY_ESTABLISHED = "newly established"  # confirmed by SM12, not yet used for own requests
    IN_USE = "in use"  # own new requests go over it
    OLD = "old"  # replaced; kept for transactions that began on it
    DELETED = "deleted"

    __hash__ = object.__hash__


class Trigger(Enum):
    """What can happen to a set; the owner translates messages and deadlines into these."""

    CONFIRMED = "confirmed"  # SM12: 200 OK sent (P-CSCF) or received (UE)
    TAKEN = "taken into use"  # UE: at once; P-CSCF: rows 3, 4 and 6 of the event table
    REPLACED = "replaced"  # a younger set was taken into use
    DRAINED = "drained"  # no transaction and no TCP connection uses the set any more
    RELEASED = "released"  # the attempt failed, or the registration ended
    EXPIRED = "expired"  # the SIP-level lifetime ran out

    __hash__ = object.__hash__


TABLE: Final[dict[tuple[Stage, Trigger], tuple[Stage, str]]] = {
    (Stage.TEMPORARY, Trigger.CONFIRMED): (Stage.NEWLY_ESTABLISHED, "33.203 §7.2, FLOW-06"),
    (Stage.TEMPORARY, Trigger.RELEASED): (Stage.DELETED, "33.203 §7.3, MGP-05, MGP-06, MGU-07"),
    (Stage.TEMPORARY, Trigger.EXPIRED): (Stage.DELETED, "24.229 §7.8, TMR-01, MGP-07"),
    (Stage.NEWLY_ESTABLISHED, Trigger.TAKEN): (Stage.IN_USE, "24.229 §5.2.2.2, rows 3, 4, 6; MGU-04"),
    (Stage.NEWLY_ESTABLISHED, Trigger.REPLACED): (Stage.OLD, "24.229 §5.2.2.2, row 5"),
    (Stage.NEWLY_ESTABLISHED, Trigger.RELEASED): (Stage.DELETED, "24.229 §5.2.2.2, row 6; MGP-10"),
    (Stage.NEWLY_ESTABLISHED, Trigger.EXPIRED): (Stage.DELETED, "24.229 §5.2.2.2, TMR-05"),
    (Stage.IN_USE, Trigger.REPLACED): (Stage.OLD, "33.203 §7.4, MGP-02, MGU-05"),
    (Stage.IN_USE, Trigger.RELEASED): (Stage.DELETED, "33.203 §7.4, MGP-10, MGP-11, MGU-12"),
    (Stage.IN_USE, Trigger.EXPIRED): (Stage.DELETED, "24.229 §5.2.2.2, TMR-05"),
    (Stage.OLD, Trigger.DRAINED): (Stage.DELETED, "33.203 §7.4, MGU-05; paper §3.3, solution 1"),
    (Stage.OLD, Trigger.RELEASED): (Stage.DELETED, "24.229 §5.2.2.2, rows 5, 6"),
    (Stage.OLD, Trigger.EXPIRED): (Stage.DELETED, "24.229 §5.2.2.2, TMR-03, TMR-05"),
}


@mypyc_attr(allow_interpreted_subclasses=True)
@dataclass(slots=True)
class SaSetLife:
    """Stage and SIP-level lifetime of one SA set.

    Args:
        set_id: name of the set, unique within this node; not an SPI.
        expires_at: end of the lifetime in microseconds of the node's monotonic clock.
    """

    set_id: int
    expires_at: Micros
    stage: Stage = Stage.TEMPORARY

    def next_deadline(self) -> Micros | None:
        """Moment at which the owner must feed EXPIRED, or None once there is nothing to expire."""
        return None if self.stage is Stage.DELETED else self.expires_at

    def feed(self, trigger: Trigger) -> Stage:
        """Take one step; on DELETED the owner must have the set removed from the back end.

        Raises:
            IllegalStep: TABLE has no such row. The owner is wrong, not the peer: a stray message
                was to be refused before it became a trigger.
        """
        row = TABLE.get((self.stage, trigger))
        if row is None:
            raise IllegalStep(f"SA set {self.set_id}: {trigger.name} while {self.stage.name}")
        self.stage = row[0]
        return self.stage

    def extend(self, until: Micros) -> None:
        """Lengthen the lifetime, never shorten it (TMR-02)."""
        self.expires_at = max(self.expires_at, until)

    def shorten(self, until: Micros) -> None:
        """Shorten the lifetime, never lengthen it (TMR-03)."""
        self.expires_at = min(self.expires_at, until)
