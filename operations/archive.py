"""A backup file: a tar of parts with a manifest that names the size and checksum of each.

manifest.json   database.dump   files/…   secrets/…
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Self

from operations.errors import CannotStart

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
CHUNK_BYTES = 1 << 20


class Damaged(CannotStart):
    """The file is no whole backup."""


@dataclass(frozen=True)
class Part:
    size_bytes: int
    sha256: str


@dataclass
class Manifest:
    made_at: str
    postgres: str
    # Name of each applied migration, "app.name".
    migrations: list[str]
    parts: dict[str, Part] = field(default_factory=dict)
    format: int = FORMAT


class Writer:
    """Writes parts one after the other and the manifest at last."""

    def __init__(self, file: IO[bytes], manifest: Manifest) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.manifest = manifest

    def add(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            part = _part(source)
            source.seek(0)
            self._put(name, source, part.size_bytes)
        self.manifest.parts[name] = part

    def add_text(self, name: str, text: str) -> None:
        content = text.encode()
        self._put(name, io.BytesIO(content), len(content))
        self.manifest.parts[name] = _part(io.BytesIO(content))

    def close(self) -> None:
        text = json.dumps(asdict(self.manifest), indent=1).encode()
        self._put(MANIFEST, io.BytesIO(text), len(text))
        self._tar.close()

    def _put(self, name: str, source: IO[bytes], size_bytes: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size_bytes, 0o600
        self._tar.addfile(entry, source)


class Reader:
    """A backup whose every part was found whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115  Lives as long as the reader.
        except (tarfile.TarError, OSError) as error:
            raise Damaged(f"{path} is no backup: {error}") from error
        try:
            self.manifest = self._read_manifest()
            self._check_parts()
        except (tarfile.TarError, OSError, KeyError, TypeError, ValueError) as error:
            self.close()
            raise Damaged(f"{path} is no whole backup: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._tar.close()

    def names(self, folder: str) -> list[str]:
        """The parts below this folder."""
        return [name for name in self.manifest.parts if name.startswith(f"{folder}/")]

    def extract(self, name: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open(name) as source, path.open("wb") as target:
            while chunk := source.read(CHUNK_BYTES):
                target.write(chunk)
        path.chmod(0o600)

    def _open(self, name: str) -> IO[bytes]:
        source = self._tar.extractfile(name)
        if source is None:
            raise ValueError(f"{name} is no file")
        return source

    def _read_manifest(self) -> Manifest:
        with self._open(MANIFEST) as source:
            values = json.load(source)
        if values["format"] != FORMAT:
            raise ValueError(f"it has the format {values['format']!r} of another release")
        values["parts"] = {name: Part(**part) for name, part in values["parts"].items()}
        return Manifest(**values)

    def _check_parts(self) -> None:
        for name, expected in self.manifest.parts.items():
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise ValueError(f"{name} leads out of it")
            with self._open(name) as source:
                if _part(source) != expected:
                    raise ValueError(f"{name} is not as it was written")


def _part(source: IO[bytes]) -> Part:
    digest = hashlib.sha256()
    size_bytes = 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
    return Part(size_bytes, digest.hexdigest())
