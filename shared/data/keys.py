"""Where the master key comes from, and the keys derived from it.

Losing it loses every sealed field: back it up, apart from the data.
"""

import base64
import json
import os
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.kernel.settings import Settings


class MasterKeyMissing(Exception):
    """No usable master key; the sentence says where one was looked for."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The master keys: `root` never changes (keyed hashes depend on it), the wrapping keys may be rotated."""

    root: bytes = field(repr=False)
    wrapping: Mapping[str, bytes] = field(repr=False)
    current: str
    _kept: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def derived(self, use: str) -> bytes:
        """32 bytes for one named use, the same every time, unrelated to those of any other use. For a fixed set of uses:
        the results are kept."""
        if use not in self._kept:
            self._kept[use] = _derive(self.root, use)
        return self._kept[use]

    def as_json(self) -> str:
        encoded = {name: base64.b64encode(key).decode() for name, key in self.wrapping.items()}
        return json.dumps({"root": base64.b64encode(self.root).decode(), "current": self.current, "wrapping": encoded})


def _derive(key: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"havn", info=use.encode()).derive(key)


def read_ring(text: str) -> KeyRing:
    """A ring from its JSON form, or from 32 bytes in base64. ValueError when it is neither."""
    if text.lstrip().startswith("{"):
        ring = _read_json(text)
    else:
        master = base64.b64decode(text.strip(), validate=True)
        if len(master) != 32:
            raise ValueError("a master key has 32 bytes")
        ring = KeyRing(_derive(master, "root"), {"1": _derive(master, "wrapping")}, "1")
    if ring.current not in ring.wrapping or any(len(key) != 32 for key in (ring.root, *ring.wrapping.values())):
        raise ValueError("a key ring names its current key, and every key has 32 bytes")
    return ring


def _read_json(text: str) -> KeyRing:
    try:
        known = json.loads(text)
        wrapping = {name: base64.b64decode(key, validate=True) for name, key in known["wrapping"].items()}
        return KeyRing(base64.b64decode(known["root"], validate=True), wrapping, str(known["current"]))
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("a key ring has root, current and wrapping, the keys in base64") from None


class KeyProvider(Protocol):
    def ring(self) -> KeyRing:
        """The keys; raises MasterKeyMissing with a sentence."""


class FileKeys:
    """Development: a file that is made, readable by its owner alone, the first time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ring(self) -> KeyRing:
        try:
            if not self._path.exists():
                self._make()
            return read_ring(self._path.read_text())
        except (OSError, ValueError) as error:
            raise MasterKeyMissing(
                f"The master key in {self._path} cannot be used ({type(error).__name__})."
            ) from error

    def _make(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        ring = KeyRing(secrets.token_bytes(32), {"1": secrets.token_bytes(32)}, "1")
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(ring.as_json())


class GivenKeys:
    """Production: the ring in HAVN_MASTER_KEY, put there by the platform's secret store."""

    def __init__(self, text: str) -> None:
        self._text = text

    def ring(self) -> KeyRing:
        try:
            return read_ring(self._text)
        except ValueError as error:
            raise MasterKeyMissing("HAVN_MASTER_KEY is neither 32 bytes in base64 nor a key ring in JSON.") from error


class CommandKeys:
    """Production: a command (a vault's or HSM's client) that prints the ring."""

    def __init__(self, command: str) -> None:
        self._command = command

    def ring(self) -> KeyRing:
        try:
            printed = subprocess.run(shlex.split(self._command), capture_output=True, check=True, timeout=10, text=True)  # noqa: S603
            return read_ring(printed.stdout)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise MasterKeyMissing(f"HAVN_MASTER_KEY_COMMAND gave no usable key ({type(error).__name__}).") from None


def key_provider(settings: Settings) -> KeyProvider:
    """The provider that the settings name: command, then variable, then a file (`HAVN_HOME`/keys/master.json)."""
    if settings.master_key_command:
        return CommandKeys(settings.master_key_command)
    if settings.master_key:
        return GivenKeys(settings.master_key.get_secret_value())
    return FileKeys(settings.master_key_file or settings.home / "keys" / "master.json")
