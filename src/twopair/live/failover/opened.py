"""From the configuration to turns (ADR 20)."""

from asyncio import Event
from collections.abc import Iterator
from functools import partial
from json import dumps
from pathlib import Path
from typing import Any, Final

from twopair.live.admin.server import AdminSocket
from twopair.live.config import PcscfFile
from twopair.live.failover.addresses import absent
from twopair.live.failover.standby import Standby
from twopair.live.failover.tenure import Tenure
from twopair.live.failover.turns import Alone, AmongOthers, Turns
from twopair.live.keeping.opened import patient, places, said
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.tried import beside
from twopair.stores.tenancy import Owner, Tenancy

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def turns_of(file: Path, settings: PcscfFile) -> Turns:
    """The turns of this host.

    Raises:
        PrerequisiteMissing: the store is away, a package is missing, or the key file of the others.
    """
    failover = settings.failover
    if failover.instance is None:
        return Alone()
    tenancy = tenancy_of(file, settings)
    key_file = places(file, settings).key_file
    if not key_file.exists() and patient(said(file, settings.store.url), tenancy.owner)[0] is not None:
        raise PrerequisiteMissing(
            f"{file}: store.key_file = {key_file}: is not there; give the key file of the other hosts"
        )
    missing = partial(absent, (*settings.gm.addresses, *settings.core.own))
    standby = Standby(
        tenancy,
        instance_of(failover.instance),
        failover.lease_s,
        automatic=failover.automatic,
        serves_on=failover.without_store == "serve",
        absent=missing if failover.program is None else tuple,
    )
    program = None if failover.program is None else beside(file, failover.program)
    place = None if settings.admin.socket is None else beside(file, settings.admin.socket)
    return Answering(AmongOthers(standby, missing, program), place)


def instance_of(name: str) -> str:
    """This host in this boot of it: what it had of SAs does not outlive the machine."""
    return f"{name}@{_BOOT.read_text().strip()[:8]}"


def tenancy_of(file: Path, settings: PcscfFile) -> Tenancy:
    """Where the lease is. Raises as `turns_of`."""
    words = said(file, settings.store.url)
    try:
        from twopair.stores.redis_tenancy import RedisTenancy  # noqa: PLC0415  an extra
    except ImportError:
        raise PrerequisiteMissing(f"{words}: needs the package redis; pip install 'twopair[redis]'") from None
    return patient(words, lambda: RedisTenancy(settings.store.url, settings.node.name))


class Answering:
    """Turns of a host that can be asked, while it stands by, what it waits for.

    Args:
        turns: its turns.
        place: of the admin socket, None for none.
    """

    def __init__(self, turns: AmongOthers, place: Path | None) -> None:
        self._turns = turns
        self._place = place

    @property
    def waits_for(self) -> str:
        """See `Turns`."""
        return self._turns.waits_for

    async def begin(self, end: Event) -> Tenure | None:
        """See `Turns`."""
        async with AdminSocket(self._answers()).open(self._place):
            return await self._turns.begin(end)

    async def finish(self, tenure: Tenure) -> None:
        """See `Turns`."""
        await self._turns.finish(tenure)

    def _answers(self) -> dict[str, Any]:
        standby = self._turns.standby

        def state(_who: str) -> Iterator[str]:
            yield dumps(state_of(standby.instance, standby.last, serves=False, waits_for=standby.said))

        def takeover(who: str) -> Iterator[str]:
            standby.asked.set()
            yield from state(who)

        def nothing(_who: str) -> Iterator[str]:
            yield dumps({"error": standby.said or "stands by"})

        return {"owner": state, "takeover": takeover, "sas": nothing, "explain": nothing}


def state_of(instance: str, owner: Owner | None, *, serves: bool, waits_for: str = "") -> dict[str, Any]:
    """What a host says of itself.

    Args:
        instance: its name.
        owner: who serves, or did last.
        serves: whether it is this host.
        waits_for: why not, in words.
    """
    return {
        "instance": instance,
        "serves": serves,
        "owner": None if owner is None else owner.instance,
        "epoch": None if owner is None else owner.epoch,
        "waits_for": waits_for,
    }
