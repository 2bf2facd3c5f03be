"""CSCFs whose HSS is elsewhere: questions go out, answers come later or never (29.228 §6)."""

from tests.unit.nodes.homenet.core_side import ALICE, BOB, CoreSide, Numbers

from twopair.base import Impi, Refusal, Report, Send, seconds
from twopair.nodes.actions import Action
from twopair.nodes.cx import AskHss, Assignment, HssAnswered, Lir, Maa, Mar, Result, Sar, Uaa, Uar
from twopair.nodes.events import Event
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.homenet import HomeNetwork
from twopair.nodes.homenet.hss import Hss
from twopair.nodes.homenet.inquiries import Inquiries
from twopair.nodes.homenet.inquiry import Inquiry, assign
from twopair.wire.sip import Request, Response, parse


class FarHss(CoreSide):
    """The HSS answers each question in a later event, or holds it back in `held`."""

    def __init__(self) -> None:
        super().__init__()
        self.hss = Hss(self.store, Numbers())
        self.home = HomeNetwork(self.config, None, Numbers())
        self.asked: list[object] = []
        self.holds = False
        self.held: list[AskHss] = []

    def feed(self, event: Event) -> list[Request | Response]:
        if not hasattr(self, "hss"):
            return super().feed(event)
        return self._sent(list(self.home.feed(event, self.now)))

    def _sent(self, actions: list[Action]) -> list[Request | Response]:
        self.facts += [action.fact for action in actions if isinstance(action, Report)]
        sent = [parse(action.data) for action in actions if isinstance(action, Send)]
        for action in actions:
            if isinstance(action, AskHss):
                self.asked.append(action.question)
                self.held.append(action)
        while self.held and not self.holds:
            sent += self.answer(self.held.pop(0))
        return sent

    def answer(self, ask: AskHss) -> list[Request | Response]:
        return self.feed(HssAnswered(ask.number, self.hss.answer(ask.question)))


def test_a_registration_asks_and_waits_for_each_answer() -> None:
    """29.228 §6.1.1, §6.3, §6.1.2: UAR and MAR; UAR and SAR; and SAR at the end."""
    core = FarHss()
    core.registered(core.alice)
    assert [type(question) for question in core.asked] == [Uar, Mar, Uar, Sar]
    leaving = core.register(core.alice, expires=0, protected="yes")
    assert core.ask(leaving).status == 200
    assert [type(question) for question in core.asked[4:]] == [Uar, Sar]
    assert [type(fact) for fact in core.facts] == [Registered, Deregistered]


def test_nothing_is_answered_before_the_hss_has() -> None:
    core = FarHss()
    core.holds = True
    assert core.send(core.register(core.alice)) == []
    assert core.answer(core.held.pop()) == [], "UAA leads to MAR"
    (sm4,) = core.answer(core.held.pop())
    assert isinstance(sm4, Response)
    assert sm4.status == 401


def test_requests_of_one_user_follow_each_other() -> None:
    """The second SM1 has its turn when the first has been answered; another user does not wait."""
    core = FarHss()
    core.holds = True
    core.send(core.register(core.alice))
    core.send(core.register(core.alice))
    core.send(core.register(core.bob))
    assert [ask.question for ask in core.held] == [
        Uar(core.alice.impi, core.alice.card.impus[0]),
        Uar(core.bob.impi, core.bob.card.impus[0]),
    ]
    core.holds = False
    first = core.held.pop(0)
    answers = core.answer(first)
    assert [answer.status for answer in answers if isinstance(answer, Response)] == [401] * 3


def test_an_hss_that_is_silent_leads_to_480() -> None:
    """24.229 §5.3.1.3: the procedure cannot be completed, e.g. due to time-out."""
    core = FarHss()
    core.holds = True
    core.send(core.register(core.alice))
    (answer,) = core.later(seconds(11))
    assert isinstance(answer, Response)
    assert answer.status == 480
    assert core.refusals() == [Refusal.HSS_UNREACHABLE]
    assert core.answer(core.held.pop()) == [], "too late"


def test_an_unreachable_hss_refuses_vectors_profiles_and_locations() -> None:
    core = FarHss()
    core.holds = True
    core.send(core.register(core.alice))
    core.feed(HssAnswered(core.held.pop().number, Uaa(Result.SUCCESS)))
    (answer,) = core.feed(HssAnswered(core.held.pop().number, Maa(Result.UNABLE_TO_DELIVER)))
    assert isinstance(answer, Response)
    assert answer.status == 480
    core.send(core.request("MESSAGE", BOB))
    ask = core.held.pop()
    assert ask.question == Lir(BOB)
    (answer,) = core.feed(HssAnswered(ask.number, core.hss.answer(ask.question)))
    assert isinstance(answer, Response)
    assert answer.status == 480
    assert core.refusals() == [Refusal.HSS_UNREACHABLE, Refusal.USER_AWAY]


def test_what_waits_is_bounded() -> None:
    """Beyond the bound the HSS counts as unreachable, and no request waits for its turn."""
    inquiries = Inquiries(None, most=1)
    impi, other = Impi("a@b"), Impi("c@d")
    results: list[Result] = []

    def told(impi: Impi) -> Inquiry[Result]:
        saa = yield from assign(Sar(impi, ALICE, "sip:s", Assignment.USER_DEREGISTRATION))
        return saa.result

    core = CoreSide()
    out: list[Action] = []

    def run(impi: Impi) -> bool:
        return inquiries.run(
            lambda _: told(impi), lambda result, _now, _out: results.append(result), core.now, out, impi
        )

    assert run(impi)
    assert run(other)
    assert results == [Result.UNABLE_TO_DELIVER]
    assert run(impi)
    assert not run(impi)


def test_a_message_that_cannot_be_read_is_refused_all_the_same() -> None:
    core = FarHss()
    request = core.request("MESSAGE", BOB)
    request.set("Max-Forwards", "x")
    assert core.ask(request).status == 400
