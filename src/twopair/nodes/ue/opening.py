"""REGISTER requests that open a round: SM1, its repetition, the answer to an invalid challenge."""

from dataclasses import replace
from typing import TYPE_CHECKING

from twopair.base import Bind, Endpoint, Flow, Micros, Port, Transport, Unbind, token
from twopair.core.registration.ue import Purpose, Registering, Round
from twopair.core.secagree import Offer, Terms, draw_port, draw_spis
from twopair.nodes.actions import Action
from twopair.nodes.ue import requests
from twopair.nodes.ue.challenge import initial_authorization
from twopair.nodes.ue.gm import Gm

if TYPE_CHECKING:
    from twopair.nodes.ue.registrar import Registrar


def begin(
    registrar: "Registrar",
    purpose: Purpose,
    now: Micros,
    out: list[Action],
    *,
    fresh_starts: int = 0,
    refused: Port | None = None,
) -> None:
    """Send SM1: over the set in use where there is one, else in the clear (MGU-02, AGR-20, AGR-26, UEP-16).

    A re-registration keeps Call-ID and counts CSeq on (RFC 3261 §10.2); a fresh start has new ones (AKA-25),
    and another client port than the one that was `refused` (ERR-09).
    """
    gm = registrar.gm
    live = gm.sets.in_use
    if live is not None and not live.usable and purpose is Purpose.REGISTER:
        live = None
    known = registrar.registration if live is not None and not fresh_starts else None
    carrier = live.flow(gm.config.transport) if live is not None else _clear_flow(gm, out)
    terms = new_terms(gm, carrier, refused)
    attempt = Round(
        purpose=purpose,
        expires_s=0 if purpose is Purpose.DEREGISTER else gm.config.expires_s,
        call_id=known.call_id if known else token(gm.entropy, 16),
        from_tag=token(gm.entropy),
        cseq=known.cseq if known else 0,
        carrier=carrier,
        protected=live is not None,
        terms=terms,
        offer=Offer.make(terms, gm.config.offered),
        fresh_starts=fresh_starts,
    )
    ask(registrar, attempt, now, out)


def ask(
    registrar: "Registrar", attempt: Round, now: Micros, out: list[Action], authorization: str = ""
) -> None:
    """Send the next REGISTER of a round over its carrier, in the clear if the carrier's set is gone.

    Args:
        registrar: whose state becomes `Registering`.
        attempt: the round; its CSeq is counted on.
        now: the moment.
        out: actions.
        authorization: the answer to an invalid challenge; empty for a request that answers none, which
            repeats what was accepted last (AKA-08) or proves nothing yet (AKA-07).
    """
    gm = registrar.gm
    live = gm.sets.find(attempt.carrier)
    if live is None and attempt.protected:
        attempt = replace(attempt, protected=False, carrier=_clear_flow(gm, out))
    attempt = replace(attempt, cseq=attempt.cseq + 1)
    carrier = attempt.carrier
    if live is None:
        _listen_no_longer(gm, out)
        via = gm.profile.clear_via(carrier.transport, carrier.local, gm.entropy)
        authorization = authorization or initial_authorization(gm)
    else:
        via = gm.profile.via(carrier.transport, gm.entropy)
        authorization = authorization or registrar.authorization
    request = requests.register(gm, attempt, via, authorization, live.server if live else None)
    registrar.state = Registering(attempt)
    gm.ask(request, carrier, registrar.exchange(attempt), now, out)


def listen_at(gm: Gm, attempt: Round, out: list[Action]) -> None:
    """The connection of a REGISTER in the clear is lost: its answer comes to the port of the Via.

    The P-CSCF opens the new connection (RFC 3261 §18.1.1, §18.2.2); nothing is sent again.
    """
    local = attempt.carrier.local
    if gm.listens_at is None and not attempt.protected:
        gm.listens_at = local
        out.append(Bind(local, protected=False, listen=True))


def _listen_no_longer(gm: Gm, out: list[Action]) -> None:
    if gm.listens_at is not None:
        gm.streams.forget_at(gm.listens_at)
        out.append(Unbind(gm.listens_at))
        gm.listens_at = None


def leave_carrier(gm: Gm, attempt: Round, out: list[Action]) -> None:
    """Give back the port that was drawn for a round, or end its connection; a set's are left alone."""
    if attempt.protected:
        return
    if attempt.carrier.transport is Transport.TCP:
        gm.streams.close(attempt.carrier, out)
        _listen_no_longer(gm, out)
    elif attempt.carrier.local != gm.profile.clear:
        out.append(Unbind(attempt.carrier.local))


def new_terms(gm: Gm, carrier: Flow, refused: Port | None = None) -> Terms:
    """SPIs and a client port that nothing uses, with the fixed server port (RRG-01..RRG-04, SA-15, SA-27)."""
    over = gm.sets.find(carrier)
    if over is not None and not gm.config.renews:
        spis, ports = over.sa_set.spis, over.sa_set.ports
        return Terms(spis.uc, spis.us, ports.uc, ports.us)
    spi_c, spi_s = draw_spis(gm.entropy, gm.shared.spis)
    port_c = _new_port(gm, carrier.local.port, refused)
    return Terms(spi_c, spi_s, port_c, gm.profile.port_us)


def _clear_flow(gm: Gm, out: list[Action]) -> Flow:
    """A flow from an unprotected port, random unless fixed, to the P-CSCF's (UEP-03, MSG-05)."""
    local = gm.profile.clear
    if local is None:
        local = Endpoint(gm.config.address, _new_port(gm, gm.profile.port_us))
        if gm.config.transport is Transport.UDP:
            out.append(Bind(local, protected=False, listen=False))
    return Flow(gm.config.transport, local, gm.config.pcscf)


def _new_port(gm: Gm, *others: Port | None) -> Port:
    taken = gm.sets.client_ports | {gm.profile.port_us, *(port for port in others if port is not None)}
    port = draw_port(gm.entropy, gm.config.ports, taken)
    assert port is not None, "the range is larger than a UE can use up"
    return port
