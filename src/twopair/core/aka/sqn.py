"""Sequence numbers of AKA at both ends (TS 33.102 Annex C; AKA-13..AKA-17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

SQN_OCTETS: Final = 6
_SQN_END: Final = 1 << 48


@dataclass(frozen=True, slots=True)
class SqnProfile:
    """How SQN = SEQ || IND is cut and judged; the defaults are the recommended ones (33.102 §C.3.2).

    Args:
        ind_bits: length of IND; the USIM's array has 2^ind_bits places.
        delta: greatest jump of SEQ that is accepted; protects against wrap-around.
        age_limit: L, how far SEQ may lie behind the highest one accepted; None for any distance.
    """

    ind_bits: int = 5
    delta: int = 1 << 28
    age_limit: int | None = None

    def __post_init__(self) -> None:
        if not (
            0 <= self.ind_bits <= 16 and self.delta > 0 and (self.age_limit is None or self.age_limit > 0)
        ):
            raise ValueError("IND has 0 to 16 bits; delta and L are positive")

    def split(self, sqn: int) -> tuple[int, int]:
        """SEQ and IND of a sequence number."""
        return sqn >> self.ind_bits, sqn & ((1 << self.ind_bits) - 1)

    def join(self, seq: int, ind: int) -> int:
        """The sequence number with this SEQ and IND."""
        return seq << self.ind_bits | ind


RECOMMENDED: Final = SqnProfile()


class SqnHome:
    """Sequence numbers of one subscriber at the HSS (33.102 §C.1).

    SEQ grows by one with each vector and IND goes round, so that vectors fetched ahead by several nodes do
    not spoil each other.

    Args:
        sqn: SQN_HE, the last number given out; 0 for a new subscriber.
        profile: must be that of the USIM.
    """

    __slots__ = ("_profile", "_sqn")

    def __init__(self, sqn: int = 0, profile: SqnProfile = RECOMMENDED) -> None:
        if not 0 <= sqn < _SQN_END:
            raise ValueError("a sequence number has 48 bits")
        self._sqn, self._profile = sqn, profile

    @classmethod
    def restore(cls, snapshot: int, profile: SqnProfile = RECOMMENDED) -> Self:
        """The state from which `snapshot` was taken."""
        return cls(snapshot, profile)

    def snapshot(self) -> int:
        """The last number given out; to be saved before the vector made with it leaves the HSS."""
        return self._sqn

    def take(self) -> bytes | None:
        """The next sequence number, 6 octets, never given out before; None when all are used up."""
        following = self._following()
        if following >= _SQN_END:
            return None
        self._sqn = following
        return following.to_bytes(SQN_OCTETS, "big")

    def resynchronise(self, sqn_ms: bytes) -> bool:
        """Follow the USIM, whose AUTS was verified, and say whether SQN_HE had to change (33.102 §6.3.5).

        Where the next number would be accepted anyway nothing changes, so a late AUTS does no harm (AKA-17).
        """
        highest = int.from_bytes(sqn_ms, "big")
        seq_ms, _ = self._profile.split(highest)
        seq_next, _ = self._profile.split(self._following())
        if 0 < seq_next - seq_ms <= self._profile.delta:
            return False
        self._sqn = highest
        return True

    def _following(self) -> int:
        seq, ind = self._profile.split(self._sqn)
        return self._profile.join(seq + 1, (ind + 1) % (1 << self._profile.ind_bits))


class SqnUsim:
    """The array SEQ_MS of one USIM or ISIM (33.102 §C.2; AKA-13, AKA-14).

    Args:
        seqs: SEQ accepted last for each IND; all zero on a new card.
        profile: must be that of the HSS.
    """

    __slots__ = ("_highest", "_profile", "_seqs")

    def __init__(self, seqs: Sequence[int] = (), profile: SqnProfile = RECOMMENDED) -> None:
        places = 1 << profile.ind_bits
        if seqs and len(seqs) != places:
            raise ValueError(f"the profile has {places} places, the array {len(seqs)}")
        self._profile = profile
        self._seqs = list(seqs) or [0] * places
        accepted = (profile.join(seq, ind) for ind, seq in enumerate(self._seqs) if seq)
        self._highest = max(accepted, default=0)

    @classmethod
    def restore(cls, snapshot: Sequence[int], profile: SqnProfile = RECOMMENDED) -> Self:
        """The state from which `snapshot` was taken."""
        return cls(snapshot, profile)

    def snapshot(self) -> tuple[int, ...]:
        """The array; to be saved before RES, CK and IK leave the card (AKA-15)."""
        return tuple(self._seqs)

    @property
    def highest(self) -> bytes:
        """SQN_MS, the highest sequence number accepted so far, 6 octets (AKA-16)."""
        return self._highest.to_bytes(SQN_OCTETS, "big")

    def accept(self, sqn: bytes) -> bool:
        """Take the number if it is fresh and in range; otherwise nothing changes (AKA-14, AKA-15)."""
        number = int.from_bytes(sqn, "big")
        seq, ind = self._profile.split(number)
        seq_highest, limit = self._profile.split(self._highest)[0], self._profile.age_limit
        fresh = seq > self._seqs[ind]
        in_reach = seq - seq_highest <= self._profile.delta
        young = limit is None or seq_highest - seq < limit
        if not (fresh and in_reach and young):
            return False
        self._seqs[ind] = seq
        self._highest = max(self._highest, number)
        return True
