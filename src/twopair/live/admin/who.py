"""Who is meant: an IMPI, a public identity, or an address, as people write them."""

from twopair.base import WireError, canonical_address
from twopair.nodes.pcscf.snapshot import RegistrationView
from twopair.wire.sip import same_uri


class Who:
    """What was written.

    Args:
        text: an IMPI, an IMPU, or an IP address in any form.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.address = canonical_address(text)
        except WireError:
            self.address = ""

    def is_one(self, view: RegistrationView) -> bool:
        """Whether a registration is that of whom is meant."""
        if self.address:
            return any(one.ue == self.address for one in view.sets)
        return self.text == view.impi or any(same_uri(self.text, impu) for impu in view.impus)
