"""The command `twopair`: its subcommands, and what its exit codes mean."""

import platform
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from twopair import __version__
from twopair.live.config import ConfigError
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.wheel import kind

FAILED: Final = 1
MISUSE: Final = 2
LACKING: Final = 3

# ClickException: what is raised for bad usage. Typer keeps Click in different places.
_Misuse: Final[Any] = typer.BadParameter.__mro__[2]

COMMANDS: Final = {
    "demo": "demo:demo",
    "pcscf": "services:pcscf",
    "home": "home:app",
    "probe": "probe:probe",
    "sas": "sas:sas",
    "explain": "explain:explain",
    "sim": "sim:sim",
    "rotate-key": "rotate_key:rotate_key",
    "takeover": "takeover:takeover",
    "ue": "ue:app",
}
"""Where each subcommand is. A service that starts is not to wait for the import of a simulator (MGP-14)."""


def app_of(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command with these of its subcommands."""
    app = typer.Typer(
        name="twopair",
        help="IMS access security (3GPP TS 33.203, ipsec-3gpp): P-CSCF, UE, home network, two pairs of SAs.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        epilog="Exit codes: 0 success, 1 a failed verdict, 2 bad usage or configuration, "
        "3 something is missing on this machine.",
    )
    app.callback()(_root)
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        found = getattr(import_module(f"twopair.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        print(f"twopair {__version__}, {kind()}, {python}")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version, and exit.")
    ] = False,
) -> None:
    pass


def run() -> None:
    """Entry point of the command."""
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """Run one command line; what its user got wrong is one line on stderr per fault, never a traceback."""
    names = [name for name in arguments[:1] if name in COMMANDS]
    command = typer.main.get_command(app_of(names or COMMANDS))
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
