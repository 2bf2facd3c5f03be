"""``twopair demo``: scenarios on real packets, shown as ladders with verdicts."""

import json
from enum import StrEnum
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated, Final

import typer

from twopair.base import Suite, Transport
from twopair.cli.progress import on_terminal
from twopair.demo import report
from twopair.demo.files import capture, key_lines, write
from twopair.demo.run import Outcome, Wanted, play
from twopair.demo.scenario import Scenario
from twopair.demo.scenarios import SCENARIOS
from twopair.demo.show import screen, show


class _Transport(StrEnum):
    UDP = "udp"
    TCP = "tcp"
    BOTH = "both"


class _Ip(StrEnum):
    V4 = "4"
    V6 = "6"


class _Backend(StrEnum):
    AUTO = "auto"
    KERNEL = "kernel"
    USERSPACE = "userspace"
    MEMORY = "memory"


_TRANSPORTS: Final = {
    _Transport.UDP: (Transport.UDP,),
    _Transport.TCP: (Transport.TCP,),
    _Transport.BOTH: (Transport.UDP, Transport.TCP),
}


def demo(
    scenario: Annotated[str, typer.Argument(help="Which scenario; see --scenario-list.")] = "figure1",
    *,
    transport: Annotated[_Transport, typer.Option(help="What the UEs register over.")] = _Transport.BOTH,
    alg: Annotated[
        str | None,
        typer.Option(metavar="ALG/EALG", help="Only these algorithms, e.g. hmac-sha-1-96/aes-cbc."),
    ] = None,
    ip: Annotated[_Ip, typer.Option(help="IP version.")] = _Ip.V4,
    backend: Annotated[
        _Backend, typer.Option(help="Where ESP happens: memory simulates, auto takes userspace.")
    ] = _Backend.AUTO,
    pcap: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what crossed Gm, link type raw IP.")
    ] = None,
    keylog: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the keys, as lines of Wireshark's esp_sa table."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a ladder.")] = False,
    scenario_list: Annotated[
        bool, typer.Option("--scenario-list", help="List the scenarios, and exit.")
    ] = False,
) -> int:
    """Build a lab on this machine, play a scenario with real sockets and real ESP, judge it, clean up."""
    if scenario_list:
        return _list(as_json=as_json)
    chosen = _scenario(scenario, alg)
    suite = _suite(alg)
    if pcap is not None and backend is _Backend.MEMORY:
        raise typer.BadParameter("--pcap: the memory back end has no packets to write")
    for option, path in (("--pcap", pcap), ("--keylog", keylog)):
        _write(option, path, b"")
    wanted = [Wanted(each, suite, int(ip.value), backend.value) for each in _TRANSPORTS[transport]]
    outcomes = _play(chosen, wanted, as_json=as_json)
    recordings = [outcome.recording for outcome in outcomes]
    if pcap is not None:
        _write("--pcap", pcap, capture(recordings))
    if keylog is not None:
        _write("--keylog", keylog, key_lines(recordings).encode())
    _print(outcomes, as_json=as_json)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _play(scenario: Scenario, wanted: list[Wanted], *, as_json: bool) -> list[Outcome]:
    """Play it once per transport; on a terminal, say meanwhile what it is at."""
    progress = on_terminal(as_json=as_json, columns=get_terminal_size().columns)
    try:
        return [
            play(scenario, each, lambda words, over=each.transport: progress.tell(f"{over.value}: {words}"))  # type: ignore[misc]
            for each in wanted
        ]
    finally:
        progress.end()


def _scenario(name: str, alg: str | None) -> Scenario:
    chosen = SCENARIOS.get(name)
    if chosen is None:
        raise typer.BadParameter(f"no scenario {name!r}; there are {', '.join(SCENARIOS)}")
    if chosen.own_algorithms and alg is not None:
        raise typer.BadParameter(f"--alg: scenario {name} has algorithms of its own")
    return chosen


def _suite(alg: str | None) -> Suite | None:
    try:
        return Suite.parse(alg) if alg is not None else None
    except ValueError as error:
        raise typer.BadParameter(f"--alg: {error}") from None


def _write(option: str, path: Path | None, content: bytes) -> None:
    """Write a file, at first an empty one: that it cannot be written is to be said before the run."""
    if path is None:
        return
    try:
        write(path, content)
    except OSError as error:
        raise typer.BadParameter(f"{option} {path}: {error.strerror}") from None


def _print(outcomes: list[Outcome], *, as_json: bool) -> None:
    if as_json:
        objects = [report.as_json(outcome) for outcome in outcomes]
        print(json.dumps(objects[0] if len(objects) == 1 else objects, indent=2))
        return
    console = screen()
    for number, outcome in enumerate(outcomes):
        if number:
            console.print()
        show(outcome, console)


def _list(*, as_json: bool) -> int:
    if as_json:
        found = [{"scenario": s.name, "purpose": s.purpose, "clauses": s.clauses} for s in SCENARIOS.values()]
        print(json.dumps(found, indent=2))
        return 0
    width = max(map(len, SCENARIOS)) + 2
    for scenario in SCENARIOS.values():
        print(f"{scenario.name:<{width}}{scenario.purpose}\n{'':<{width}}{scenario.clauses}")
    return 0
