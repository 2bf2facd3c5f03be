"""N5: the PCF asked over HTTP/2, and heard when a bearer is gone (29.514; 29.500 §5.2)."""

import json
import logging
from asyncio import Event, Task, create_task, gather
from collections.abc import Callable
from typing import Any, Final

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from twopair.base import Endpoint, WireError
from twopair.live.policy.contract import Told
from twopair.live.policy.in_order import InOrder
from twopair.live.policy.npcf import BASE, cause, changes, context, lost_components
from twopair.nodes.policy import AskPolicy, BearerLost, EndPolicy, PolicyAnswered, Verdict

_log = logging.getLogger(__name__)

MERGE_PATCH: Final = "application/merge-patch+json"
LONGEST: Final = 65_536
"""Octets of a notification."""

_VERDICTS: Final = {
    "REQUESTED_SERVICE_NOT_AUTHORIZED": Verdict.NOT_AUTHORISED,
    "REQUESTED_SERVICE_TEMPORARILY_NOT_AUTHORIZED": Verdict.NOT_AUTHORISED,
    "INVALID_SERVICE_INFORMATION": Verdict.NOT_ACCEPTABLE,
    "FILTER_RESTRICTIONS": Verdict.NOT_ACCEPTABLE,
    "PDU_SESSION_NOT_AVAILABLE": Verdict.UNKNOWN_BEARER,
}
"""Causes of refusals (29.514 §5.7.3)."""


class N5:
    """A PCF as `PolicyControl`.

    Args:
        pcf: its API root, ``http://HOST:PORT``; HTTP/2 from the first octet on (29.500 §5.2.2).
        listen: where it notifies us.
        told: who hears.
        timeout_s: how long an answer may take.
    """

    def __init__(self, pcf: str, listen: Endpoint, told: Told, timeout_s: float = 5.0) -> None:
        self._base = pcf.rstrip("/") + BASE
        self._listen = listen
        self._told = told
        self._timeout_s = timeout_s
        self._order = InOrder()
        self._contexts: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        self._number = 0
        self._client: httpx.AsyncClient | None = None
        self._over = Event()
        self._server: Task[Any] | None = None

    @property
    def performs(self) -> dict[type, Callable[[Any], None]]:
        """See `PolicyControl`."""
        return {AskPolicy: self._ask, EndPolicy: lambda end: self._end(end.session)}

    @property
    def sessions(self) -> int:
        """Sessions that the PCF has."""
        return len(self._contexts)

    async def open(self) -> None:
        """See `PolicyControl`."""
        self._client = httpx.AsyncClient(http1=False, http2=True, timeout=self._timeout_s)
        config = Config()
        config.bind = [str(self._listen)]
        config.accesslog = config.errorlog = None
        config.h11_max_incomplete_size = LONGEST
        routes = [
            Route("/{name}/notify", self._notified, methods=["POST"]),
            Route("/{name}/terminate", self._terminated, methods=["POST"]),
        ]
        app: Any = Starlette(routes=routes)
        self._server = create_task(serve(app, config, shutdown_trigger=self._over.wait))

    async def close(self) -> None:
        """See `PolicyControl`."""
        for session in list(self._contexts):
            self._end(session)
        await self._order.close(self._timeout_s)
        self._over.set()
        if self._server is not None:
            await gather(self._server, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    # what is asked

    def _ask(self, asked: AskPolicy) -> None:
        if self._order.full:
            self._told(PolicyAnswered(asked.session, Verdict.FAILED, "too many questions are open"))
            return
        self._order.begin(asked.session, lambda: self._authorise(asked))

    def _end(self, session: str) -> None:
        self._order.begin(session, lambda: self._delete(session))

    async def _authorise(self, asked: AskPolicy) -> None:
        assert self._client is not None
        resource = self._contexts.get(asked.session)
        try:
            if resource is None:
                answer = await self._client.post(self._base, json=context(asked, self._notify(asked.session)))
            else:
                said = {"ascReqData": changes(asked)}
                headers = {"content-type": MERGE_PATCH}
                answer = await self._client.patch(resource, json=said, headers=headers)
        except httpx.HTTPError as error:
            self._told(PolicyAnswered(asked.session, Verdict.UNREACHABLE, _words(error)))
            return
        verdict, why = _verdict(answer)
        if verdict is Verdict.GRANTED and resource is None:
            location = answer.headers.get("location")
            if not location:
                verdict, why = Verdict.FAILED, "201 without Location"
            else:
                self._contexts[asked.session] = str(answer.url.join(location))
        self._told(PolicyAnswered(asked.session, verdict, why))

    async def _delete(self, session: str) -> None:
        assert self._client is not None
        self._forget(session)
        resource = self._contexts.pop(session, None)
        if resource is None:
            return
        try:
            answer = await self._client.post(resource + "/delete")
        except httpx.HTTPError as error:
            _log.warning("PCF: the end of session %s was not heard: %s", session, _words(error))
            return
        if answer.status_code not in (200, 204, 404):
            _log.warning("PCF: end of session %s: %s %s", session, answer.status_code, _said(answer))

    # what is heard

    def _notify(self, session: str) -> str:
        """A URI of one session; its last part is ours, so that no name of a session stands in a URI."""
        self._forget(session)
        self._number += 1
        name = self._names[session] = f"{self._number:x}"
        self._sessions[name] = session
        return f"http://{self._listen}/{name}"

    def _forget(self, session: str) -> None:
        self._sessions.pop(self._names.pop(session, ""), None)

    async def _notified(self, request: Request) -> Response:
        session = self._sessions.get(request.path_params["name"])
        if session is None:
            return JSONResponse({"status": 404, "cause": "SUBSCRIPTION_NOT_FOUND"}, 404)
        try:
            lost = lost_components(await _body(request))
        except WireError as error:
            return JSONResponse({"status": 400, "cause": "INVALID_MSG_FORMAT", "detail": error.what}, 400)
        if lost is not None:
            self._told(BearerLost(session, lost, ended=False, why="N5 notification"))
        return Response(status_code=204)

    async def _terminated(self, request: Request) -> Response:
        session = self._sessions.get(request.path_params["name"])
        if session is None:
            return JSONResponse({"status": 404, "cause": "APPLICATION_SESSION_CONTEXT_NOT_FOUND"}, 404)
        try:
            why = cause(await _body(request))
        except WireError as error:
            return JSONResponse({"status": 400, "cause": "INVALID_MSG_FORMAT", "detail": error.what}, 400)
        self._told(BearerLost(session, frozenset(), ended=True, why=why))
        self._end(session)
        return Response(status_code=204)


async def _body(request: Request) -> object:
    """The JSON of a request. Raises WireError if it is none, or too long."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > LONGEST:
            raise WireError("too long", LONGEST, "29.514 §5.5")
    return _json(bytes(data))


def _json(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise WireError("no JSON", 0, "RFC 8259") from None


def _verdict(answer: httpx.Response) -> tuple[Verdict, str]:
    if answer.status_code in (200, 201, 204):
        return Verdict.GRANTED, ""
    said = _said(answer)
    return _VERDICTS.get(said, Verdict.FAILED), f"{answer.status_code} {said}".strip()


def _said(answer: httpx.Response) -> str:
    try:
        return cause(_json(answer.content))
    except WireError:
        return ""


def _words(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
