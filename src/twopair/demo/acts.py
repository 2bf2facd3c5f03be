"""A recording by its scenes, and each message with the SA set that carried it."""

from collections.abc import Iterator
from dataclasses import dataclass

from twopair.core.sa import End, SaSet
from twopair.demo.evidence import Evidence
from twopair.demo.record import GM, Host, Moment, Said, Scene
from twopair.wire.sip import Request, Response


@dataclass(frozen=True, slots=True)
class Asked:
    """One hop of a request on Gm with its final response.

    Args:
        request: the request, as it was first sent.
        response: its final response, None if there was none.
    """

    request: Said
    response: Said | None


def act(evidence: Evidence, title: str) -> list[Moment]:
    """What happened in the scene whose title begins so, up to the next."""
    found: list[Moment] = []
    within = False
    for moment in evidence.recording.moments:
        if isinstance(moment, Scene):
            within = moment.title.startswith(title)
        elif within:
            found.append(moment)
    return found


def said_in(evidence: Evidence, title: str) -> list[Said]:
    """Messages on Gm in a scene, retransmissions left out."""
    return [m for m in act(evidence, title) if isinstance(m, Said) and m.link == GM and not m.seen.again]


def hops(messages: list[Said], method: str) -> Iterator[Asked]:
    """Every request of a method in these messages, hop by hop, with its final response."""
    for said in messages:
        message = said.seen.message
        if isinstance(message, Request) and message.method == method:
            yield Asked(said, next((s for s in messages if _answers(s, said)), None))


def _answers(answer: Said, asked: Said) -> bool:
    message, request = answer.seen.message, asked.seen.message
    return (
        isinstance(message, Response)
        and message.status >= 200
        and answer.receiver is asked.sender
        and (message.call_id, message.cseq) == (request.call_id, request.cseq)
    )


def sets_of(evidence: Evidence, ue: Host) -> list[SaSet]:
    """The sets of a UE, in the order in which it made them."""
    return [s for s in evidence.recording.sets if s.end is End.UE and s.ue == ue.address]


def set_number(evidence: Evidence, said: Said) -> int | None:
    """Which of its UE's sets carried a message, from 1 on; None for one in the clear."""
    ue = said.sender if said.sender.is_ue else said.receiver
    spi = said.seen.spi
    return next((n for n, s in enumerate(sets_of(evidence, ue), 1) if spi in s.spis), None)
