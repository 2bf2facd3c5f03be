"""Which step of the registration a message is."""

from twopair.inspect.procedure import Procedures
from twopair.wire.sip import Request, make_request, make_response


def register(number: int, call_id: str = "c", method: str = "REGISTER") -> Request:
    headers = [
        ("Via", "SIP/2.0/UDP 10.10.1.1:5060;branch=z9hG4bK1"),
        ("From", "<sip:a@ims.example>;tag=1"),
        ("To", "<sip:a@ims.example>"),
        ("Call-ID", call_id),
        ("CSeq", f"{number} {method}"),
    ]
    return make_request(method, "sip:ims.example", headers)


def steps(*turns: tuple[Request, int]) -> list[str]:
    """Each turn is a request and the status of its answer."""
    procedures = Procedures()
    return [
        step
        for request, status in turns
        for step in (procedures.step(request), procedures.step(make_response(request, status)))
    ]


def test_a_registration() -> None:
    """33.203 §6.1: SM1, SM6, SM7, SM12."""
    assert steps((register(1), 401), (register(2), 200)) == ["SM1", "SM6", "SM7", "SM12"]


def test_a_resynchronisation_asks_twice() -> None:
    """ERR-04: the answer with AUTS takes the place of SM7 and is challenged again."""
    told = steps((register(1), 401), (register(2), 401), (register(3), 200))
    assert told == ["SM1", "SM6", "SM7", "SM6", "SM7", "SM12"]


def test_refusals_take_the_place_of_the_answer() -> None:
    """ERR-08 in place of SM6, ERR-10 in place of SM12."""
    assert steps((register(1), 494)) == ["SM1", "SM6"]
    assert steps((register(1), 401), (register(2), 494)) == ["SM1", "SM6", "SM7", "SM12"]


def test_a_reregistration_begins_again() -> None:
    """RRG-05: without a challenge, the 200 OK ends it."""
    told = steps((register(1), 401), (register(2), 200), (register(3), 401), (register(4), 200))
    assert told[4:] == ["SM1", "SM6", "SM7", "SM12"]
    assert steps((register(1), 401), (register(2), 200), (register(3), 200))[4:] == ["SM1", "SM12"]


def test_retransmissions_keep_their_step() -> None:
    """FLOW-08: a repeated SM7 is still SM7, and a repeated SM1 after SM6 is still SM1."""
    procedures = Procedures()
    first, second = register(1), register(2)
    for message in (first, make_response(first, 401), second):
        procedures.step(message)
    assert [procedures.step(m) for m in (second, first, make_response(first, 401))] == ["SM7", "SM1", "SM6"]
    procedures.step(make_response(second, 200))
    assert procedures.step(register(3)) == "SM1"


def test_provisional_answers_and_other_methods_are_no_step() -> None:
    assert steps((register(1), 100)) == ["SM1", ""]
    assert steps((register(1, method="MESSAGE"), 200)) == ["", ""]
    assert Procedures().step(make_response(register(1), 200)) == ""


def test_a_message_without_call_id_is_no_step() -> None:
    request = register(1)
    request.remove("Call-ID")
    assert Procedures().step(request) == ""
