"""`twopair sas`: the list, whom it is about, and how it looks."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from tests.unit.nodes.pcscf.bed import CK, IK, Bed, Ue

from twopair.backends.memory import MemoryBackend
from twopair.core.sa import ARROWS, InstallSas
from twopair.live.admin.sas import sas
from twopair.live.admin.shown_sas import shown


class Served(Bed):
    """A P-CSCF on the bench whose sets are installed in a back end."""

    def __init__(self) -> None:
        self.backend = MemoryBackend()
        super().__init__()

    def feed(self, event: Any) -> list[Any]:
        done = super().feed(event)
        for action in done:
            if isinstance(action, InstallSas):
                self.backend.install(action.sa_set)
        return done

    def asked(self, who: str = "") -> Any:
        return json.loads("".join(sas(self.pcscf.snapshot(self.now), self.backend, who, self.now)))


@pytest.fixture
def bed() -> Served:
    """UE 1 is registered, UE 2 is about to be."""
    bed, other = Served(), Ue(2)
    bed.register(Ue(), expires=3600)
    bed.sm6(other, bed.sm1(other))
    return bed


def test_the_shape_that_others_build_on(bed: Served) -> None:
    first, second = bed.asked()
    ue = Ue()
    assert first.keys() >= {"impi", "address", "impus", "expires_in_s", "sets"}
    assert (first["impi"], first["address"], first["impus"][0]) == (ue.impi, ue.address, ue.impu)
    assert first["expires_in_s"] == 3600
    (of,) = first["sets"]
    assert of["id"] == next(bed.pcscf.snapshot(bed.now)).sets[0].set_id
    assert (of["stage"], of["suite"], of["expires_in_s"]) == ("in use", "null/aes-gcm", 3630)
    assert of["ports"] == {"uc": 6100, "us": 6101, "pc": 5064, "ps": 5062}
    assert [sa["name"] for sa in of["sas"]] == [arrow.name for arrow in ARROWS]
    assert of["sas"][0].keys() >= {"name", "spi", "packets", "octets", "replayed", "integrity_failed"}
    assert (second["impi"], second["registered"], second["sets"][0]["stage"]) == (
        Ue(2).impi,
        False,
        "temporary",
    )


@pytest.mark.parametrize(
    ("who", "found"),
    [
        (Ue().impi, [Ue().impi]),
        (Ue(2).impi, [Ue(2).impi]),
        (Ue().impu, [Ue().impi]),
        (Ue().impu.replace("ims.", "IMS."), [Ue().impi]),
        ("tel:+1", [Ue().impi]),
        (Ue(2).impu, []),  # not registered yet
        (Ue(2).address, [Ue(2).impi]),
        (f"[::ffff:{Ue().address}]", [Ue().impi]),
        ("10.9.9.9", []),
        ("nobody", []),
    ],
)
def test_who_is_meant(bed: Served, who: str, found: list[str]) -> None:
    assert [one["impi"] for one in bed.asked(who)] == found


def test_no_key_is_shown(bed: Served) -> None:
    text = json.dumps(bed.asked())
    assert CK not in text
    assert IK not in text


def screen(values: Any) -> str:
    console = Console(file=StringIO(), width=110, force_terminal=False)
    for part in shown(values):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_for_people(bed: Served) -> None:
    values = bed.asked()
    number = str(values[0]["sets"][0]["id"])
    lines = screen(values).splitlines()
    assert lines[0] == f"{Ue().impi} at {Ue().address}: registered for 3600 s more"
    assert f"  set {number}: in use for 3630 s more, null/aes-gcm" in map(str.rstrip, lines)
    assert any(line.split()[:4] == ["SA1-up", "6100", ">", "5062"] for line in lines)
    assert f"{Ue(2).impi} at {Ue(2).address}: not registered (yet)" in lines
    assert max(map(len, lines)) <= 110
    assert "…" not in "".join(lines)


def test_nobody_is_there() -> None:
    assert Served().asked() == []
    assert screen([]) == "no UE is registered or registering\n"


def test_what_a_ue_wrote_moves_no_cursor(bed: Served) -> None:
    values = bed.asked()
    values[0]["impus"] = ["sip:\x1b[2Jx@h\nfalse"]
    assert "\x1b" not in screen(values)
    assert "sip: [2Jx@h false" in screen(values)
