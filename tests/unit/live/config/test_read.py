"""Configuration files: what works, and what is said of what does not."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from twopair.base import DEFAULT_SUITES, Endpoint, Port, Suite, Transport
from twopair.live.config import ConfigError, HomeFile, PcscfFile, UeFile, read
from twopair.live.config.limits import LimitsTable
from twopair.nodes.homenet.config import Route
from twopair.nodes.pcscf import Limits

PCSCF = """
[node]
name = "pcscf1.ims.mnc001.mcc001.3gppnetwork.org"
visited_network = "ims.mnc001.mcc001.3gppnetwork.org"
[gm]
addresses = ["10.10.0.1"]
port = 5060
port_ps = 5062
port_pc = [5064, 5066, 5068]
[core]
address = "10.20.0.1"
port = 5060
registrar = "sip:10.20.0.2:5060"
[security]
algorithms = ["null/aes-gcm", "aes-gmac/null", "hmac-sha-1-96/aes-cbc", "hmac-sha-1-96/null"]
confidentiality = "preferred"
response_after_rekey = "old"
missing_security_verify = "reject"
[ipsec]
backend = "auto"
[store]
url = "sqlite:////var/lib/twopair/pcscf.db"
[admin]
socket = "/run/twopair/pcscf.sock"
http = "127.0.0.1:9464"
"""

UE = """
[identity]
imsi = "001010000000001"
k = "465b5ce8b199b49faa5f0a2ee238a6bc"
opc = "cd63cb71954a9f4e48a5994e37a02baf"
[gm]
address = "10.10.1.1"
pcscf = "10.10.0.1:5060"
transport = "udp"
algorithms = ["null/aes-gcm", "hmac-sha-1-96/null"]
"""

HOME = """
[node]
domain = "ims.mnc001.mcc001.3gppnetwork.org"
[sip]
address = "10.20.0.2"
port = 5060
[hss]
url = "sqlite:////var/lib/twopair/hss.db"
[[subscriber]]
imsi = "001010000000001"
k = "465b5ce8b199b49faa5f0a2ee238a6bc"
opc = "cd63cb71954a9f4e48a5994e37a02baf"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.toml"


def faults(file: Path, text: str, model: type[BaseModel]) -> list[str]:
    """What is said of a file, without its name."""
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(file, model)
    prefix = f"{file}: "
    assert all(line.startswith(prefix) for line in caught.value.lines)
    assert all("\n" not in line for line in caught.value.lines)
    return [line.removeprefix(prefix) for line in caught.value.lines]


def test_the_pcscf_file_of_the_product(file: Path) -> None:
    file.write_text(PCSCF)
    settings = read(file, PcscfFile)
    config = settings.config()
    assert config.core == Endpoint("10.20.0.1", Port(5060))
    assert config.registrar == Endpoint("10.20.0.2", Port(5060))
    assert config.gm_addresses == ("10.10.0.1",)
    assert config.port_pc == (5064, 5066, 5068)
    assert config.algorithms == DEFAULT_SUITES
    assert config.pass_on == ("privacy",)
    assert settings.admin.http == Endpoint("127.0.0.1", Port(9464))


def test_option_tags_that_are_passed_on(file: Path) -> None:
    """PCS-23."""
    file.write_text(PCSCF.replace("[ipsec]", 'pass_on = ["privacy", "mediasec"]\n[ipsec]'))
    assert read(file, PcscfFile).config().pass_on == ("privacy", "mediasec")
    one_text = PCSCF.replace("[ipsec]", 'pass_on = ["privacy mediasec"]\n[ipsec]')
    assert any(line.startswith("security.pass_on") for line in faults(file, one_text, PcscfFile))


def test_what_may_be_left_out_of_the_pcscf_file(file: Path) -> None:
    file.write_text(
        '[node]\nname = "p"\nvisited_network = "v"\n[gm]\naddresses = ["10.1.0.1", "2001:DB8::1"]\n'
        '[core]\naddress = "2001:db8::3"\nregistrar = "[2001:db8::2]:5070"\n'
    )
    settings = read(file, PcscfFile)
    config = settings.config()
    assert config.gm_addresses == ("10.1.0.1", "2001:db8::1")
    assert config.registrar == Endpoint("2001:db8::2", Port(5070))
    assert (config.port_ps, config.port_pc) == (5062, (5064, 5066, 5068))
    assert settings.admin.http is None


