"""The call of a UE, one at a time: its user's wishes, its peer's requests (24.229 §5.1.3, §5.1.4; UEP-09)."""

from typing import Final

from twopair.base import Impu, Micros, Refusal, Report, WireError, token
from twopair.core.sip import ServerTransaction
from twopair.core.sip.dialog import has_to_tag
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered
from twopair.nodes.ue import refreshed, refreshing, requests
from twopair.nodes.ue.call import On, belongs
from twopair.nodes.ue.called import Called
from twopair.nodes.ue.calling import Calling
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.intervals import Lines, too_small
from twopair.nodes.ue.registrar import Registrar
from twopair.nodes.wishes import Answer, HangUp, Say
from twopair.nodes.wishes import Call as CallWish
from twopair.wire.sip import Request, make_response

METHODS: Final = ("INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "PRACK")
"""What is served here, beside requests within a dialog."""


class Calls:
    """At most one call of a UE; who calls meanwhile is answered 486.

    Args:
        registrar: without a registration there is nobody to call through.

    Attributes:
        closing: whether the UE is leaving: who calls is answered 480, nobody is called.
    """

    def __init__(self, registrar: Registrar) -> None:
        self.closing = False
        self._registrar = registrar
        self._gm = registrar.gm
        self._gm.shared.calls.append(self)
        self._call: Calling | Called | None = None
        self._lineage = 0

    @property
    def busy(self) -> bool:
        """Whether there is a call here."""
        return self._call is not None and self._call.stage is not CallStage.ENDED

    # wishes

    def call(self, wish: CallWish, now: Micros, out: list[Action]) -> None:
        """Call somebody; without a registration, or during a call, it fails at once."""
        gm, registration, live = self._gm, self._registrar.registration, self._gm.sets.in_use
        if registration is None or live is None or self.closing or self._gm.shared.busy:
            status = 486 if self._gm.shared.busy else Refusal.NOT_REGISTERED.status
            out.append(Report(CallChanged("", CallStage.ENDED, status, wish.to, ours=True)))
            return
        transport = wish.transport or gm.config.transport
        invite = requests.invite(gm, registration, live, wish.to, transport)
        flow = gm.fit(invite, live, wish.transport)
        call = Calling(gm, invite, wish.to)
        self._hold(call, now, out)
        call.ask(invite, flow, now, out)

    def answer(self, _wish: Answer, now: Micros, out: list[Action]) -> None:
        """Take the call that rings here, if one does."""
        if isinstance(self._call, Called) and self._call.may(On.TAKEN):
            self._call.take(now, out)

    def say(self, wish: Say, now: Micros, out: list[Action]) -> None:
        """Send a MESSAGE within the call; where there is none it fails at once."""
        kind = [("Content-Type", wish.content_type)]
        up = self._call is not None and self._call.stage is CallStage.UP
        if not up or self._call is None or not self._call.request("MESSAGE", now, out, kind, wish.body):
            out.append(Report(MessageAnswered(Impu(""), 481, "")))

    def hang_up(self, _wish: HangUp, now: Micros, out: list[Action]) -> None:
        """End the call, whatever its stage."""
        if self._call is not None and self._call.may(On.LEFT):
            self._call.hang_up(now, out)

    def abandon(self, now: Micros, out: list[Action]) -> None:
        """End it here, though the peer has not answered: the UE leaves."""
        if self._call is not None:
            self._call.abandon(now, out)

    # requests of the peer

    def serves(self, request: Request) -> bool:
        """Whether a request is for here: what begins or ends a call, and whatever names a dialog."""
        try:
            return request.method in METHODS or has_to_tag(request)
        except WireError:
            return False

    def take(self, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]) -> bool:
        """Serve a request; False if it is one within our dialog that others answer, a MESSAGE say."""
        if has_to_tag(request):
            return self._inside(txn, request, now, out)
        if request.method == "INVITE":
            self._invited(txn, request, now, out)
        else:
            self._refuse(txn, request, 481, now, out)
        return True

    def _inside(self, txn: ServerTransaction, request: Request, now: Micros, out: list[Action]) -> bool:
        call = self._call
        if call is None or not belongs(call, request):
            self._refuse(txn, request, 481, now, out)
        elif request.method == "BYE":
            self._gm.respond(txn, make_response(request, 200), now, out)
            call.over(out)
        elif request.method in ("INVITE", "UPDATE"):
            try:
                refreshed.serve(call, txn, request, now, out)
            except WireError:
                self._refuse(txn, request, 400, now, out)
            if isinstance(call, Called):
                call.updated(now, out)
        elif request.method == "PRACK":
            known = isinstance(call, Called) and call.acknowledges(request, now, out)
            self._gm.respond(txn, make_response(request, 200 if known else 481), now, out)
        else:
            call.hear(now)
            return False
        return True

    def _invited(self, txn: ServerTransaction, invite: Request, now: Micros, out: list[Action]) -> None:
        if self._gm.shared.busy or self.closing:
            self._refuse(txn, invite, 486 if self._gm.shared.busy else 480, now, out)
            return
        try:
            call = Called(self._gm, txn, invite, now)
        except WireError:
            self._refuse(txn, invite, 400, now, out)
            return
        if too_small(call.interval, self._gm.config):
            least = [("Min-SE", str(self._gm.config.min_se_s))]
            self._refuse(txn, invite, 422, now, out, least)
            return
        self._hold(call, now, out)
        call.ring(now, out)

    def acknowledged(self, ack: Request, now: Micros, out: list[Action]) -> None:
        """An ACK to a 2xx of ours."""
        if self._call is not None and belongs(self._call, ack):
            self._call.acknowledged(ack.cseq.number, now, out)

    def cancelled(self, call_id: str, now: Micros, out: list[Action]) -> None:
        """The INVITE is cancelled; of no effect once it is answered (RFC 3261 §9.2)."""
        call = self._call
        if isinstance(call, Called) and call.call_id == call_id and call.stage is CallStage.RINGING:
            call.refuse(487, now, out)

    # what happens besides

    def check(self, now: Micros, out: list[Action]) -> None:
        """A registration that is gone, or begun anew, takes the call with it (24.229 §5.1.1.2.1; MGU-10)."""
        if self._call is not None and self.busy and self._lineage != self._registrar.lineage:
            self._call.lose(self._registrar.broken, now, out)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Do what is due."""
        if self._call is not None:
            self._call.wake(now, out)
            refreshing.keep_alive(self._call, now, out)

    def next_deadline(self) -> Micros:
        """When `wake` has something to do, `FOREVER` for never."""
        call = self._call
        if call is None:
            return FOREVER
        of_session = refreshing.next_deadline(call)
        return min(call.next_deadline(), of_session) if self.busy else of_session

    def _hold(self, call: Calling | Called, now: Micros, out: list[Action]) -> None:
        former = self._call
        if former is not None and former.refreshing is not None:
            former.refreshing.stop(now, out)
        self._call, self._lineage = call, self._registrar.lineage

    def _refuse(
        self,
        txn: ServerTransaction,
        request: Request,
        status: int,
        now: Micros,
        out: list[Action],
        headers: Lines = (),
    ) -> None:
        response = make_response(request, status, to_tag=token(self._gm.entropy), headers=headers)
        self._gm.respond(txn, response, now, out)
