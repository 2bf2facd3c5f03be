"""What is answered over HTTP: from values to text, without any HTTP in it."""

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

from twopair.live.http.readiness import Reason
from twopair.live.metrics.pulse import Pulse
from twopair.live.metrics.seen import Seen

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


def health(pulse: Pulse) -> dict[str, Any]:
    """That the loop answers is said by the answer; the node may fail on everything for all that."""
    return {"alive": not pulse.broken, "failed_within_a_minute": pulse.failed}


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


def page(seen: Seen, why_not: list[Reason], name: str, began: datetime) -> str:
    """A page for people, whole in itself: no script, nothing from elsewhere."""
    if why_not:
        state = "".join(f'<p class="no">Not ready: {escape(one.words)}.</p>' for one in why_not)
    else:
        state = "<p>Ready.</p>"
    rows = "".join(f"<tr><td>{escape(what)}</td><td>{escape(text)}</td></tr>" for what, text in _rows(seen))
    version, python, _ = seen.host.build
    about = f"Twopair {escape(version)} on Python {escape(python)}, since {moment(began)}."
    return _whole(name, f"{state}<table>{rows}</table><p>{about}</p>")


def _whole(name: str, body: str) -> str:
    links = " · ".join(f'<a href="/{path}">/{path}</a> {words}' for path, words in ROOT)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">'
        f"<title>{escape(name)}</title><style>{_STYLE}</style><h1>{escape(name)}</h1>{body}"
        f"<p>{links}</p></html>\n"
    )


def _rows(seen: Seen) -> list[tuple[str, str]]:
    tally, facts, lag = seen.tally, seen.of.facts, seen.lag
    drops = seen.of.running.ipsec.backend.drops()
    return [
        *((f"subscribers, {state}", f"{number:,}") for state, number in tally.subscribers.items()),
        *((f"SA sets, {stage.value}", f"{number:,}") for stage, number in tally.stages.items()),
        ("SIP transactions", f"{tally.transactions:,}"),
        ("TCP connections, in the clear", f"{tally.clear_streams:,}"),
        ("TCP connections, protected", f"{tally.protected_streams:,}"),
        ("registrations that succeeded", f"{facts.registered:,}"),
        ("attempts that failed", f"{facts.failed.total():,}"),
        ("messages that were refused", f"{facts.refusals.total():,}"),
        ("packets that were dropped", f"{sum(drops.values()):,}"),
        ("back end for ESP", seen.host.build[2]),
        ("changes that wait for the store", "no store" if lag is None else f"{lag.waiting:,}"),
    ]
