"""The tree of errors. Each message says in one line what happened, where, and what to do."""

from __future__ import annotations


class TrackerError(Exception):
    """Root of everything that the tracker raises on purpose. `exit_code` is what the command ends with."""

    exit_code = 1


class UsageError(TrackerError):
    """What was asked for cannot be answered as asked: an unknown subject, a file that exists."""

    exit_code = 2


class ConfigError(TrackerError):
    """The configuration is missing or wrong."""

    exit_code = 78


class MissingCredentialError(ConfigError):
    """A credential is not given."""


class StoreError(TrackerError):
    """The database cannot be used."""


class SchemaError(StoreError):
    """The database has another schema than this version of the tracker."""

    exit_code = 78


class BusyError(StoreError):
    """Another tracker is writing to this home."""

    exit_code = 75


class UnusableError(StoreError):
    """The database is damaged, or no longer the file that was opened: this process must not go on writing to it."""


class LostError(UnusableError):
    """The database of this home is gone: another start would not bring it back."""

    exit_code = 78


class ClosedError(StoreError):
    """A file of the home belongs to another user: another start would not open it."""

    exit_code = 78


class SandboxError(TrackerError):
    """The sandbox could not be started."""
