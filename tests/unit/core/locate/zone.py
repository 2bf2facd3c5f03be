"""A zone as text, and what it answers: for tests of whoever asks."""

from collections.abc import Mapping

from twopair.core.locate import Address, Answer, Fault, Kind, Naptr, Question, Record, Srv


def read(kind: str, w: list[str]) -> Record:
    """One record from its words."""
    match kind:
        case "NAPTR":
            return Naptr(int(w[0]), int(w[1]), w[2], w[3], w[4])
        case "SRV":
            return Srv(int(w[0]), int(w[1]), int(w[2]), "" if w[3] == "." else w[3])
        case _:
            return Address(w[0])


def zone(text: str, ttl_s: int = 60) -> Mapping[Question, Answer]:
    """From lines of name, kind and values; equal names and kinds are one answer."""
    found: dict[Question, list[Record]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, kind, *words = line.split()
        found.setdefault(Question(name, Kind(kind)), []).append(read(kind, words))
    return {question: Answer(tuple(records), ttl_s) for question, records in found.items()}


def answer(zone: Mapping[Question, Answer], question: Question) -> Answer:
    """What is there, or that there is no such name, or no such record."""
    known = zone.get(question)
    if known is not None:
        return known
    there = any(one.name == question.name for one in zone)
    return Answer((), 60, Fault.NO_DATA if there else Fault.NO_NAME)
