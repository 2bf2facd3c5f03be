"""What the rows of the UE's attempt table ask for, one function each (24.229 §5.1.1; 33.203 §7.2, §7.3)."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twopair.base import SECOND, Micros, Report
from twopair.core.registration.binding import granted_s
from twopair.core.registration.pcscf_sets import REG_AWAIT_AUTH, established_until
from twopair.core.registration.ue import (
    Answering,
    Do,
    Idle,
    Installing,
    Purpose,
    Registering,
    Round,
    Step,
)
from twopair.core.registration.ue_timing import retry_at
from twopair.core.sa import End, Ports, SaSet, Spis, Trigger
from twopair.core.secagree import Offer
from twopair.crypto.annex_i import expand
from twopair.nodes.actions import Action
from twopair.nodes.facts import Registered, RegistrationFailed, Resynchronised
from twopair.nodes.ue import requests
from twopair.nodes.ue.challenge import Invalid, Valid
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.happening import Happening
from twopair.nodes.ue.opening import ask, begin, leave_carrier, new_terms
from twopair.nodes.ue.registration import delta_seconds, registration_from
from twopair.wire.sip import Response

if TYPE_CHECKING:
    from twopair.nodes.ue.registrar import Registrar

Active = Registering | Installing | Answering
Perform = Callable[["Registrar", Active, Happening, Micros, list[Action]], None]

ANEW: Final = "the UE has registered anew"
"""What becomes of calls and requests over sets that an initial registration replaces (MGU-09)."""


def install(
    registrar: "Registrar", state: Active, happening: Happening, now: Micros, out: list[Action]
) -> None:
    """Have the temporary set installed (MGU-03, TMR-01)."""
    valid, attempt, gm = happening.verdict, state.round, registrar.gm
    assert isinstance(valid, Valid)
    theirs, ours = valid.choice.terms, attempt.terms
    sa_set = SaSet(
        set_id=gm.shared.next_set_id(),
        impi=gm.profile.impi,
        end=End.UE,
        ue=gm.config.address,
        pcscf=gm.config.pcscf.address,
        ports=Ports(uc=ours.port_c, us=ours.port_s, pc=theirs.port_c, ps=theirs.port_s),
        spis=Spis(uc=ours.spi_c, us=ours.spi_s, pc=theirs.spi_c, ps=theirs.spi_s),
        suite=valid.choice.suite,
        keys=expand(valid.choice.suite, valid.ck, valid.ik),
    )
    gm.sets.install(sa_set, valid.server, Micros(now + REG_AWAIT_AUTH), out)
    attempt = replace(attempt, invalid=0, doubt=None, challenges=attempt.challenges + 1)
    registrar.state = Installing(attempt, sa_set.set_id, valid.authorization)


def send_sm7(
    registrar: "Registrar", state: Active, _happening: Happening, now: Micros, out: list[Action]
) -> None:
    """Answer the challenge over the temporary set, to port_ps (AGR-24, AKA-06, AKA-09, MSG-09, FLOW-03)."""
    assert isinstance(state, Installing)
    gm = registrar.gm
    live = gm.sets.get(state.set_id)
    assert live is not None, "it has just been installed"
    gm.sets.tell(live, out)
    attempt = replace(state.round, cseq=state.round.cseq + 1)
    transport = gm.config.transport
    via = gm.profile.via(transport, gm.entropy)
    request = requests.register(gm, attempt, via, state.authorization, live.server)
    registrar.state = Answering(attempt, state.set_id, state.authorization)
    gm.ask(request, live.flow(transport), registrar.exchange(attempt), now, out)


def answer_invalid(
    registrar: "Registrar", state: Active, happening: Happening, now: Micros, out: list[Action]
) -> None:
    """Tell the network that its challenge is no use: same Call-ID, new offer, no set (AKA-20..AKA-23)."""
    invalid, attempt, gm = happening.verdict, state.round, registrar.gm
    assert isinstance(invalid, Invalid)
    if happening.step is Step.OUT_OF_SYNC:
        out.append(Report(Resynchronised(gm.profile.impi)))
    terms = new_terms(gm, attempt.carrier)
    offer = Offer.make(terms, gm.config.offered)
    attempt = replace(attempt, terms=terms, offer=offer, invalid=attempt.invalid + 1, doubt=invalid.refusal)
    ask(registrar, attempt, now, out, invalid.authorization)


def again(
    registrar: "Registrar", state: Active, _happening: Happening, now: Micros, out: list[Action]
) -> None:
    """Begin anew, with another Call-ID and another offer (AKA-25, ERR-10)."""
    leave_carrier(registrar.gm, state.round, out)
    attempt = state.round
    begin(
        registrar,
        attempt.purpose,
        now,
        out,
        fresh_starts=attempt.fresh_starts + 1,
        refused=attempt.terms.port_c,
    )


def again_in_clear(
    registrar: "Registrar", _state: Active, _happening: Happening, now: Micros, out: list[Action]
) -> None:
    """The set seems dead: forget what hung on it and register from the beginning (MGU-10)."""
    registrar.begin_anew("no answer over the SA set", now, out)


def longer(
    registrar: "Registrar", state: Active, happening: Happening, now: Micros, out: list[Action]
) -> None:
    """Repeat with the interval the registrar asks for (UEP-14)."""
    assert happening.response is not None
    least = delta_seconds(happening.response.get("Min-Expires"), 0)
    ask(registrar, replace(state.round, expires_s=least), now, out)


def drop(
    registrar: "Registrar", state: Active, _happening: Happening, _now: Micros, out: list[Action]
) -> None:
    """Remove the temporary set, unless its lifetime has done so; others stay (MGU-07, ERR-30, ERR-31)."""
    assert isinstance(state, Installing | Answering)
    live = registrar.gm.sets.get(state.set_id)
    if live is not None:
        registrar.gm.sets.release([live], out)


def adopt(
    registrar: "Registrar", state: Active, happening: Happening, now: Micros, out: list[Action]
) -> None:
    """SM12: the new set is established and used at once, the one before drains (MGU-04, MGU-09, TMR-02)."""
    assert isinstance(state, Answering)
    sets, attempt = registrar.gm.sets, state.round
    live, before = sets.get(state.set_id), sets.in_use
    assert live is not None, "an expired set ends the attempt"
    assert happening.response is not None
    leave_carrier(registrar.gm, attempt, out)
    expires_s = granted_s(requests.asked(registrar.gm, attempt), happening.response)
    if attempt.purpose is Purpose.DEREGISTER or not expires_s:
        _leave(registrar, out)
        return
    _name(registrar, happening.response)
    sets.feed(live, Trigger.CONFIRMED, out)
    live.life.expires_at = established_until(before.life if before else None, expires_s, now)
    if before is not None and attempt.protected:
        sets.replaced(before, now, out)
        if registrar.gm.rules.drops_old:
            sets.release([before], out)
    elif not attempt.protected:
        registrar.breaks(ANEW)
        registrar.forget([other for other in sets if other is not live], ANEW, out)
    sets.feed(live, Trigger.TAKEN, out)
    registrar.authorization = state.authorization
    _stand(registrar, attempt, happening, expires_s, now, out)


def refresh(
    registrar: "Registrar", state: Active, happening: Happening, now: Micros, out: list[Action]
) -> None:
    """200 without a challenge: no set, port or SPI changes, only lifetimes (RRG-05, TMR-02, MGU-12)."""
    attempt, live = state.round, registrar.gm.sets.in_use
    assert happening.response is not None
    expires_s = granted_s(requests.asked(registrar.gm, attempt), happening.response)
    if attempt.purpose is Purpose.DEREGISTER or not expires_s or live is None:
        _leave(registrar, out)
        return
    live.life.expires_at = established_until(live.life, expires_s, now)
    _name(registrar, happening.response)
    _stand(registrar, attempt, happening, expires_s, now, out)


def _name(registrar: "Registrar", response: Response) -> None:
    """What the registration is among others, only a 200 OK says (RFC 5626 §6; ADR 12)."""
    gm = registrar.gm
    gm.sets.flow = gm.config.flow.confirmed(response.values("Require"))


def _stand(
    registrar: "Registrar",
    attempt: Round,
    happening: Happening,
    expires_s: int,
    now: Micros,
    out: list[Action],
) -> None:
    """A registration stands (UEP-06)."""
    profile = registrar.gm.profile
    assert happening.response is not None
    registrar.registration = standing = registration_from(
        happening.response,
        registered=profile.impu,
        call_id=attempt.call_id,
        cseq=attempt.cseq,
        expires_s=expires_s,
        now=now,
    )
    flow = registrar.gm.sets.flow
    if flow.sos:  # re-registered for an emergency only (24.229 §5.1.6.4)
        registrar.registration = replace(standing, refresh_at=FOREVER)
    registrar.failures, registrar.retry_at, registrar.state = 0, FOREVER, Idle()
    out.append(Report(Registered(profile.impi, profile.impu, expires_s, standing.associated, flow)))


def _leave(registrar: "Registrar", out: list[Action]) -> None:
    """The last IMPU is de-registered: all sets and keys go (MGU-12)."""
    registrar.gm.sets.release(registrar.gm.sets, out)
    registrar.authorization, registrar.state = "", Idle()
    registrar.failures, registrar.retry_at = 0, FOREVER
    registrar.lost("on request", out)


def fail(registrar: "Registrar", state: Active, happening: Happening, now: Micros, out: list[Action]) -> None:
    """Give the attempt up; what stood before still stands (INT-06, ERR-26, ERR-30)."""
    leave_carrier(registrar.gm, state.round, out)
    registrar.state = Idle()
    standing = registrar.registration
    if standing is not None:  # a refresh that failed is not repeated at once
        registrar.registration = replace(standing, refresh_at=FOREVER, cseq=state.round.cseq)
        if registrar.gm.sets.in_use is None:  # it made room for one that was not confirmed
            registrar.lost("the SA set made room for one that failed", out)
    status = happening.response.status if happening.response is not None else 0
    profile, refusal = registrar.gm.profile, happening.refusal or state.round.doubt
    retry_s = 0 if registrar.retry_at == FOREVER else max(1, -(-(registrar.retry_at - now) // SECOND))
    fact = RegistrationFailed(
        profile.impi, happening.reason, status, refusal, retry_s, registrar.gm.config.flow
    )
    out.append(Report(fact))


def later(
    registrar: "Registrar", state: Active, happening: Happening, now: Micros, _out: list[Action]
) -> None:
    """Try again after a while, not before Retry-After (UEP-13, UEP-14)."""
    gm = registrar.gm
    after = happening.response.get("Retry-After") if happening.response is not None else None
    registrar.not_before = Micros(now + delta_seconds(after, 0) * SECOND)
    if not gm.config.retries or state.round.purpose is Purpose.DEREGISTER:
        return
    registrar.failures += 1
    others_stand = gm.shared.stands_beside(gm.sets)
    due = retry_at(registrar.failures, gm.entropy, now, others_stand=others_stand)
    registrar.retry_at = max(due, registrar.not_before)


PERFORM: Final[dict[Do, Perform]] = {
    Do.INSTALL: install,
    Do.SEND_SM7: send_sm7,
    Do.ANSWER_INVALID: answer_invalid,
    Do.AGAIN: again,
    Do.AGAIN_IN_CLEAR: again_in_clear,
    Do.LONGER: longer,
    Do.DROP: drop,
    Do.ADOPT: adopt,
    Do.REFRESH: refresh,
    Do.FAIL: fail,
    Do.LATER: later,
}
