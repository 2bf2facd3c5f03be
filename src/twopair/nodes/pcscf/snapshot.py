"""What a P-CSCF shows of itself: registrations and their SA sets, as values without secrets (SA-23)."""

from collections.abc import Iterator
from typing import NamedTuple

from twopair.base import Impi, Impu, Micros, Suite
from twopair.core.registration.flows import RegFlow
from twopair.core.sa import Ports, Spis, Stage
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.tables import Tables


class SetView(NamedTuple):
    """One SA set.

    Args:
        set_id: its name in this node.
        stage: how far it has come.
        suite: the algorithms of its four SAs.
        ports: the four protected ports.
        spis: the four SPIs.
        ue: the UE's address.
        expires_at: end of its lifetime (TMR-01, TMR-02).
    """

    set_id: int
    stage: Stage
    suite: Suite
    ports: Ports
    spis: Spis
    ue: str
    expires_at: Micros


class RegistrationView(NamedTuple):
    """One registration, or an attempt that has a set already.

    Args:
        impi: whose.
        flow: its name among those of the IMPI.
        address: of the UE, in its newest set; empty where it has none.
        impus: identities that are registered, explicitly or with others; the default one first.
        registered: whether requests are taken from it and for it (PCS-09).
        expires_at: end of the registration, 0 where there is none.
        sets: its SA sets, oldest first.
    """

    impi: Impi
    flow: RegFlow
    address: str
    impus: tuple[Impu, ...]
    registered: bool
    expires_at: Micros
    sets: tuple[SetView, ...]


def snapshot(tables: Tables, now: Micros) -> Iterator[RegistrationView]:
    """Every registration that is there now, each looked at when its turn comes.

    Whoever goes through many may let the node work between two of them; what has ended by then is left out.
    """
    for one in tuple(tables.subscribers):
        if one.sets:
            yield _view(one, now)


def _view(of: Subscriber, now: Micros) -> RegistrationView:
    sets = tuple(map(_set, of.sets))
    address = sets[-1].ue if sets else ""
    return RegistrationView(of.impi, of.flow, address, of.associated, of.registered(now), of.expires_at, sets)


def _set(live: LiveSet) -> SetView:
    of, life = live.sa_set, live.life
    return SetView(of.set_id, life.stage, of.suite, of.ports, of.spis, of.ue, life.expires_at)
