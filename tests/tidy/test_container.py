"""What the container files name is there, and fits together; no image is built here."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from tests.interop.units import PACKAGING, PCSCF, USERSPACE, read, rights
from tests.tidy.test_documents import COMMANDS

from twopair.live.config import HomeFile, PcscfFile, UeFile
from twopair.live.config import read as read_file

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (PACKAGING / "Containerfile").read_text()
COMPOSE = yaml.safe_load((PACKAGING / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
FILES: dict[str, type[BaseModel]] = {"pcscf": PcscfFile, "home": HomeFile, "ue1": UeFile}


def mounted(service: str) -> tuple[Path, str]:
    """The configuration file here, and where the container has it."""
    here, there, mode = SERVICES[service]["volumes"][0].split(":")
    assert mode == "ro"
    return PACKAGING / here, there


def own_addresses(settings: Any) -> dict[str, str]:
    """Addresses by network, as a file says them."""
    if isinstance(settings, PcscfFile):
        return {"gm": settings.gm.addresses[0], "core": settings.core.own[0]}
    if isinstance(settings, HomeFile):
        return {"core": settings.sip.address}
    return {"gm": settings.gm.address}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_file_that_it_reads_and_the_addresses_in_it(service: str) -> None:
    file, there = mounted(service)
    settings = read_file(file, FILES[service])
    networks = {name: given["ipv4_address"] for name, given in SERVICES[service]["networks"].items()}
    assert networks == own_addresses(settings)
    assert there in SERVICES[service].get("command", commands()[SERVICES[service]["build"]["target"]])


@pytest.mark.parametrize("network", COMPOSE["networks"])
def test_no_address_is_the_gateways(network: str) -> None:
    (config,) = COMPOSE["networks"][network]["ipam"]["config"]
    taken = [s["networks"][network]["ipv4_address"] for s in SERVICES.values() if network in s["networks"]]
    subnet = ip_network(config["subnet"])
    assert len({*taken, config["gateway"]}) == len(taken) + 1
    assert all(ip_address(address) in subnet for address in (*taken, config["gateway"]))


def test_rights_are_those_of_the_unit_with_its_drop_in() -> None:
    """And the image's file has no capability that the container does not."""
    wanted = rights(read(PCSCF, USERSPACE))
    for service in SERVICES.values():
        may = [f"CAP_{name}" for name in service.get("cap_add", [])]
        named = service["build"].get("args", {}).get("CAPABILITIES", "")
        assert service["cap_drop"] == ["ALL"]
        if service["build"]["target"] == "pcscf":
            assert may == wanted == named.upper().split(",")
            assert "security_opt" not in service  # no-new-privileges would take them away
        else:
            assert not may
    assert re.search(r"^ARG CAPABILITIES=(.*)$", CONTAINERFILE, re.M)[1].upper() == rights(read(PCSCF))[0]  # type: ignore[index]


def commands() -> dict[str, list[str]]:
    """What each image runs if nothing else is said."""
    stages = re.split(r"^FROM .* AS (\w+)$", CONTAINERFILE, flags=re.M)
    texts = dict(zip(stages[1::2], stages[2::2], strict=True))
    lines = {name: re.search(r"^CMD \[(.*)\]$", text, re.M) for name, text in texts.items()}
    return {name: re.findall(r'"([^"]*)"', found[1]) for name, found in lines.items() if found}


def test_the_images_run_commands_that_exist_as_no_root() -> None:
    assert set(commands()) == {"home", "pcscf"}
    for words in commands().values():
        assert ("twopair", words[0]) in COMMANDS
    users = re.findall(r"^(?:FROM|USER) .*$", CONTAINERFILE, re.M)
    assert users[-1] == "USER twopair"
    assert users[users.index("FROM home AS pcscf") - 1] == "USER twopair"


def test_what_is_copied_is_there() -> None:
    """With every file that the package is made of."""
    copied = [line.split()[1:-1] for line in re.findall(r"^COPY (?!--from).*$", CONTAINERFILE, re.M)]
    names = [name for line in copied for name in line]
    assert all((ROOT / name).exists() for name in names)
    needed = re.findall(r"(?<![\w/$}])(?:[A-Z]+\.md|(?:docs|examples|packaging)/[\w./-]+)", _build())
    assert needed
    missing = [n for n in needed if not any(n == name or n.startswith(f"{name}/") for name in names)]
    assert not missing


def _build() -> str:
    """What tools/build-deb does, without remarks."""
    lines = (ROOT / "tools/build-deb").read_text().splitlines()
    return "\n".join(line for line in lines if line.startswith("cp "))


def test_health_is_asked_where_the_p_cscf_answers() -> None:
    settings = read_file(mounted("pcscf")[0], PcscfFile)
    assert settings.admin.http is not None
    assert f"http://{settings.admin.http}/health" in CONTAINERFILE
