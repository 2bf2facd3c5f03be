"""The command `twopair`: its subcommands, and what its exit codes mean."""

import platform
import sys
from typing import Annotated, Any, Final

import typer

from twopair import __version__
from twopair.cli import services, ue
from twopair.cli.demo import demo
from twopair.cli.explain import explain
from twopair.cli.probe import probe
from twopair.cli.rotate_key import rotate_key
from twopair.cli.sas import sas
from twopair.cli.sim import sim
from twopair.cli.takeover import takeover
from twopair.live.config import ConfigError
from twopair.live.prerequisite import PrerequisiteMissing

FAILED: Final = 1
MISUSE: Final = 2
LACKING: Final = 3

# ClickException: what is raised for bad usage. Typer keeps Click in different places.
_Misuse: Final[Any] = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="twopair",
    help="IMS access security (3GPP TS 33.203, ipsec-3gpp): P-CSCF, UE, home network, two pairs of SAs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 success, 1 a failed verdict, 2 bad usage or configuration, 3 something is missing "
    "on this machine.",
)


def _version(wanted: bool) -> None:
    if wanted:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        print(f"twopair {__version__}, {python}, pure Python")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and exit.")
    ] = False,
) -> None:
    pass


app.command("demo")(demo)
app.command("pcscf")(services.pcscf)
app.command("home")(services.home)
app.command("probe")(probe)
app.command("sas")(sas)
app.command("explain")(explain)
app.command("sim")(sim)
app.command("rotate-key")(rotate_key)
app.command("takeover")(takeover)
app.add_typer(ue.app, name="ue")


def run() -> None:
    """Entry point of the command."""
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """Run one command line; what its user got wrong is one line on stderr per fault, never a traceback."""
    command = typer.main.get_command(app)
    try:
        return int(command.main(arguments, prog_name="twopair", standalone_mode=False) or 0)
    except _Misuse as error:
        if text := error.format_message():  # empty where the help was shown instead
            print(f"twopair: {text}", file=sys.stderr)
        return MISUSE
    except ConfigError as error:
        for line in error.lines:
            print(f"twopair: {line}", file=sys.stderr)
        return MISUSE
    except PrerequisiteMissing as error:
        print(f"twopair: {error}", file=sys.stderr)
        return LACKING
    except (KeyboardInterrupt, typer.Abort):
        return FAILED
