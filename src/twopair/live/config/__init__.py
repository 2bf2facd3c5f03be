"""Configuration files of the services, read and checked as a whole before anything starts."""

from twopair.live.config.fields import BackendName
from twopair.live.config.home import HomeFile
from twopair.live.config.pcscf import PcscfFile
from twopair.live.config.read import ConfigError, read
from twopair.live.config.ue import UeFile

__all__ = ["BackendName", "ConfigError", "HomeFile", "PcscfFile", "UeFile", "read"]
