"""A transaction layer with a user who notes what it is told, and virtual time."""

from collections.abc import Callable
from typing import Any

from twopair.base import Endpoint, Flow, Micros, Port, Report, Send, Transport, seconds
from twopair.core.sip import GM, ClientTransaction, ServerTransaction, Timers, TransactionLayer, Trouble
from twopair.wire.sip import Request, Response, make_request, make_response, parse

UE = Endpoint("10.0.1.1", Port(6100))
PCSCF = Endpoint("10.0.0.1", Port(5063))
UDP = Flow(Transport.UDP, UE, PCSCF)
TCP = Flow(Transport.TCP, UE, PCSCF)


def request(method: str = "MESSAGE", branch: str = "z9hG4bK1", **more: str) -> Request:
    """A request of the UE."""
    headers = {
        "Via": f"SIP/2.0/UDP 10.0.1.1:6101;branch={branch}",
        "From": "<sip:a@ims.test>;tag=ue",
        "To": "<sip:b@ims.test>",
        "Call-ID": "call-1",
        "CSeq": f"1 {method}",
    }
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return make_request(method, "sip:b@ims.test", headers.items())


class Bed:
    """One layer, its user, its clock.

    Attributes:
        told: what the user was told, one string a time.
        troubles: why requests were not answered.
        silences: when it was told that nothing has come yet.
        sent: start lines of what was sent, with the moment in seconds.
        respond_with: statuses with which each new request is answered at once, on its own flow.
    """

    def __init__(
        self,
        timers: Timers = GM,
        *,
        limit: int = 1000,
        respond_with: tuple[int, ...] = (),
        comes_again: Callable[[Flow, Flow], bool] = lambda _before, _flow: False,
        reach: Callable[[Flow], bool] = lambda _flow: True,
    ) -> None:
        self.layer = TransactionLayer(
            self,
            lambda _flow: timers,
            limit=lambda: limit,
            comes_again=comes_again,
            reach=lambda flow, _now, _out: reach(flow),
        )
        self.now = Micros(0)
        self.told: list[str] = []
        self.troubles: list[Trouble] = []
        self.silences: list[float] = []
        self.out: list[Any] = []
        self.sent: list[tuple[float, str]] = []
        self.sends: list[Send] = []
        self.reports: list[Report] = []
        self.servers: list[ServerTransaction] = []
        self.respond_with = respond_with

    # what a test does

    def receive(self, message: Request | Response, flow: Flow = UDP) -> None:
        self.layer.receive(parse(message.to_bytes()), flow.mirrored(), self.now, self.out)
        self.collect()

    def answer(self, txn: ClientTransaction, status: int, to: Request, flow: Flow = UDP) -> None:
        """The peer answers a request of ours."""
        response = make_response(to, status, to_tag="pcscf")
        self.layer.receive(parse(response.to_bytes()), flow, self.now, self.out)
        self.collect()

    def start(self, message: Request, flow: Flow = UDP) -> ClientTransaction:
        txn = self.layer.start(message, flow, self.now, self.out)
        self.collect()
        return txn

    def respond(self, txn: ServerTransaction, status: int, to: Request) -> None:
        txn.respond(make_response(to, status, to_tag="x"), UDP.mirrored(), self.now, self.out)
        self.collect()

    def run(self, until_s: float, done: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, waking the layer exactly when it asks."""
        end = seconds(until_s)
        while not done():
            due = self.layer.next_deadline()
            if due is None or due > end:
                break
            assert due >= self.now
            self.now = due
            self.layer.wake(due, self.out)
            self.collect()
        self.now = end

    def collect(self) -> None:
        for action in self.out:
            if isinstance(action, Send):
                self.sends.append(action)
                line = (
                    action.data.partition(b"\r\n")[0]
                    .decode()
                    .removesuffix(" SIP/2.0")
                    .removeprefix("SIP/2.0 ")
                )
                self.sent.append((self.now / 1_000_000, line.split(" ")[0]))
            else:
                self.reports.append(action)
        self.out.clear()

    def moments(self, what: str) -> list[float]:
        """When that method or status was sent, in seconds."""
        return [moment for moment, line in self.sent if line == what]

    # TransactionUser

    def on_request(
        self, txn: ServerTransaction, request: Request, flow: Flow, now: Micros, out: list[Any]
    ) -> None:
        self.told.append(f"request {request.method}")
        self.servers.append(txn)
        for status in self.respond_with:
            txn.respond(make_response(request, status, to_tag="x"), flow, now, out)

    def on_ack(self, ack: Request, flow: Flow, now: Micros, out: list[Any]) -> None:
        self.told.append("ack")

    def on_cancel(
        self,
        cancelled: ServerTransaction,
        cancel_txn: ServerTransaction,
        request: Request,
        flow: Flow,
        now: Micros,
        out: list[Any],
    ) -> None:
        self.told.append(f"cancel {cancelled.method}")
        cancel_txn.respond(make_response(request, 200, to_tag="x"), flow, now, out)
        if not cancelled.answered:
            invite = cancelled.request
            cancelled.respond(make_response(invite, 487, to_tag="x"), flow, now, out)

    def on_response(
        self, txn: ClientTransaction, response: Response, flow: Flow, now: Micros, out: list[Any]
    ) -> None:
        self.told.append(f"response {response.status}")

    def on_silence(self, txn: ClientTransaction, now: Micros, out: list[Any]) -> None:
        self.silences.append(now / 1_000_000)

    def on_timeout(self, txn: ClientTransaction, trouble: Trouble, now: Micros, out: list[Any]) -> None:
        self.troubles.append(trouble)
        assert txn.request.method == txn.method
        self.told.append(f"timeout at {now / 1_000_000}")

    def on_stray_response(self, response: Response, flow: Flow, now: Micros, out: list[Any]) -> None:
        self.told.append(f"stray {response.status}")

    def on_terminated(self, txn: ClientTransaction | ServerTransaction, now: Micros, out: list[Any]) -> None:
        self.told.append(f"terminated at {now / 1_000_000}")
