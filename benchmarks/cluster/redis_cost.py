"""Commands, octets, CPU and memory of a Redis that keeps what P-CSCFs know: measured, none computed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

from redis import Redis
from tests.unit.nodes.pcscf.bed import Bed, Ue

from benchmarks.pcscf_node import Meter, register, settle, upward
from twopair.core.registration.kept import Forget, Keep, KeptRegistration
from twopair.live.keeping.codec import Codec
from twopair.live.keeping.kept import time_of_day
from twopair.live.keeping.keys import ring_in
from twopair.live.keeping.windows import PREFIX
from twopair.stores.redis import RedisStore
from twopair.stores.redis_tenancy import RedisTenancy

NAME = "pcscf1"
LONG_S = 3_600.0

Change = tuple[str, bytes | None]


class Cost(NamedTuple):
    """What one change costs.

    Args:
        commands: that Redis executes.
        octets: on the wire towards Redis.
        redis_us: CPU of Redis, its main thread and others.
        client_us: CPU of the process that writes.
    """

    commands: float
    octets: float
    redis_us: float
    client_us: float


class Spoken(NamedTuple):
    """What a number of UEs have a P-CSCF keep.

    Args:
        ues: how many.
        first: all changes of their first registrations, from SM1 to a request over the new set.
        again: those of their next ones, to the end of the old set.
        value: one of the registrations, with one set.
    """

    ues: int
    first: list[Change]
    again: list[Change]
    value: KeptRegistration


def spoken(ues: int, codec: Codec) -> Spoken:
    """Have that many UEs register twice at a P-CSCF without I/O."""
    bed = Bed()
    meter, feed = Meter(bed), bed.pcscf.feed
    said: list[Keep | Forget] = []

    def noting(event: Any, now: Any) -> Any:
        actions = feed(event, now)
        said.extend(action for action in actions if isinstance(action, Keep | Forget))
        return actions

    bed.pcscf.feed = noting  # type: ignore[method-assign]
    phones = [Ue(number) for number in range(ues)]
    phases = []
    for again in (False, True):
        for number, phone in enumerate(phones):
            register(meter, phone, again=again)
            upward(meter, [phone])
            if number % 200 == 199:
                settle(bed)
        settle(bed)
        phases.append(apart([_octets(action, codec) for action in said]))
        value = next(action.value for action in reversed(said) if isinstance(action, Keep))
        said.clear()
    return Spoken(ues, *phases, value)


def apart(changes: Iterable[Change]) -> list[Change]:
    """The first change of each key, then the second of each: a batch is shorter than a registration takes."""
    count: Counter[str] = Counter()
    numbered = []
    for key, value in changes:
        numbered.append((count[key], (key, value)))
        count[key] += 1
    return [change for _, change in sorted(numbered, key=lambda one: one[0])]


def _octets(action: Keep | Forget, codec: Codec) -> Change:
    return action.key, codec.encode(action.value) if isinstance(action, Keep) else None


def windows(count: int, at: int) -> list[Change]:
    """What the half-second's look at inbound SAs has to say of that many sets."""
    return [(f"{PREFIX}{set_id}", at.to_bytes(4, "big") * 2) for set_id in range(1, count + 1)]


class Server:
    """A Redis and what it says of itself.

    Args:
        url: of a server that nobody else uses.
        key_file: keys that seal, made if it is not there.
    """

    def __init__(self, url: str, key_file: Path) -> None:
        self.client: Any = Redis.from_url(url)
        self._tenancy = RedisTenancy(url, NAME)
        term = self._tenancy.claim("a", LONG_S)
        assert term is not None, "nobody else uses it"
        self._owner = term.owner
        self.store = RedisStore(url, NAME, term.owner)
        self.codec = Codec(ring_in(key_file), time_of_day, term.owner.epoch)

    def version(self) -> str:
        """Its version."""
        return str(self.client.info("server")["redis_version"])

    def empty(self) -> None:
        """Nothing is left but the lease."""
        self.client.flushall()
        self._tenancy.claim("a", LONG_S)

    def memory(self) -> int:
        """Octets that its data and tables take."""
        return int(self.client.info("memory")["used_memory"])

    def write(self, changes: Iterable[Change], batch: int) -> None:
        """Write as the P-CSCF's writer does, so many changes in one transaction."""
        for portion in portions(changes, batch):
            self.store.write(dict(portion))

    def cost(self, changes: Sequence[Change], batch: int) -> Cost:
        """What each change costs if so many come in one transaction."""
        before, begun = self._used(), process_time()
        self.write(changes, batch)
        client, after = process_time() - begun, self._used()
        commands, octets, cpu_s = (b - a for a, b in zip(before, after, strict=True))
        each = 1 / len(changes)
        return Cost(commands * each, octets * each, cpu_s * each * 1e6, client * each * 1e6)

    def lease_us(self, count: int) -> float:
        """CPU of Redis for a renewal of a lease, and for a look of who stands by: the mean of both."""
        _, _, before = self._used()
        for _ in range(count):
            self._tenancy.renew(self._owner, LONG_S)
            self._tenancy.owner()
        _, _, after = self._used()
        return (after - before) / (2 * count) * 1e6

    def _used(self) -> tuple[float, float, float]:
        stats, cpu = self.client.info("stats"), self.client.info("cpu")
        used = cpu["used_cpu_user"] + cpu["used_cpu_sys"]
        return stats["total_commands_processed"], stats["total_net_input_bytes"], used


def portions(changes: Iterable[Change], size: int) -> Iterator[list[Change]]:
    """The same in lists of that size."""
    left = iter(changes)
    while portion := list(islice(left, size)):
        yield portion
