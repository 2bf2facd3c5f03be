"""A lease in memory, which a test ends, gives away, or has fail."""

from twopair.stores.contract import StoreError
from twopair.stores.tenancy import Owner, Renewed, Taken, Term


class Lease:
    """A `Tenancy` in which no time passes by itself.

    Attributes:
        last: the last owner.
        runs: whether its lease does.
        wanted: who asks for it.
        away: whether the store does not answer.
        went_back: whether the store had forgotten its owner.
        renewals: how often it was renewed.
    """

    def __init__(self, last: Owner | None = None, *, runs: bool = False) -> None:
        self.last = last
        self.runs = runs
        self.wanted = ""
        self.away = False
        self.went_back = False
        self.renewals = 0

    def _try(self) -> None:
        if self.away:
            raise StoreError("does not answer", passes=True)

    def owner(self) -> tuple[Owner | None, bool]:
        self._try()
        return self.last, self.runs

    def claim(self, instance: str, lease_s: float) -> Term | None:
        self._try()
        last = self.last
        if self.runs and last is not None and last.instance != instance:
            return None
        continues = last is not None and last.instance == instance
        epoch = (last.epoch if last is not None else 0) + (not continues)
        self.last, self.runs = Owner(epoch, instance), True
        return Term(self.last, continues)

    def renew(self, owner: Owner, lease_s: float) -> Renewed:
        self._try()
        if owner != self.last and self.last is not None:
            raise Taken(self.last)
        self.renewals += 1
        back, self.went_back = self.went_back, False
        return Renewed(self.wanted, back)

    def ask(self, instance: str, lease_s: float) -> None:
        self._try()
        self.wanted = instance

    def release(self, owner: Owner) -> None:
        self._try()
        self.runs = False

    def close(self) -> None:
        """It holds nothing."""
