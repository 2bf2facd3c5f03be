"""What a P-CSCF has of a registration that must outlive it, as values (MGP-14, PCS-07).

Moments are those of the node's clock; whoever writes them down translates them into the time of day.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from twopair.base import Impi, Impu, Micros
from twopair.core.registration.flows import RegFlow
from twopair.core.sa import SaSet, Stage


class KeptChallenge(NamedTuple):
    """A challenge that awaits its answer over a temporary set.

    Args:
        offer: the lines of Security-Client in SM1, to be found again in SM7 (AGR-31).
        nonce: the text of the nonce (INT-03).
        carrier: id of the set that SM1 came over, None for one in the clear.
    """

    offer: tuple[str, ...]
    nonce: str
    carrier: int | None


class KeptSet(NamedTuple):
    """One SA set that is installed.

    Args:
        sa_set: the set, with its keys.
        stage: temporary only with a challenge.
        expires_at: end of its lifetime.
        server: the lines of Security-Server that announced it (AGR-35).
        challenge: what SM7 is compared with; None once it has been answered.
    """

    sa_set: SaSet
    stage: Stage
    expires_at: Micros
    server: tuple[str, ...]
    challenge: KeptChallenge | None = None


class KeptBinding(NamedTuple):
    """One explicitly registered identity.

    Args:
        impu: as it is known (RFC 3261 §19.1.4).
        associated: its P-Associated-URI, the default IMPU first.
        expires_at: end of its registration.
    """

    impu: Impu
    associated: tuple[Impu, ...]
    expires_at: Micros


class KeptRegistration(NamedTuple):
    """One registration with its sets, or an attempt whose challenge is out.

    Args:
        impi: whose it is.
        flow: its name among those of the IMPI.
        token: names it in Path and Record-Route, so that dialogs find it again (PCS-12, PCS-13).
        path: value of Path.
        contact: the contact registered last.
        over_tcp: whether the UE registered over TCP.
        service_route: the stored Service-Route (PCS-09).
        bindings: the registered identities.
        latest: id of the set of the last successful authentication (INT-03).
        sets: all that are installed, oldest first.
    """

    impi: Impi
    flow: RegFlow
    token: str
    path: str
    contact: str
    over_tcp: bool
    service_route: str
    bindings: tuple[KeptBinding, ...]
    latest: int | None
    sets: tuple[KeptSet, ...]


def as_far_as(values: Iterable[KeptRegistration], standing: Iterable[int]) -> Iterator[KeptRegistration]:
    """What is left of registrations if only the sets with these ids stand; one without sets is gone.

    An id names one set: of several that say they have it, the first.
    """
    left = set(standing)
    for value in values:
        sets = tuple([kept for kept in value.sets if _taken(left, kept.sa_set.set_id)])
        if sets:
            yield value if len(sets) == len(value.sets) else value._replace(sets=sets)


def _taken(left: set[int], set_id: int) -> bool:
    if set_id not in left:
        return False
    left.remove(set_id)
    return True


class Keep(NamedTuple):
    """Action: what stands under this key is now this. It is done before any action that follows."""

    key: str
    value: KeptRegistration


class Forget(NamedTuple):
    """Action: nothing stands under this key any more."""

    key: str


class Recalled(NamedTuple):
    """Event, once, before `Start`: what a predecessor kept, as far as its SA sets stand (MGP-14).

    Args:
        values: registrations, in any order.
    """

    values: Sequence[KeptRegistration]
