"""Session-Expires and Min-SE, as far as a proxy reads them (RFC 4028 §4, §5, §8)."""

from twopair.wire.sip import Message

LONGEST_DIGITS = 9


def interval_s(message: Message) -> int:
    """Session-Expires in seconds; 0 where there is none, or none that can be read."""
    return _seconds(message.get("Session-Expires"))


def least_s(message: Message) -> int:
    """Min-SE in seconds; 0 where there is none, or none that can be read."""
    return _seconds(message.get("Min-SE"))


def _seconds(value: str | None) -> int:
    digits = "" if value is None else value.partition(";")[0].strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_DIGITS else 0
