"""Keys: one file apart from the log, with a key for each subject and one for pseudonyms.

The file has one JSON object a line. A subject's key is wrapped by the master key, which is in
``HILT_PRIVACY_MASTER_KEY`` (32 bytes, in base64) or in a file beside the key file. To drop a
subject's key is to erase everything that was sealed with it, in every copy.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import logging
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from hilt.core import forks
from hilt.core.exceptions import ConfigurationError, MissingDependencyError
from hilt.core.whole_writes import append_all, sync_folder, write_all

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["KeyFile", "SubjectKey", "default_key_path"]

_logger = logging.getLogger(__name__)
_PRIVATE = 0o600
_KEY_BYTES = 32
_NONCE_BYTES = 12
_MASTER_VARIABLE = "HILT_PRIVACY_MASTER_KEY"


def default_key_path() -> Path:
    """The default path of the key file: ``HILT_PRIVACY_KEY_FILE``, or one in the state folder."""
    named = os.environ.get("HILT_PRIVACY_KEY_FILE", "").strip()
    if named:
        return Path(named).expanduser()
    return state_folder() / "privacy.keys"


def state_folder() -> Path:
    """HILT's folder for what programs of this user keep: ``~/.local/state/hilt``."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "hilt"


class SubjectKey:
    """The key of one subject.

    Args:
        key_id: Its name in sealed texts.
        key: The key itself, 32 bytes.
    """

    __slots__ = ("_cipher", "key_id")

    def __init__(self, key_id: str, key: bytes) -> None:
        self.key_id = key_id
        self._cipher = _aes_gcm(key)

    def seal(self, data: bytes, context: str) -> str:
        """Encrypt, as ``hilt1.<key id>.<base64>``.

        Args:
            data: What to encrypt.
            context: What it belongs to (an event's id and a path); `open` needs the same.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, data, context.encode())
        return f"hilt1.{self.key_id}.{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, context: str) -> bytes:
        """Decrypt what `seal` returned.

        Raises:
            ValueError: If it was sealed with another key or context, or was changed.
        """
        from cryptography.exceptions import InvalidTag

        try:
            data = base64.b64decode(sealed.rpartition(".")[2], validate=True)
            return bytes(
                self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], context.encode())
            )
        except InvalidTag as error:
            raise ValueError("sealed text: its key does not fit, or it was changed") from error


class KeyFile:
    """The keys of a policy. Several processes may use one file.

    Args:
        path: The file; it is made, for its owner alone, when it is missing.

    Raises:
        ConfigurationError: If it cannot be read or made, or is no key file.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        given = Path(path).expanduser() if path is not None else default_key_path()
        # The program may change its working directory; the key file stays where it is.
        self.path = given.absolute()
        self._lines: list[dict[str, str]] = []
        self._keys: dict[str, SubjectKey] = {}
        self._renew()
        forks.on_fork(self._renew)
        with self._guarded():
            self._load()
            self.pseudonym_key = self._pseudonym_key()
        for file in (self.path, self._master_path):
            _warn_if_shared(file)

    def _renew(self) -> None:
        self._lock = threading.RLock()

    # -- keys -----------------------------------------------------------------------------------

    def key_of(self, subject: str) -> SubjectKey:
        """The key of a subject; it is made and written to the file when there is none.

        Raises:
            OSError: If the file cannot be written.
        """
        with self._lock:
            known = self._keys.get(subject)
            if known is not None:
                return known
            with self._guarded():
                self._load()
                line = next((each for each in self._lines if each.get("subject") == subject), None)
                if line is None:
                    line = self._make_key(subject)
            key = SubjectKey(line["key_id"], self._unwrapped(line))
            self._keys[subject] = key
            return key

    def key_by_id(self, key_id: str) -> SubjectKey | None:
        """The key of this id; None if it was dropped, or is in another file."""
        with self._lock:
            for line in self._lines:
                if line.get("key_id") == key_id:
                    return SubjectKey(key_id, self._unwrapped(line))
        return None

    def drop(self, subjects: set[str]) -> int:
        """Erase the keys of some subjects, and return how many there were.

        Raises:
            OSError: If the file cannot be replaced; then no key is lost.
        """
        with self._lock, self._guarded():
            self._load()
            kept = [each for each in self._lines if each.get("subject") not in subjects]
            dropped = len(self._lines) - len(kept)
            if dropped:
                self._replace(kept)
            for subject in subjects:
                self._keys.pop(subject, None)
            return dropped

    def rotate_master(self) -> int:
        """Make a new master key and wrap all keys with it; return how many there are.

        Raises:
            ConfigurationError: If the master key is in the environment, where HILT cannot set it.
            OSError: If a file cannot be replaced.
        """
        if os.environ.get(_MASTER_VARIABLE):
            raise ConfigurationError(
                f"{_MASTER_VARIABLE}: it is set in the environment; unset it, and give the new "
                "key in the file beside the key file"
            )
        with self._lock, self._guarded():
            self._load()
            wrapped = [each for each in self._lines if "wrapped" in each]
            plain = {each["key_id"]: self._unwrapped(each) for each in wrapped}
            new = secrets.token_bytes(_KEY_BYTES)
            # The new master key is kept beside the old one until the keys are wrapped with it.
            waiting = Path(f"{self._master_path}.new")
            _write_private(waiting, base64.b64encode(new))
            for line in wrapped:
                line["wrapped"] = _wrap(new, line["key_id"], plain[line["key_id"]])
            self._replace(self._lines)
            waiting.replace(self._master_path)
            return len(wrapped)

    def pseudonym(self, value: str, field: str) -> str:
        """16 hex digits that stand for a value of a field: the same wherever this file is used."""
        digest = hashlib.blake2b(
            value.encode("utf-8", "surrogatepass"),
            digest_size=8,
            key=self.pseudonym_key,
            person=field.encode()[:16],
        )
        return digest.hexdigest()

    # -- the file -------------------------------------------------------------------------------

    @property
    def _master_path(self) -> Path:
        return Path(f"{self.path}.master")

    def _pseudonym_key(self) -> bytes:
        for line in self._lines:
            if "pseudonyms" in line:
                return base64.b64decode(line["pseudonyms"])
        if self._master_path.exists():
            _logger.warning(
                "%s: it has no keys, but its master key is there; new ones are made. What was "
                "sealed with earlier ones cannot be opened, and people get other pseudonyms: if "
                "there were any, restore the file from a backup",
                self.path,
            )
        key = secrets.token_bytes(_KEY_BYTES)
        self._append({"pseudonyms": base64.b64encode(key).decode()})
        return key

    def _make_key(self, subject: str) -> dict[str, str]:
        key, key_id = secrets.token_bytes(_KEY_BYTES), secrets.token_hex(8)
        line = {"key_id": key_id, "subject": subject, "wrapped": _wrap(self._master(), key_id, key)}
        self._append(line)
        return line

    def _unwrapped(self, line: dict[str, str]) -> bytes:
        from cryptography.exceptions import InvalidTag

        data = base64.b64decode(line["wrapped"])
        candidates = [self._master()]
        waiting = Path(f"{self._master_path}.new")
        if waiting.exists():  # a rotation that was interrupted
            candidates.append(base64.b64decode(waiting.read_bytes()))
        for master in candidates:
            try:
                return bytes(
                    _aes_gcm(master).decrypt(
                        data[:_NONCE_BYTES], data[_NONCE_BYTES:], line["key_id"].encode()
                    )
                )
            except InvalidTag:
                continue
        raise ConfigurationError(
            f"{self.path}: the master key does not fit the keys in this file; expected the one "
            f"that they were made with, in {_MASTER_VARIABLE} or {self._master_path}"
        )

    def _master(self) -> bytes:
        text = os.environ.get(_MASTER_VARIABLE, "").strip()
        source: object = _MASTER_VARIABLE
        if not text:
            source = self._master_path
            if not self._master_path.exists():
                if any("wrapped" in each for each in self._lines):
                    raise ConfigurationError(
                        f"{self._master_path}: the master key is missing, and the keys in "
                        f"{self.path} cannot be used without it; restore it from a backup"
                    )
                _write_private(self._master_path, base64.b64encode(secrets.token_bytes(_KEY_BYTES)))
            text = self._master_path.read_text(encoding="ascii").strip()
        try:
            key = base64.b64decode(text, validate=True)
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise ConfigurationError(
                f"{source}: the master key is not 32 bytes in base64; make one with "
                "python -c 'import base64, secrets; "
                "print(base64.b64encode(secrets.token_bytes(32)).decode())'"
            )
        return key

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Lock the file against other processes, and name it in errors."""
        try:
            _make_private_folder(self.path.parent)
            with os.fdopen(_open_plain(f"{self.path}.lock", os.O_RDWR | os.O_CREAT), "rb+") as lock:
                if fcntl is not None:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ConfigurationError(f"{self.path}: not a key file of HILT: {error}") from error
        except OSError as error:
            raise ConfigurationError(
                f"{self.path}: the keys cannot be read or written there "
                f"({error.strerror or error}); name another file with key_file="
            ) from error

    def _load(self) -> None:
        try:
            with os.fdopen(_open_plain(self.path, os.O_RDONLY, links=True), "rb") as file:
                data = file.read().decode()
        except FileNotFoundError:
            self._lines = []
            return
        self._lines = [json.loads(line) for line in data.splitlines() if line.strip()]
        if not all(isinstance(line, dict) for line in self._lines):
            raise ConfigurationError(f"{self.path}: not a key file of HILT")

    def _append(self, line: dict[str, str]) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE)
        try:
            append_all(descriptor, json.dumps(line).encode() + b"\n")
            os.fsync(descriptor)  # a key that is lost loses what was sealed with it
        finally:
            os.close(descriptor)
        self._lines.append(line)

    def _replace(self, lines: list[dict[str, str]]) -> None:
        data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        waiting = Path(f"{self.path}.new")
        _write_private(waiting, data)
        waiting.replace(self.path)
        sync_folder(str(self.path.parent))  # or a crash could bring back what was dropped
        self._lines = lines


def _open_plain(path: str | os.PathLike[str], flags: int, *, links: bool = False) -> int:
    """Open a plain file, and never wait for the other end of a pipe.

    Raises:
        OSError: If it cannot be opened, is no plain file, or is a link and links are not followed.
    """
    flags |= getattr(os, "O_NONBLOCK", 0) | (0 if links else getattr(os, "O_NOFOLLOW", 0))
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), _PRIVATE)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is not a plain file", str(path))


def _warn_if_shared(path: Path) -> None:
    """Warn if a key file belongs to another user, or if everybody may use it."""
    try:
        status = path.stat()
    except OSError:
        return
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (0, os.geteuid()):
        _logger.warning("%s is used, though it belongs to user %d", path, status.st_uid)
    elif status.st_mode & stat.S_IRWXO:
        _logger.warning("%s is used, though everybody may read or write it: chmod 600 it", path)


def _make_private_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    except OSError:
        path.unlink()  # half a key would be taken for a whole one
        raise
    finally:
        os.close(descriptor)


def _wrap(master: bytes, key_id: str, key: bytes) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + _aes_gcm(master).encrypt(nonce, key, key_id.encode())
    return base64.b64encode(sealed).decode()


def _aes_gcm(key: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 # the extra's own class
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise MissingDependencyError(
            "privacy: to encrypt texts the package cryptography is needed: "
            'pip install "hilt[privacy]"'
        ) from error
    return AESGCM(key)
