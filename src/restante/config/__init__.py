"""Configuration: one TOML file, environment variables over it, flags over those; typed, checked, with provenance."""

from restante.config.load import Loaded, load
from restante.config.model import Config
from restante.config.problem import ConfigError, Problem
from restante.config.source import Flag, Origin

__all__ = ["Config", "ConfigError", "Flag", "Loaded", "Origin", "Problem", "load"]
