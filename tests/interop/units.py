"""What a unit of systemd says, and how to start its command without systemd, with its rights."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

PACKAGING = Path(__file__).parents[2] / "packaging"
PCSCF = PACKAGING / "systemd/twopair-pcscf.service"
HOME = PACKAGING / "systemd/twopair-home.service"
USERSPACE = PACKAGING / "systemd/userspace.conf"
USERSPACE_WORKERS = PACKAGING / "systemd/userspace-workers.conf"
FAILOVER = PACKAGING / "systemd/failover.conf"

Unit = Mapping[str, list[str]]
"""Values by key; a key that stands in several lines has several."""


def read(*files: Path) -> Unit:
    """A unit, and what a drop-in adds to it."""
    said: dict[str, list[str]] = {}
    for file in files:
        for line in file.read_text().splitlines():
            key, sign, value = line.partition("=")
            if sign and not line.startswith("#"):
                said.setdefault(key, []).append(value)
    return said


def rights(unit: Unit) -> list[str]:
    """Capabilities of the process, which are those it may ever have."""
    ambient = " ".join(unit.get("AmbientCapabilities", [])).split()
    assert ambient == " ".join(unit["CapabilityBoundingSet"]).split()
    return ambient


def as_the_unit(unit: Unit, user: str = "", more: Sequence[str] = ()) -> list[str]:
    """What to put before a command, so that it runs as the unit's user with its rights and no way to more.

    Args:
        unit: the unit.
        user: another one.
        more: further rights.
    """
    who = user or unit["User"][0]
    return [*_setpriv(who), *_sets([*rights(unit), *more])]


def without_rights(user: str) -> list[str]:
    """What to put before a command, so that it runs as that user with no right at all."""
    return [*_setpriv(user), *_sets(())]


def _setpriv(user: str) -> list[str]:
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--no-new-privs"]


def _sets(capabilities: Iterable[str]) -> list[str]:
    wanted = ",".join(("-all", *("+" + name.removeprefix("CAP_").lower() for name in capabilities)))
    return [f"--{which}={wanted}" for which in ("inh-caps", "ambient-caps", "bounding-set")]
