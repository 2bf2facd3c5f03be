"""Documents put together (RFC 3680 §4.7.1, §5.1; PCS-16)."""

from twopair.core.registration.reg_state import Applied, RegWatch
from twopair.wire.reginfo import ContactEvent, ContactInfo, RegInfo, RegistrationInfo, RegState


def contact(name: str, *, active: bool = True) -> ContactInfo:
    event = ContactEvent.REGISTERED if active else ContactEvent.EXPIRED
    return ContactInfo(name, f"sip:{name}@x", active, event)


def info(version: int, *registrations: RegistrationInfo, full: bool = False) -> RegInfo:
    return RegInfo(version, full, registrations)


def reg(aor: str, *contacts: ContactInfo, state: RegState = RegState.ACTIVE) -> RegistrationInfo:
    return RegistrationInfo(aor, aor, state, contacts)


def test_full_then_partial() -> None:
    """A partial document changes what it tells of, and leaves the rest."""
    watch = RegWatch()
    assert watch.apply(info(0, reg("a", contact("1")), reg("b", contact("1")), full=True)) is Applied.NEWS
    assert watch.apply(info(1, reg("a", contact("2")))) is Applied.NEWS
    assert list(watch.contacts["a"]) == [("2", "sip:2@x"), ("1", "sip:1@x")]
    assert watch.apply(info(2, reg("a", contact("1", active=False)))) is Applied.NEWS
    assert list(watch.contacts["a"]) == [("2", "sip:2@x")]
    gone = reg("b", contact("1", active=False), state=RegState.TERMINATED)
    assert watch.apply(info(3, gone)) is Applied.NEWS
    assert set(watch.contacts) == {"a"}
    assert watch.apply(info(4, reg("a", contact("2", active=False)))) is Applied.NEWS
    assert watch.contacts == {}


def test_order() -> None:
    """An old one is no news; a gap needs full state; full state may be any later one."""
    watch = RegWatch()
    assert watch.apply(info(0, reg("a"))) is Applied.GAP
    assert watch.apply(info(0, full=True)) is Applied.NEWS
    assert watch.apply(info(0, full=True)) is Applied.STALE
    assert watch.apply(info(2, reg("a"))) is Applied.GAP
    assert watch.contacts == {}
    assert watch.apply(info(7, reg("a"), full=True)) is Applied.NEWS
    assert watch.apply(info(8, reg("b"))) is Applied.NEWS
    watch.begin()
    assert watch.apply(info(0, full=True)) is Applied.NEWS
    assert watch.contacts == {}
