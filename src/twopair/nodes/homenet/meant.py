"""Which of a user's registrations a REGISTER is about (RFC 3261 §10.3; RFC 5626 §6; MGU-09, PCS-18)."""

from collections.abc import Sequence

from twopair.core.registration.flows import Kind, RegFlow, is_anew, names_outbound
from twopair.nodes.homenet.registrar import Binding
from twopair.nodes.homenet.registration_request import RegisterRequest
from twopair.nodes.homenet.routes import same_target


def confirmed(request: RegisterRequest, *, outbound: bool) -> RegFlow | None:
    """The name of the registration asked for, as the 200 will confirm it.

    Args:
        request: what was asked.
        outbound: whether a user may have flows here.

    Returns:
        None where `outbound` is required and cannot be (RFC 5626 §6).
    """
    if request.flow.kind is not Kind.FLOW or (outbound and request.first_hop_keeps_flows):
        return request.flow
    return None if names_outbound(request.required) else request.flow.confirmed(())


def meant(
    known: Sequence[Binding], request: RegisterRequest, flow: RegFlow, *, initial: bool
) -> Sequence[Binding]:
    """The registrations that a REGISTER is about, as they are now.

    All where it has no Contact, all but emergency where it names all, else one by its name. One that ends or
    continues what has a name, and gives none, is known by its contact: a phone may forget its `reg-id`.

    Args:
        known: those of the user.
        request: what was asked.
        flow: its name as confirmed.
        initial: whether it makes a registration, and continues none.
    """
    if request.contact is None:
        return known
    if request.everything:
        return [one for one in known if not one.flow.sos]
    if flow.kind is Kind.ALONE and (request.ends or not initial):
        target = request.contact.uri
        there = [one for one in known if not one.flow.sos and same_target(target, one.target)]
        if there or request.ends:
            return there[:1]
    return [one for one in known if is_anew(flow, one.flow)][:1]
