"""What a run is asked to do: values, and the addresses and files that follow from them."""

import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.interop.programs import DOMAIN, LAB

UE_HOST: Final = "ues"
_PER_NETWORK: Final = 250


class Plan(NamedTuple):
    """One run.

    Args:
        backend: of P-CSCF and UEs: ``kernel`` or ``userspace``.
        kills: how often the P-CSCF is killed.
        ues: how many UEs there are, every second one over TCP.
        seed: what is done, by whom, and the pauses between are drawn from it.
        messages_per_s: of all UEs together.
        registrations_per_s: re-registrations that users ask for, of all UEs together.
        pause_s: the longest between a P-CSCF that is ready and the next kill.
        url: where the P-CSCF keeps what it knows.
        verbose: whether P-CSCF and UEs log every message.
        forked: whether P-CSCFs are forked from a process that has loaded the program.
    """

    backend: str
    kills: int
    ues: int
    seed: int
    messages_per_s: float
    registrations_per_s: float
    pause_s: float
    url: str = "sqlite:///kept.db"
    verbose: bool = False
    forked: bool = False

    @property
    def standing_calls(self) -> int:
        """Calls that are up all the time; they, and as many that come and go, take a fifth of the UEs."""
        return max(self.ues // 20, 1)

    @property
    def words(self) -> str:
        """What is run, in a line."""
        start = "forked" if self.forked else "started"
        return (
            f"{self.kills} kills, {self.ues} UEs, ESP: {self.backend}, store: {self.url}, "
            f"P-CSCFs {start}, seed {self.seed}"
        )


def address(number: int) -> str:
    """Of a UE, counted from 0."""
    return f"10.10.{1 + number // _PER_NETWORK}.{1 + number % _PER_NETWORK}"


def transport(number: int) -> str:
    """What a UE registers over."""
    return ("udp", "tcp")[number % 2]


def user(number: int) -> str:
    """The public identity of a UE's user."""
    return f"sip:user{number}@{DOMAIN}"


def _keys() -> dict[str, str]:
    """Those that everybody knows."""
    (first, _) = tomllib.loads((LAB / "home.toml").read_text())["subscriber"]
    return {key: first[key] for key in ("k", "opc")}


def _imsi(number: int) -> str:
    return f"00101{number + 1:010d}"


def ue_settings(number: int, backend: str) -> dict[str, Any]:
    """The content of a UE's file. Some ask for short intervals, and so re-register by themselves."""
    tables = tomllib.loads((LAB / "ue1.toml").read_text())
    tables["identity"] |= {"imsi": _imsi(number), **_keys()}
    tables["gm"] |= {"address": address(number), "transport": transport(number)}
    if number % 5 < 2:
        tables["gm"]["expires_s"] = 240
    tables["call"] = {"session_expires_s": 90}
    tables["ipsec"]["backend"] = backend
    return tables


def write_files(plan: Plan, folder: Path) -> None:
    """``home.toml`` and ``pcscf.toml``."""
    entries = "".join(
        f'\n[[subscriber]]\nimsi = "{_imsi(number)}"\naliases = ["{user(number)}"]\n'
        + "".join(f'{key} = "{value}"\n' for key, value in _keys().items())
        for number in range(plan.ues)
    )
    home = (LAB / "home.toml").read_text().partition("[[subscriber]]")[0]
    (folder / "home.toml").write_text(home + entries)
    pcscf = (LAB / "pcscf.toml").read_text().replace('"userspace"', f'"{plan.backend}"')
    store = f'\n[store]\nurl = "{plan.url}"\nkey_file = "kept.key"\n'
    (folder / "pcscf.toml").write_text(f'{pcscf}{store}\n[admin]\nsocket = "sas.sock"\n')
