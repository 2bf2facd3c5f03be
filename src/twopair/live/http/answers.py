"""What is answered over HTTP: from values to text, without any HTTP in it."""

from datetime import UTC, datetime, timedelta
from html import escape
from platform import python_version
from typing import Any, Final

from twopair import __version__
from twopair.live.http.readiness import Reason

ROOT: Final = (("metrics", "for Prometheus"), ("health", "whether it lives"), ("ready", "whether it serves"))
"""What can be asked for, beside the page itself."""

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h1{font-size:1.4rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.3rem .5rem}"
    "td+td{text-align:right;font-variant-numeric:tabular-nums}.no{color:#b00020}"
    "@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}td{border-color:#444}"
    "a{color:#8ab4f8}.no{color:#ff6b6b}}"
)


def health(*, alive: bool, failed: int) -> dict[str, Any]:
    """That the loop answers is said by the answer; the node may fail on everything for all that."""
    return {"alive": alive, "failed_within_a_minute": failed}


def readiness(why_not: list[Reason], now: datetime) -> dict[str, Any]:
    """Whether it is ready, and each reason against it."""
    return {"ready": not why_not, "reasons": [_reason(one, now) for one in why_not]}


def _reason(one: Reason, now: datetime) -> dict[str, Any]:
    said = {"reason": one.name, "text": one.words}
    return said if one.since_s is None else {**said, "since": moment(now - timedelta(seconds=one.since_s))}


def moment(when: datetime) -> str:
    """RFC 3339, in UTC, to the second."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def page_of_standby(name: str, waits_for: str) -> str:
    """The page of a host that does not serve."""
    return _whole(name, f'<p class="no">Does not serve: {escape(waits_for)}.</p>')


def page(numbers: list[tuple[str, int | str]], why_not: list[Reason], name: str, began: datetime) -> str:
    """A page for people, whole in itself: no script, nothing from elsewhere."""
    if why_not:
        state = "".join(f'<p class="no">Not ready: {escape(one.words)}.</p>' for one in why_not)
    else:
        state = "<p>Ready.</p>"
    rows = "".join(f"<tr><td>{escape(what)}</td><td>{_shown(number)}</td></tr>" for what, number in numbers)
    about = f"Twopair {escape(__version__)} on Python {python_version()}, since {moment(began)}."
    return _whole(name, f"{state}<table>{rows}</table><p>{about}</p>")


def _shown(number: int | str) -> str:
    return escape(number) if isinstance(number, str) else f"{number:,}"


def _whole(name: str, body: str) -> str:
    links = " · ".join(f'<a href="/{path}">/{path}</a> {words}' for path, words in ROOT)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">'
        f"<title>{escape(name)}</title><style>{_STYLE}</style><h1>{escape(name)}</h1>{body}"
        f"<p>{links}</p></html>\n"
    )