def test_the_ue_file_of_the_product(file: Path) -> None:
    """UEP-01: identities follow from the IMSI."""
    file.write_text(UE)
    settings = read(file, UeFile)
    config, card = settings.config(), settings.identity.card_profile()
    assert (config.address, config.pcscf) == ("10.10.1.1", Endpoint("10.10.0.1", Port(5060)))
    assert config.transport is Transport.UDP
    assert config.suites == (Suite("null", "aes-gcm"), Suite("hmac-sha-1-96", "null"))
    assert card.impi == "001010000000001@ims.mnc001.mcc001.3gppnetwork.org"


@pytest.mark.parametrize(("line", "port"), [("", None), ("port = 5060", 5060), ("port = 5061", 5061)])
def test_the_unprotected_port_of_a_ue(file: Path, line: str, port: int | None) -> None:
    """MSG-05: 5060 and 5061 are for clear text."""
    file.write_text(UE + line)
    assert read(file, UeFile).config().clear_port == port


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("port = 0", "gm.port = 0: too small; give 1 or more"),
        ("port = 65536", "gm.port = 65536: too large; give 65535 or less"),
        ("port = 10240", "gm.port = 10240: a protected port; give one outside 10240 to 32767"),
        ("port = 32767", "gm.port = 32767: a protected port; give one outside 10240 to 32767"),
        (
            "ports = [5000, 5050]\nport = 5025",
            "gm.port = 5025: a protected port; give one outside 5000 to 5050",
        ),
        ("ports = [1]\nport = 20000", "gm.ports = [1]: too few values (1); give at least 2"),
    ],
)
def test_faults_of_the_unprotected_port(file: Path, lines: str, words: str) -> None:
    """SA-21: nothing in the clear from what is protected, wherever it stands in the file."""
    (said,) = faults(file, UE + lines, UeFile)
    assert said.startswith(words)


def test_a_ue_with_identities_of_its_own(file: Path) -> None:
    identity = 'impi = "a@b.example"\nimpu = "sip:a@b.example"\ndomain = "b.example"'
    file.write_text(UE.replace('imsi = "001010000000001"', identity))
    card = read(file, UeFile).identity.card_profile()
    assert (card.impi, card.impus, card.domain) == ("a@b.example", ("sip:a@b.example",), "b.example")


def test_the_home_file_of_the_product(file: Path) -> None:
    file.write_text(HOME)
    settings = read(file, HomeFile)
    assert settings.config().core == Endpoint("10.20.0.2", Port(5060))
    (subscriber,) = settings.subscribers()
    assert subscriber.impus == ("sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org",)
    assert not subscriber.barred


def test_flows_of_a_home_network(file: Path) -> None:
    """MGU-09: several registrations of a user, unless it is said otherwise."""
    file.write_text(HOME)
    given = read(file, HomeFile).config()
    assert (given.outbound, given.flows_per_impi) == (True, 4)
    file.write_text(HOME.replace("port = 5060", "outbound = false\nflows_per_impi = 2"))
    given = read(file, HomeFile).config()
    assert (given.outbound, given.flows_per_impi) == (False, 2)


def test_beside_aliases_the_derived_identity_only_registers(file: Path) -> None:
    """UEP-02."""
    file.write_text(HOME + 'aliases = ["sip:alice@b.example", "tel:+4930"]\n')
    (subscriber,) = read(file, HomeFile).subscribers()
    assert subscriber.associated == ("sip:alice@b.example", "tel:+4930")


