"""``twopair sim``: whole days of a network in virtual time, each from one seed, judged by laws."""

import json
from collections.abc import Iterator
from shutil import get_terminal_size
from typing import Annotated, Final

import typer

from twopair.attack.stage import ue_name
from twopair.cli.progress import on_terminal
from twopair.demo.ladder import Ladder
from twopair.demo.record import Host, Recording
from twopair.demo.show import screen
from twopair.swarm import Verdict, run
from twopair.swarm.cluster import FEWEST
from twopair.swarm.cluster import run as run_cluster
from twopair.swarm.day import Day

_LARGEST: Final = (1 << 64) - 1


def sim(
    *,
    seed: Annotated[int, typer.Option(min=0, max=_LARGEST, help="Decides all that happens on the day.")],
    days: Annotated[int, typer.Option(min=1, help="How many days: of this seed and of those after it.")] = 1,
    ladder: Annotated[bool, typer.Option("--ladder", help="Show every message of the day.")] = False,
    cluster: Annotated[
        int,
        typer.Option(max=9, help="So many P-CSCFs behind one address, on as many machines that die; 0: one."),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> int:
    """Simulate days with bad weather and an attacker, then calm; check laws after every event."""
    if ladder and (as_json or days > 1 or cluster):
        raise typer.BadParameter("--ladder: one day at a time, not as JSON, and not of a cluster")
    if cluster and cluster < FEWEST:
        raise typer.BadParameter(f"--cluster: {FEWEST} to 9")
    verdicts = [_drawn(seed)] if ladder else list(_days(seed, days, cluster, as_json=as_json))
    if as_json:
        objects = [verdict.as_json() for verdict in verdicts]
        print(json.dumps(objects[0] if days == 1 else objects, indent=2))
    elif days > 1:
        good = sum(verdict.ok for verdict in verdicts)
        registrations = sum(verdict.registrations for verdict in verdicts)
        print(f"{good} of {days} days held all laws; {registrations} registrations")
    return 0 if all(verdict.ok for verdict in verdicts) else 1


def _days(seed: int, days: int, cluster: int, *, as_json: bool) -> Iterator[Verdict]:
    """Run them one by one; on a terminal, say meanwhile how far that is."""
    progress, broken = on_terminal(as_json=as_json, columns=get_terminal_size().columns), 0
    try:
        for number in range(days):
            progress.tell(f"day {number + 1} of {days}, seed {seed + number}; laws broken on {broken}")
            verdict = run_cluster(seed + number, cluster) if cluster else run(seed + number)
            broken += not verdict.ok
            if not as_json and (days == 1 or not verdict.ok):
                progress.end()
                _tell(verdict)
            yield verdict
    finally:
        progress.end()


def _tell(verdict: Verdict) -> None:
    print(f"seed {verdict.seed}: {'all laws hold' if verdict.ok else f'{verdict.law} is broken'}")
    print(f"  weather   {verdict.weather}")
    print(f"  attacker  {verdict.attacker}")
    print(f"  habits    {verdict.quirks}")
    print(f"  day       {verdict.ues} UE, {verdict.registrations} registrations, {verdict.packets} packets")
    if verdict.cluster:
        print(f"  cluster   {verdict.cluster} P-CSCFs, {verdict.takeovers} takeovers")
    print(f"  digest    {verdict.digest}")
    if not verdict.ok:
        print(f"  broken    at {verdict.at_s:.6f} s: {verdict.detail}")
        print(f"  repeat    {verdict.repeat}")


def _drawn(seed: int) -> Verdict:
    """A day with its ladder, which ends where a law is broken."""
    plan = Day(seed).plan
    net = plan.network
    ues = [Host(ue_name(n), f"UE {n}", ue.config.address) for n, ue in enumerate(plan.ues, 1)]
    hosts = (*ues, Host("pcscf", "P-CSCF", net.pcscf), Host("home", "home network", net.home))
    recording = Recording(hosts)
    recording.lives_at(net.core, "pcscf")
    verdict = Day(seed, onlooker=recording).run()
    console = screen()
    for row in Ladder(hosts, recording.moments[0].time, console.width).draw(recording.moments):
        console.print(row)
    _tell(verdict)
    return verdict
