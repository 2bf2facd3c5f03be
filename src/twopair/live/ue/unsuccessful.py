"""What a verb of a UE raises when what it asks for has not come about."""

from typing import ClassVar

from twopair.nodes.facts import RegistrationFailed


class Unsuccessful(Exception):
    """What was asked for has not come about; the text says why.

    Args:
        failure: what the UE reported.
        attempts: how many there were.
    """

    what: ClassVar[str]

    def __init__(self, failure: RegistrationFailed, attempts: int = 1) -> None:
        clause = f" ({failure.refusal.clause})" if failure.refusal else ""
        tried = f", {attempts} attempts" if attempts > 1 else ""
        super().__init__(f"{failure.reason}{clause}{tried}")
        self.failure = failure


class NotRegistered(Unsuccessful):
    """A registration failed; what stood before still stands."""

    what = "not registered"


class NotDeregistered(Unsuccessful):
    """A de-registration failed; the registration still stands."""

    what = "not de-registered"