def test_every_fault_of_a_file_in_one_go_with_key_and_value(file: Path) -> None:
    text = (
        '[node]\nnam = "x"\n[gm]\naddresses = ["10.10.0.300"]\nport = 99999\nport_pc = [5064, "5066"]\n'
        'port_ps = true\n[core]\naddress = 5\nregistrar = "sip:foo.example:x"\n'
        '[security]\nalgorithms = ["null/null"]\nconfidentiality = "maybe"\n'
        '[store]\nurl = "mysql:"\n[admin]\nhttp = "127.0.0.1:99999"\n[extra]\n'
    )
    said = faults(file, text, PcscfFile)
    wanted = (
        "node.name: is missing; it must be given",
        "node.visited_network: is missing; it must be given",
        'node.nam = "x": no such key; meant name?',
        'gm.addresses[1] = "10.10.0.300": not an IP address; give one such as',
        "gm.port = 99999: too large; give 65535 or less",
        "gm.port_ps = true: not a whole number; write digits without quotes",
        'gm.port_pc[2] = "5066": not a whole number; write digits without quotes',
        "core.address = 5: not a text; write an IP address in quotes",
        'core.registrar = "sip:foo.example:x": no such port; give 1 to 65535',
        "security.algorithms[1] = \"null/null\": unknown suite 'null/null'",
        'security.confidentiality = "maybe": no such choice; give "off", "preferred" or "required"',
        'store.url = "mysql:": no such store; give',
        'admin.http = "127.0.0.1:99999": no such port; give 1 to 65535',
        "extra: no such key; known here: node, gm,",
    )
    for words in wanted:
        assert any(line.startswith(words) for line in said), words
    assert len(said) == len(wanted)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "[5064, 5066, 5068]",
            "[5064, 5066]",
            "gm.port_pc = [5064, 5066]: too few values (2); give at least 3",
        ),
        (
            "[5064, 5066, 5068]",
            "[5064, 5066, 5062]",
            "gm.port_pc[3] = 5062: is gm.port_ps too; give another one",
        ),
        (
            "port_ps = 5062",
            "port_ps = 5060",
            "gm.port_ps = 5060: not for protected traffic; give one beside 5060",
        ),
        ("10.20.0.1", "10.10.0.1", "core.port = 5060: is the unprotected endpoint of gm too"),
    ],
)
def test_values_that_do_not_go_together(file: Path, old: str, new: str, words: str) -> None:
    """SA-20, RRG-03."""
    (said,) = faults(file, PCSCF.replace(old, new), PcscfFile)
    assert said.startswith(words)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("465b5ce8b199b49faa5f0a2ee238a6bc", "465b5ce8b199b49faa5f0a2ee238a6b"),
        ("465b5ce8b199b49faa5f0a2ee238a6bc", "465b5ce8b199b49faa5f0a2ee238a6"),
        ("cd63cb71954a9f4e48a5994e37a02baf", "cd63cb71954a9f4e48a5994e37a02baX"),
        ("opc =", "op1 ="),
        ('imsi = "001010000000001"', 'imsi = "1"'),
    ],
)
def test_secrets_are_never_shown(file: Path, old: str, new: str) -> None:
    """AKA-32."""
    said = " ".join(faults(file, UE.replace(old, new), UeFile))
    assert "465b5ce8b199" not in said
    if "op1" not in new:
        assert "cd63cb71954a" not in said


def test_a_misspelt_secret_is_not_shown_either(file: Path) -> None:
    """AKA-32: the value of an unknown key may be one."""
    said = faults(file, UE.replace("opc =", "ocp ="), UeFile)
    assert "identity.ocp: no such key; meant opc?" in said
    assert "cd63cb71954a" not in " ".join(said)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('imsi = "001010000000001"', "", "identity.imsi: is missing; give imsi, or impi, impu and domain"),
        ("opc =", 'op = "00112233445566778899aabbccddeeff"\nopc =', "identity.opc: has op beside it"),
        (
            '"10.10.1.1"',
            '"fd00::1"',
            'gm.pcscf = "10.10.0.1:5060": of another address family than gm.address',
        ),
        ('"udp"', '"sctp"', 'gm.transport = "sctp": no such choice; give "udp" or "tcp"'),
        ('"10.10.0.1:5060"', '"10.10.0.1:0"', 'gm.pcscf = "10.10.0.1:0": no such port; give 1'),
    ],
)
def test_faults_of_a_ue_file(file: Path, old: str, new: str, words: str) -> None:
    (said,) = faults(file, UE.replace(old, new), UeFile)
    assert said.startswith(words)


def test_routes_of_a_home_network(file: Path) -> None:
    file.write_text(
        HOME + '[[route]]\ndomain = "far.example"\nnext = "10.20.0.9"\n'
        '[[route]]\nprefix = "+49"\nnext = "10.20.0.8:5070"\n'
    )
    assert read(file, HomeFile).config().routes == (
        Route(Endpoint("10.20.0.9", Port(5060)), domain="far.example"),
        Route(Endpoint("10.20.0.8", Port(5070)), prefix="+49"),
    )
    file.write_text(HOME.replace("port = 5060", 'trusted = ["10.20.0.1"]'))
    assert read(file, HomeFile).config().trusted == ("10.20.0.1",)


