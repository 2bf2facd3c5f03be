"""SA sets at both ends: whole, in time, nothing dropped, nothing left behind."""

from collections.abc import Sequence
from typing import Final

from twopair.backends.contract import SaCounters
from twopair.core.sa import ARROWS
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence
from twopair.demo.record import Said, SetUp

_NAMES: Final = sorted(arrow.name for arrow in ARROWS)


def _four(evidence: Evidence) -> Finding:
    """SA-01: each UE has one set of four SAs, the P-CSCF one for each UE, with the same SPIs."""
    faults = []
    ues = [ue.name for ue in evidence.ues]
    for host in (*ues, "pcscf"):
        faults += [f"{host}: {names}" for names in _sets(evidence.sas[host]) if names != _NAMES]
    for host, wanted in (*((ue, 1) for ue in ues), ("pcscf", len(ues))):
        found = len(_sets(evidence.sas[host]))
        if found != wanted:
            faults.append(f"{host}: {found} sets instead of {wanted}")
    ours = sorted(sa.spi for ue in ues for sa in evidence.sas[ue])
    if ours != sorted(sa.spi for sa in evidence.sas["pcscf"]):
        faults.append("UEs and P-CSCF hold different SPIs")
    count = len(evidence.sas["pcscf"])
    return Finding(
        faults if ues else ["no UE was seen"],
        f"two pairs per UE at each end: {count} SAs at the P-CSCF, {len(ours)} at the UEs",
    )


def _sets(sas: Sequence[SaCounters]) -> list[list[str]]:
    """Names of the SAs of each set."""
    by_set: dict[int, list[str]] = {}
    for sa in sas:
        by_set.setdefault(sa.set_id, []).append(sa.name)
    return [sorted(names) for names in by_set.values()]


def _in_time(evidence: Evidence) -> Finding:
    """FLOW-01: the P-CSCF had the set installed before SM6 left, the UE before SM7 left."""
    faults = []
    for ue in evidence.ues:
        up: set[str] = set()
        for moment in evidence.recording.moments:
            if isinstance(moment, SetUp) and moment.sa_set.ue == ue.address:
                up.add(moment.host.name)
            elif isinstance(moment, Said) and ue in (moment.sender, moment.receiver):
                faults += _too_early(moment, up)
    return Finding(
        faults if evidence.ues else ["no UE was seen"],
        "the P-CSCF's set stood before SM6 left, the UE's before SM7 left",
    )


def _too_early(said: Said, up: set[str]) -> list[str]:
    status = getattr(said.seen.message, "status", 0)
    if said.seen.step == "SM6" and status == 401 and "pcscf" not in up:
        return [f"SM6 to {said.receiver.name} left before the set stood"]
    if said.seen.step == "SM7" and said.seen.sa is not None and said.sender.name not in up:
        return [f"SM7 of {said.sender.name} left before the set stood"]
    return []


def _no_drops(evidence: Evidence) -> Finding:
    """ERR-32: drops are counted by reason at every host, and there are none."""
    faults = [
        f"{host}: {count} {reason}"
        for host, counts in evidence.drops.items()
        for reason, count in counts.items()
    ]
    return Finding(faults, f"no packet was dropped at {', '.join(evidence.drops)}")


def _none_left(evidence: Evidence) -> Finding:
    """ERR-31: after a failure the SA tables are what they were before SM1."""
    faults = [f"{host}: {len(sas)} SAs left" for host, sas in evidence.sas.items() if sas]
    return Finding(faults, f"no SA is left at {', '.join(evidence.sas)}")


def _never_any(evidence: Evidence) -> Finding:
    """ERR-08: no SA was ever asked for."""
    faults = [f"a set was made for {s.impi}" for s in evidence.recording.sets]
    return Finding(faults, "no SA set was made at either end")


STANDING: Final = (Check("SA-01", _four), Check("FLOW-01", _in_time), Check("ERR-32", _no_drops))
GONE: Final = (Check("ERR-31", _none_left),)
NEVER: Final = (Check("ERR-08", _never_any),)
