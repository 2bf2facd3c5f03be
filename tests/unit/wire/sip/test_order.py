"""Orders: what a shared one knows is what a search of the lines would find, and it stays bounded."""

import gc
from collections.abc import Callable
from random import Random

import pytest
from tests.growth import BOUND, growth

from twopair.base import WireError
from twopair.wire.sip import Edit, index, make_request, order, parse
from twopair.wire.sip.order import ABSENT, Order, order_of

HOP = Edit(frozenset({"route"}), ("Via",), ("Max-Forwards",))
SOME = ("via", "via", "from", "to", "call-id", "cseq", "route", "x-odd", "route", "content-length")


def message(names: list[str]) -> bytes:
    lines = "".join(f"{name}: {number}\r\n" for number, name in enumerate(names))
    return f"OPTIONS sip:a@b SIP/2.0\r\n{lines}\r\n".encode()


def test_messages_of_one_order_share_it() -> None:
    names = ["Via", "v", "FROM", "X-Odd"]
    first, second = parse(message(names)), parse(message(names))
    assert first.names() is second.names()
    first.pop_value("Via")
    assert second.names() == ("via", "via", "from", "x-odd")
    second.pop_value("Via")
    assert first.names() is second.names()


def test_an_order_is_what_its_names_say() -> None:
    made = order_of(SOME)
    assert made.once == {"from", "to", "call-id", "cseq", "x-odd", "content-length"}
    for name in (*SOME, "Via", "v", "CALL-ID", "absent", "a"):
        long = {"Via": "via", "v": "via", "CALL-ID": "call-id", "a": "accept-contact"}.get(name, name)
        found = SOME.index(long) if long in SOME else ABSENT
        assert made.first(name) == made.first(name) == found


@pytest.mark.parametrize("seed", range(20))
def test_steps_are_those_of_a_list(seed: int) -> None:
    """Any walk over orders names what the same edits of a list of names leave."""
    random = Random(seed)
    names = [random.choice(SOME) for _ in range(random.randrange(1, 12))]
    now = order_of(tuple(names))
    for _ in range(200):
        at, name = random.randrange(len(names) + 1), random.choice(SOME)
        some = frozenset(random.choices(SOME, k=2))
        step = random.randrange(6)
        if step == 0 and len(names) < 70:
            now = now.with_line(at, name)
            names.insert(at, name)
        elif step == 1 and at < len(names):
            now = now.without_line(at)
            del names[at]
        elif step == 2 and len(names) < 70:
            now = now.behind(["Max-Forwards", name])
            names = [*names, "max-forwards", name]
        elif step == 3:
            rest = now.without(some)
            assert rest.keep == [have not in some for have in names]
            now, names = rest.order, [have for have in names if have not in some]
        elif step == 4 and len(names) > 5:
            now, names = now.only(some).order, [have for have in names if have in some]
        elif step == 5:
            now = now.with_one(name, at).order
            names = [have for number, have in enumerate(names) if have != name or number == at]
        assert now.names == tuple(names)


def test_invented_names_do_not_fill_memory() -> None:
    """A peer may write each message in another order, with other names, more lines and longer ones."""
    for number in range(2_000):
        parse(message(["Via", f"X-{number}"])).push("Via", "SIP/2.0/UDP h")
        parse(message([f"X-{line}" for line in range(number % 100)]))
        parse(message([f"X-{number}-{'n' * number}"]))
    assert len(order._kept) <= order._MOST_ORDERS
    assert max(len(names) for names in order._kept) <= order._MOST_LINES
    assert max(sum(map(len, names)) for names in order._kept) <= order._MOST_CHARACTERS
    assert len(index.SPELLINGS) <= index._MOST_SPELLINGS
    assert len(index._latest) <= index._MOST_SPELLINGS


def test_questions_and_steps_of_an_order_do_not_fill_memory() -> None:
    made = order_of(("via", "from"))
    for number in range(500):
        made.first(f"x-{number}")
        made.with_line(0, f"x-{number}")
        made.without(frozenset({f"x-{number}"}))
    assert len(made.at) <= len(made.names) + order._MOST_STEPS
    assert len(made._steps) <= order._MOST_STEPS
    assert len(made._rests) <= order._MOST_STEPS


def test_forgotten_orders_are_gone() -> None:
    """They know each other; what is forgotten must not wait for the garbage collector, which comes rarely."""
    gc.collect()
    gc.disable()
    try:
        for number in range(3 * order._MOST_ORDERS):
            there = order_of(("via", f"x-{number}"))
            assert there.with_line(0, "route").without_line(0).names == there.names
            there.without(frozenset({"route"}))
        alive = orders_alive()
        gc.collect()
        assert orders_alive() == alive
    finally:
        gc.enable()


def orders_alive() -> int:
    return sum(isinstance(one, Order) for one in gc.get_objects())


def test_a_line_that_begins_as_another_did_is_read_anew() -> None:
    """What is guessed from the message before is seen to be so, line by line."""
    assert parse(message(["Via", "From", "To"])).names() == ("via", "from", "to")
    assert parse(message(["Via", "From", "Tom"])).names() == ("via", "from", "tom")
    assert parse(message(["Via", "From ", "To"])).names() == ("via", "from", "to")
    good = message(["Via", "From", "To"])
    for bad in (
        good.replace(b"To:", b"To"),
        good.replace(b"To:", b" To:\r\n:"),
        good.replace(b"Via", b"Vi a"),
    ):
        parse(good)
        with pytest.raises(WireError):
            parse(bad)
    folded = parse(good.replace(b"From:", b" From:"))
    assert folded.get_all("Via") == ["0 From: 1"]


def test_many_names_cost_in_proportion() -> None:
    """Thousands of names, each its own but one: read, and edited as a relay does."""

    def work(size: int) -> Callable[[], None]:
        data = message(["Via", "Via", *(f"X-{number}" for number in range(size))])

        def relay() -> None:
            sent = parse(data)
            sent.pop_value("Via")
            sent.edit(HOP, ["SIP/2.0/UDP h"], ["69"])
            sent.set("Via", "SIP/2.0/UDP i")

        return relay

    assert growth(work, 500) < BOUND


def test_a_made_message_has_the_order_of_its_lines() -> None:
    made = make_request("OPTIONS", "sip:a@b", [("v", "SIP/2.0/UDP h"), ("To", "<sip:a@b>")])
    assert made.names() == ("via", "to")
    assert made.once() == {"via", "to"}
