"""Option tags: what extensions a message requires (RFC 3261 §19.2, §8.2.2.3)."""

from collections.abc import Container

from twopair.wire.sip.message import Message


def tags_beyond(known: Container[str], message: Message, name: str) -> str:
    """The tags of a header field that are not known, as Unsupported lists them; empty where all are.

    Args:
        known: tags in lower case.
        message: has the header field, or not.
        name: Require or Proxy-Require.

    Returns:
        Each unknown tag once, as it is written and in that order.
    """
    tags = {tag.lower(): tag for tag in reversed(message.values(name))}
    return ", ".join(reversed([tag for lower, tag in tags.items() if lower not in known]))
