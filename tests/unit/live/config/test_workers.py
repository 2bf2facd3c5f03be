"""node.workers: what may be given, and what each of them is told."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.live.config.files import pcscf_file

from twopair.base import Endpoint, Port
from twopair.core.secagree import Share
from twopair.live.config import ConfigError, PcscfFile
from twopair.live.config.part import MOST, Part

CORE = '[core]\naddress = "10.20.0.1"\nport = 5060\n'


def settings(folder: Path, workers: object, *replaced: tuple[str, str], more: str = "") -> PcscfFile:
    return pcscf_file(folder, ("[node]", f"[node]\nworkers = {workers}"), *replaced, more=more)


def refused(folder: Path, workers: object, *replaced: tuple[str, str], more: str = "") -> str:
    with pytest.raises(ConfigError) as error:
        settings(folder, workers, *replaced, more=more)
    (line,) = error.value.lines
    return line


def test_each_has_a_port_of_its_own_and_a_share_of_the_spis(tmp_path: Path) -> None:
    """RFC 3327: the port is in Path, so that requests reach the worker of the UE; SA-16."""
    whole = settings(tmp_path, 3)
    configs = [whole.for_worker(Part(number, 3)).config() for number in (1, 2, 3)]
    assert [config.core for config in configs] == [Endpoint("10.20.0.1", Port(5060 + n)) for n in range(3)]
    assert [config.share for config in configs] == [Share(n, 3) for n in range(3)]
    assert len({config.place for config in configs}) == 3
    assert replace(configs[0], share=Share()) == whole.config()


def test_auto_is_one_for_each_processor_that_it_may_use(tmp_path: Path) -> None:
    assert settings(tmp_path, '"auto"').workers == min(MOST, len(os.sched_getaffinity(0)))


@pytest.mark.parametrize("written", ["0", "16", "true", '"many"', "1.5", "[2]"])
def test_what_is_no_number_of_workers(written: str, tmp_path: Path) -> None:
    assert 'give 1 to 15, or "auto"' in refused(tmp_path, written)


def test_ports_of_the_others_are_no_ports_of_gm(tmp_path: Path) -> None:
    moved = (CORE, CORE.replace("10.20.0.1", "10.10.0.1").replace("5060", "5061"))
    assert settings(tmp_path, 1, moved).workers == 1
    assert "core.port = 5061: each worker has the next port" in refused(tmp_path, 2, moved)


def test_there_are_ports_for_all(tmp_path: Path) -> None:
    assert "there are not so many" in refused(tmp_path, 3, (CORE, CORE.replace("5060", "65534")))


def test_fail_over_hands_over_one(tmp_path: Path) -> None:
    more = '[store]\nurl = "redis://r"\nkey_file = "k"\n[failover]\ninstance = "a"\n'
    assert settings(tmp_path, 1, more=more).workers == 1
    assert "node.workers = 2: " in refused(tmp_path, 2, more=more)
    assert "give 1, or take failover.instance away" in refused(tmp_path, '"auto"', more=more)


def test_the_same_file_is_no_change_for_a_worker(tmp_path: Path) -> None:
    """What SIGHUP compares: of a worker with that of the same worker."""
    one = settings(tmp_path, 2).for_worker(Part(2, 2))
    again = settings(tmp_path, 2).for_worker(Part(2, 2))
    assert one.config() == again.config()
    assert again.part == Part(2, 2)