@pytest.mark.parametrize("keys", ["", 'domain = "far.example"\nprefix = "+49"\n'])
def test_a_route_has_one_of_domain_and_prefix(file: Path, keys: str) -> None:
    (said,) = faults(file, f'{HOME}[[route]]\nnext = "10.20.0.9"\n{keys}', HomeFile)
    assert said.startswith("route[1]: needs domain, or prefix")


def test_two_subscribers_with_one_identity(file: Path) -> None:
    entry = HOME[HOME.index("[[subscriber]]") :]
    (said,) = faults(file, HOME + entry, HomeFile)
    assert "belongs to two subscribers" in said


def test_faults_in_a_list_of_tables_are_counted_from_one(file: Path) -> None:
    (said,) = faults(file, HOME + '[[subscriber]]\nimsi = "x"\nk = "00"\nopc = "00"\n', HomeFile)
    assert said.startswith('subscriber[2].imsi = "x": ')


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; give the path"):
        read(tmp_path / "none.toml", UeFile)
    with pytest.raises(ConfigError, match="is a directory"):
        read(tmp_path, UeFile)
    (tmp_path / "latin").write_bytes(b"a = '\xe4'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read(tmp_path / "latin", UeFile)


def test_a_file_that_is_not_toml(file: Path) -> None:
    (said,) = faults(file, "[node\n", UeFile)
    assert said == "line 1, column 6: a table's name without its end; write [table] or [[table]]"


INSTANCE = 'instance = "urn:gsma:imei:35209900-176148-0"'


def flows(more: str, gm: str = "reg_id = 1", instance: str = INSTANCE) -> str:
    return UE.replace("[gm]", f"{instance}\n[gm]\n{gm}", 1) + more


def test_further_registrations_are_like_the_first_where_they_say_nothing(file: Path) -> None:
    """MGU-09, PCS-18."""
    file.write_text(flows('[[flow]]\nreg_id = 2\ntransport = "tcp"\n[[flow]]\nsos = true\nexpires_s = 60\n'))
    first, second, emergency = read(file, UeFile).configs()
    assert (first.reg_id, second.reg_id, emergency.reg_id) == (1, 2, 0)
    assert (first.transport, second.transport) == (Transport.UDP, Transport.TCP)
    assert (emergency.sos, emergency.expires_s, emergency.instance) == (True, 60, first.instance)
    assert second.address == first.address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            flows("[[flow]]\nreg_id = 1\n"),
            "flow[1].reg_id = 1: takes the place of a registration before it",
        ),
        (flows("[[flow]]\n"), "flow[1].reg_id: takes the place of a registration before it"),
        (flows("[[flow]]\nreg_id = 2\n", gm=""), "flow[1].reg_id = 2: takes the place of a registration"),
        (flows("", instance=""), "identity.instance: is missing, reg_id needs it"),
        (flows("[[flow]]\nreg_id = 2\nsos = true\n"), "flow[1].sos = true: has reg_id beside it"),
        (flows("[[flow]]\nreg_id = 0\n"), "flow[1].reg_id = 0: too small; give 1 or more"),
        (flows("", instance='instance = "imei:1"'), 'identity.instance = "imei:1": not a URN; give one such'),
    ],
)
def test_registrations_that_cannot_be_told_apart(file: Path, text: str, words: str) -> None:
    said = faults(file, text, UeFile)
    assert any(line.startswith(words) for line in said), said


def test_limits(tmp_path: Path) -> None:
    """Keys of [limits] become those of the node; what is left out is as documented."""
    file = tmp_path / "pcscf.toml"
    file.write_text(PCSCF + "[limits]\nregister_rate = 7\nmessage_octets = 4096\n")
    limits = read(file, PcscfFile).config().limits
    assert limits == Limits(register_rate=7, message_octets=4096)


def test_the_page_has_the_defaults_of_limits() -> None:
    page = (Path(__file__).parents[4] / "docs/reference/configuration.md").read_text()
    told = dict(re.findall(r"^\| `limits\.([a-z_]+)` \| [^|]+ \| ([0-9]+) \|", page, re.M))
    assert told == {name: str(value) for name, value in LimitsTable().model_dump().items()}
