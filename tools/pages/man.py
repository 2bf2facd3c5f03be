"""twopair(1), read from the commands like docs/reference/cli.md: ``python -m tools.pages.man``."""

import re
from collections.abc import Iterator

from tools.pages.cli import APP, Command, Parameter, commands

from twopair import __version__

_FILES = {
    "/etc/twopair/pcscf.toml": "what the service twopair-pcscf reads",
    "/etc/twopair/home.toml": "what the service twopair-home reads, if it is there",
    "/var/lib/twopair": "what outlives the services: registrations, SA sets, sequence numbers",
    "/run/twopair/pcscf.sock": "where sas and explain ask the service",
    "/usr/share/doc/twopair": "all keys of the files, how to set up the services, examples",
}


def man() -> str:
    """The page, as nroff reads it."""
    return "\n".join((*_head(), *_commands(), *_end(), ""))


def _head() -> Iterator[str]:
    yield f'.TH TWOPAIR 1 "" "twopair {__version__}" "User Commands"'
    yield ".SH NAME"
    yield r"twopair \- IMS access security (3GPP TS 33.203): P-CSCF, UE, home network"
    yield ".SH SYNOPSIS"
    yield r".B twopair"
    yield r".I COMMAND"
    yield r"[\fIOPTIONS\fR] [\fIARGUMENTS\fR]"
    yield ".SH DESCRIPTION"
    yield _escaped(str(APP.info.help))
    yield ".SH COMMANDS"


def _commands() -> Iterator[str]:
    for command in commands():
        yield f".SS {_escaped(' '.join((*command.words, *_arguments(command))))}"
        for paragraph in command.help.split("\n\n"):
            yield ".PP"
            yield _escaped(" ".join(paragraph.split()))
        for parameter in command.parameters:
            if parameter.is_option:
                yield from _option(parameter)


def _arguments(command: Command) -> Iterator[str]:
    for parameter in command.parameters:
        if not parameter.is_option:
            yield parameter.names[0] if parameter.default == "required" else f"[{parameter.names[0]}]"


def _option(parameter: Parameter) -> Iterator[str]:
    value = rf" \fI{_escaped(parameter.value)}\fR" if parameter.value else ""
    yield ".TP"
    yield rf"\fB{_escaped(', '.join(parameter.names))}\fR{value}"
    default = parameter.default and (
        " (required)" if parameter.default == "required" else f" (default: {parameter.default})"
    )
    yield _escaped(f"{parameter.words}{default}")


def _end() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    yield _escaped(str(APP.info.epilog).removeprefix("Exit codes: "))
    yield ".SH FILES"
    for file, words in _FILES.items():
        yield ".TP"
        yield f".I {_escaped(file)}"
        yield _escaped(words)
    yield ".SH SEE ALSO"
    yield r".BR systemctl (1), ip\-xfrm (8)"


def _escaped(text: str) -> str:
    """As it is to be read: no word is a request, no hyphen is anything but one."""
    text = re.sub(r"`+", "", text).replace("\\", r"\e").replace("-", r"\-").replace("…", "...")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


if __name__ == "__main__":
    print(man(), end="")
