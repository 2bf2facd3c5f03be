"""Who has a part in which dialog, as far as a P-CSCF has let them know (24.229 §5.2.6; PCS-15)."""

import re
from typing import Final

_CALL_ID: Final = re.compile(rb"\r\n(?:Call-ID|i)[ \t]*:[ \t]*([^\r]+)", re.IGNORECASE)
_WITHIN: Final = re.compile(rb"\r\n(?:To|t)[ \t]*:[^\r]*;[ \t]*tag[ \t]*=", re.IGNORECASE)

_BEGINS: Final = (b"SIP/2.0 ", b"NOTIFY ")
"""An answer; and what may make a dialog though it has both tags (RFC 6665 §4.4.1)."""


class Parties:
    """UEs by address, and the Call-IDs of what was sent to them outside dialogs, or answered to them."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, str], None] = {}

    def stranger(self, ue: str, data: bytes) -> bytes | None:
        """A message goes to a UE; its Call-ID where that is of a dialog in which the UE has no part."""
        found = _CALL_ID.search(data)
        if found is None:
            return None
        key = found[1], ue
        if data.startswith(_BEGINS) or not _WITHIN.search(data):
            self._known[key] = None
        return None if key in self._known else found[1]
