"""A dialog as one end knows it: where requests within it go (RFC 3261 §12).

Contact and Record-Route hold server ports only (MSG-03, MSG-04), so nothing of a dialog changes when
SA sets do (RRG-01).
"""

from dataclasses import dataclass, replace

from twopair.base import WireError
from twopair.wire.sip import NameAddr, Request, Response


@dataclass(frozen=True, slots=True)
class Dialog:
    """What stays the same in every request of a dialog.

    Args:
        call_id: Call-ID.
        local: value of From in own requests, with the tag.
        remote: value of To in own requests, with the tag.
        target: Contact of the peer: the Request-URI.
        route: values of Route, the nearest hop first.
    """

    call_id: str
    local: str
    remote: str
    target: str
    route: tuple[str, ...]

    @classmethod
    def of_caller(cls, answer: Response) -> "Dialog":
        """The dialog that a 2xx to our INVITE makes (RFC 3261 §12.1.2). Raises WireError."""
        return cls(
            call_id=answer.call_id,
            local=answer.get("From") or "",
            remote=answer.get("To") or "",
            target=_contact(answer),
            route=tuple(reversed(answer.values("Record-Route"))),
        )

    @classmethod
    def of_called(cls, invite: Request, to_tag: str) -> "Dialog":
        """The dialog that our 2xx to an INVITE makes (RFC 3261 §12.1.1). Raises WireError."""
        return cls(
            call_id=invite.call_id,
            local=f"{invite.get('To') or ''};tag={to_tag}",
            remote=invite.get("From") or "",
            target=_contact(invite),
            route=tuple(invite.values("Record-Route")),
        )

    @classmethod
    def of_notifier(cls, notify: Request) -> "Dialog":
        """The dialog that the first NOTIFY to our SUBSCRIBE makes (RFC 6665 §4.1.2.4, §4.4.1).

        Raises WireError.
        """
        return cls(
            call_id=notify.call_id,
            local=notify.get("To") or "",
            remote=notify.get("From") or "",
            target=_contact(notify),
            route=tuple(notify.values("Record-Route")),
        )

    def moved(self, message: Request | Response) -> "Dialog":
        """The dialog after a target refresh: the peer's Contact may be another (RFC 3261 §12.2.1.2, §12.2.2).

        Raises WireError.
        """
        return replace(self, target=_contact(message)) if message.get("Contact") is not None else self

    def holds(self, request: Request) -> bool:
        """Whether a request of the peer belongs to this dialog: Call-ID and both tags (RFC 3261 §12.2.2)."""
        return (
            request.call_id == self.call_id
            and _tag(request.get("From")) == _tag(self.remote)
            and _tag(request.get("To")) == _tag(self.local)
        )


def has_to_tag(request: Request) -> bool:
    """Whether a request says that it belongs to a dialog."""
    return _tag(request.get("To")) is not None


def _contact(message: Request | Response) -> str:
    values = message.values("Contact")
    if not values:
        raise WireError("no Contact in what makes a dialog", 0, "RFC 3261 §12.1")
    return NameAddr.parse(values[0]).uri


def _tag(value: str | None) -> str | None:
    return NameAddr.parse(value or "").tag
