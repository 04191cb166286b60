"""An object store as a folder: what a vendor reads from a bucket, and what it leaves there."""

from pathlib import Path

from ..errors import ConfigurationError, OutputError

__all__ = ["ObjectFolder"]


class ObjectFolder:
    """Objects by key in a folder. A key is a path with slashes, and never leads out of the folder.

    Raises ConfigurationError for a folder that does not exist.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigurationError(f"The storage folder {folder} does not exist", action="Create it.")
        self._folder = folder.resolve()

    def path(self, key: str) -> Path | None:
        """The file of this object; None where there is none. A slash in front makes no difference."""
        place = self._place(key)
        return place if place is not None and place.is_file() else None

    def write(self, key: str, data: bytes) -> Path:
        """Stores an object, whole or not at all. Raises OutputError."""
        place = self._place(key)
        if place is None:
            raise OutputError("An object's key leads out of the storage folder")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_name(f".{place.name}.part")
            partial.write_bytes(data)
            partial.replace(place)
        except OSError as error:
            raise OutputError(f"An object could not be stored: {error.strerror}", action="Make room for it.") from None
        return place

    def keys(self) -> tuple[str, ...]:
        """Every key, sorted."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return tuple(sorted(path.relative_to(self._folder).as_posix() for path in files))

    def _place(self, key: str) -> Path | None:
        try:
            place = (self._folder / key.lstrip("/")).resolve()
            return place if place.is_relative_to(self._folder) and place != self._folder else None
        except (OSError, ValueError):
            return None
