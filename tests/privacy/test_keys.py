"""The key file, where other users may have been."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from base64 import b64encode
from pathlib import Path

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.privacy.keys import KeyFile

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


def test_link_in_the_place_of_the_lock(tmp_path: Path) -> None:
    """What it leads to is neither opened nor made, nor are its permissions changed."""
    (tmp_path / "keys.lock").symlink_to(tmp_path / "victim")

    with pytest.raises(ConfigurationError, match="the keys cannot be read or written there"):
        KeyFile(tmp_path / "keys")
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize("name", ["keys", "keys.lock"])
def test_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """Nobody may ever open its other end."""
    os.mkfifo(tmp_path / name)

    with pytest.raises(ConfigurationError, match=r"name another file with key_file="):
        KeyFile(tmp_path / "keys")


def test_private_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is made is its owner's alone, and there is nothing to say."""
    KeyFile(tmp_path / "keys")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"keys": 0o600, "keys.lock": 0o600}
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["keys", "keys.master"])
def test_keys_that_everybody_may_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """They are used, with a warning."""
    KeyFile(tmp_path / "keys")
    path = tmp_path / name
    path.touch()
    path.chmod(0o644)
    KeyFile(tmp_path / "keys")

    assert caplog.messages == [
        f"{path} is used, though everybody may read or write it: chmod 600 it"
    ]


def test_keys_of_another_user(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are used, with a warning that says whose they are."""
    KeyFile(tmp_path / "keys")
    owner = (tmp_path / "keys").stat().st_uid
    if owner == 0:
        owner = 12
        os.chown(tmp_path / "keys", owner, -1)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    KeyFile(tmp_path / "keys")

    assert caplog.messages == [f"{tmp_path / 'keys'} is used, though it belongs to user {owner}"]


@pytest.mark.parametrize(
    ("value", "field", "person"),
    [
        ("ann", "user", b"user"),
        ("ann", "conversation", b"conversation"),
        ("ann", "agent", b"agent"),
        ("bob", "user", b"user"),
        ("no\ud800pe", "user", b"user"),
        ("TCK-1234", "number_of_a_ticket", b"number_of_a_tick"),
        ("TCK-1234", "n\u00famero", "n\u00famero".encode()),
    ],
)
def test_pseudonyms(tmp_path: Path, value: str, field: str, person: bytes) -> None:
    """A person and a conversation with one id have two, so that nobody can join them by that."""
    key = bytes(range(32))
    path = tmp_path / "keys"
    path.write_text(json.dumps({"pseudonyms": b64encode(key).decode()}) + "\n")
    path.chmod(0o600)
    data = value.encode("utf-8", "surrogatepass")

    pseudonym = KeyFile(path).pseudonym(value, field)

    assert pseudonym == hashlib.blake2b(data, digest_size=8, key=key, person=person).hexdigest()
    assert pseudonym != hashlib.blake2b(data, digest_size=8, key=key).hexdigest()


@pytest.mark.parametrize("left", [None, ""])
def test_lost_keys_are_said_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, left: str | None
) -> None:
    """Where the master key is still there, new keys do not take the place of old ones unseen."""
    pytest.importorskip("cryptography")
    path = tmp_path / "keys"
    KeyFile(path).key_of("ann")
    assert caplog.messages == []
    path.unlink()
    if left is not None:
        path.write_text(left)
        path.chmod(0o600)

    KeyFile(path)
    assert [message.startswith(f"{path}: it has no keys") for message in caplog.messages] == [True]
    KeyFile(path)
    assert len(caplog.messages) == 1


def test_key_that_was_dropped_seals_nothing_more(tmp_path: Path) -> None:
    """What is said after that has a new key, which is in the file and opens it."""
    pytest.importorskip("cryptography")
    keys = KeyFile(tmp_path / "keys")
    old, other = keys.key_of("alice"), keys.key_of("bob")

    assert keys.drop({"alice", "carol"}) == 1

    new = keys.key_of("alice")
    assert new.key_id != old.key_id
    assert keys.key_by_id(old.key_id) is None
    sealed = new.seal(b"Hello", "evt_1")
    opener = KeyFile(tmp_path / "keys").key_by_id(new.key_id)
    assert opener is not None
    assert opener.open(sealed, "evt_1") == b"Hello"
    assert keys.key_of("bob") is other


def test_full_disk_spoils_no_key(tmp_path: Path, full_disk) -> None:  # type: ignore[no-untyped-def]
    """What has no room is not there in part, and the keys of others stay."""
    pytest.importorskip("cryptography")
    path, master = tmp_path / "keys", tmp_path / "keys.master"
    keys = KeyFile(path)
    with full_disk(10), pytest.raises(ConfigurationError, match="No space left"):
        keys.key_of("ann")
    assert not master.exists()
    ann = keys.key_of("ann")
    before = path.read_bytes()

    with full_disk(10), pytest.raises(ConfigurationError, match="No space left"):
        keys.key_of("bob")
    with full_disk(10), pytest.raises(ConfigurationError, match="No space left"):
        keys.drop({"nobody", "ann"})
    assert path.read_bytes() == before
    assert KeyFile(path).key_of("ann").key_id == ann.key_id


def test_keys_stay_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that goes to another folder makes no second key file there."""
    pytest.importorskip("cryptography")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    keys = KeyFile("keys")
    monkeypatch.chdir("elsewhere")
    ann = keys.key_of("ann")

    assert [*Path().iterdir()] == []
    assert KeyFile(tmp_path / "keys").key_of("ann").key_id == ann.key_id


def test_dropped_key_is_gone_from_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a loss of power, too: the name of the new file is on it."""
    pytest.importorskip("cryptography")
    keys, synced, fsync = KeyFile(tmp_path / "keys"), [], os.fsync
    keys.key_of("ann")

    def noted(descriptor: int) -> None:
        status = os.fstat(descriptor)
        synced.append((status.st_ino, b"ann" in (tmp_path / "keys").read_bytes()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    assert keys.drop({"ann"}) == 1
    assert synced[-1] == (tmp_path.stat().st_ino, False)
