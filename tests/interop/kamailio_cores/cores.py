"""Kamailio as I-CSCF and as S-CSCF on the host ``home``, our HSS behind them over Cx."""

from pathlib import Path
from typing import Final

from tests.interop.programs import DOMAIN, Program, Programs

ADDRESS: Final = "10.20.0.2"
HSS: Final = f"hss.{DOMAIN}"
ROLES: Final = {"icscf": 3870, "scscf": 3871}
"""Each with the port at which its Diameter listens."""

SCSCF: Final = f"sip:{ADDRESS}:6060"
USERS: Final = {1: f"sip:alice@{DOMAIN}", 2: f"sip:bob@{DOMAIN}"}
_HERE: Final = Path(__file__).parent

_FOLDER: Final = "/mnt"
"""Where it finds its files, in its own view of the file system."""

_ALL_OF_IT: Final = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
"""Its processes end with the first of them, however that ends."""

_IN_ITS_PLACE: Final = f"""
mount --bind "$1" {_FOLDER} && mount --bind "$1/hosts" /etc/hosts && mount -t tmpfs tmpfs /tmp &&
exec kamailio -f {_FOLDER}/$2.cfg -DD -E -m 64 -M 8 -Y /tmp -w /tmp 2>{_FOLDER}/$2.log
"""
"""Peers' names are in a hosts file of its own, and /tmp is its own: cdp leaves pipes there."""

_TABLES: Final = {
    "version": "table_name(str) table_version(int)\nnds_trusted_domains:1\ns_cscf:1\ns_cscf_capabilities:1\n",
    "nds_trusted_domains": f"id(int) trusted_domain(str)\n1:{DOMAIN}\n",
    "s_cscf": "id(int) name(str) s_cscf_uri(str)\n1:First:" + SCSCF.replace(":", r"\:") + "\n",
    "s_cscf_capabilities": "id(int) id_s_cscf(int) capability(int)\n",
}


def start_hss(network: Programs, folder: Path) -> Program:
    """`twopair home` as nothing but an HSS."""
    file = folder / "home.toml"
    file.write_text(_hss_file())
    program = network.start("home", "home", "-v", "-c", str(file))
    assert program.line().startswith("ready home ")
    return program


def start_cores(network: Programs, folder: Path) -> None:
    """Both CSCFs, from when they take messages on and the HSS is there; they end with the network."""
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{ADDRESS} {HSS}\n")
    tables = folder / "tables"
    tables.mkdir()
    for name, text in _TABLES.items():
        (tables / name).write_text(text)
    for role, port in ROLES.items():
        (folder / f"{role}.xml").write_text(_peer(role, port))
        text = (_HERE / f"{role}.cfg").read_text()
        for name, value in {"ADDRESS": ADDRESS, "DOMAIN": DOMAIN, "FOLDER": _FOLDER, "SCSCF": SCSCF}.items():
            text = text.replace(f"@{name}@", value)
        (folder / f"{role}.cfg").write_text(text)
        program = network.run("home", *_ALL_OF_IT, "sh", "-c", _IN_ITS_PLACE, "sh", str(folder), role)
        program.bound(5060 if role == "icscf" else 6060)


def _peer(role: str, port: int) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<DiameterPeer FQDN="{role}.{DOMAIN}" Realm="{DOMAIN}" Vendor_Id="10415" Product_Name="CDiameterPeer"
    AcceptUnknownPeers="0" DropUnknownOnDisconnect="1" Tc="1" Workers="2" QueueLength="32"
    ConnectTimeout="2" TransactionTimeout="5" SessionsHashSize="128"
    DefaultAuthSessionTimeout="60" MaxAuthSessionTimeout="300">
  <Peer FQDN="{HSS}" Realm="{DOMAIN}" port="3868"/>
  <Acceptor port="{port}" bind="{ADDRESS}"/>
  <Auth id="16777216" vendor="10415"/>
  <SupportedVendor vendor="10415"/>
  <DefaultRoute FQDN="{HSS}" metric="10"/>
</DiameterPeer>
"""


def _hss_file() -> str:
    text = f"""
[node]
domain = "{DOMAIN}"

[sip]
address = "{ADDRESS}"
port = 5070

[admin]
socket = "home.sock"

[diameter]
origin_host = "{HSS}"
listen = "{ADDRESS}:3868"
"""
    for role in ROLES:
        text += f'\n[[diameter.peer]]\nhost = "{role}.{DOMAIN}"\n'
    for number, impu in USERS.items():
        text += f"""
[[subscriber]]
imsi = "00101000000000{number}"
k = "465b5ce8b199b49faa5f0a2ee238a6bc"
opc = "cd63cb71954a9f4e48a5994e37a02baf"
aliases = ["{impu}"]
"""
    return text
