"""`--pid` of a stranger: nothing is read or sent for a process that it could not have itself."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ehtui.config.process_settings import declared_target, look_into
from tests.shortcuts import only_linux

KEY = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://own.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
SECRET = (
    "Endpoint=sb://victim.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=VklDVElN"
)
LEAK = f"EVENTHUB_CONNECTION_STRING={SECRET}\nEVENTHUB_NAME=victims\n"
STRANGER, OTHER = 64_001, 64_002  # nobody's numbers
NOBODY = 2**32 - 1  # in an access list
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's process")
# Becomes somebody else, if asked to, and waits.
WAIT = "import os, sys; print('up', flush=True); sys.stdin.read()"


@contextmanager
def process(
    folder: Path,
    *words: str,
    user: int | None = None,
    groups: tuple[int, ...] = (),
    environment: dict[str, str] | None = None,
    first: str = "",
) -> Iterator[int]:
    """A sleeping process in a folder, as another user where one is given."""
    # It becomes that user once it runs: the tests' Python need not be for everybody.
    leave = f"os.setgroups({list(groups)}); os.setgid({user}); os.setuid({user})" if user else ""
    child = subprocess.Popen(
        [sys.executable, "-c", f"import os\n{first}\n{leave}\n{WAIT}", *words],
        cwd=folder,
        env={"EVENTHUB_CONNECTION_STRING": HUB} if environment is None else environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    try:
        assert child.stdout
        assert child.stdout.readline() == "up\n"
        yield child.pid
    finally:
        child.communicate()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that everybody may pass, of the stranger's where tests run as root."""
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o011)

    place = tmp_path / "home"
    place.mkdir()
    place.chmod(0o755)
    give(place, STRANGER)

    return place


def give(path: Path, user: int, mode: int | None = None) -> Path:
    if mode is not None:
        path.chmod(mode)

    if os.geteuid() == 0:
        os.chown(path, user, user, follow_symlinks=False)

    return path


def written(path: Path, text: str, user: int = STRANGER, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

    return give(path, user, mode)


def seen(pid: int) -> tuple[dict[str, str], str]:
    findings = look_into(pid)
    values = {key: value.value for key, value in findings.values.items()}

    assert SECRET not in values.values()
    assert "victims" not in values.values()
    assert "victims" not in str(declared_target(pid))

    return values, "\n".join(findings.notes)


def stranger() -> int | None:
    return STRANGER if os.geteuid() == 0 else None


def link(home: Path, target: Path) -> None:
    (home / ".env").symlink_to(target)


def relative_link(home: Path, target: Path) -> None:
    (home / ".env").symlink_to(os.path.relpath(target, home))


def link_of_a_link(home: Path, target: Path) -> None:
    (home / "step").symlink_to(target)
    (home / ".env").symlink_to("step")


def link_of_a_folder(home: Path, target: Path) -> None:
    (home / "out").symlink_to(target.parent)
    (home / ".env").symlink_to(f"out/{target.name}")


def link_beside_settings(home: Path, target: Path) -> None:
    (home / "config.yaml").symlink_to(target)


def linked_folder_of_settings(home: Path, target: Path) -> None:
    written(target.parent / "config.yaml", f"eventhub:\n  connection_string: {SECRET}\n", 0, 0o644)
    (home / "config").symlink_to(target.parent)


def link_to_itself(home: Path, target: Path) -> None:
    del target
    (home / ".env").symlink_to(".env")


def link_to_nothing(home: Path, target: Path) -> None:
    del target
    (home / ".env").symlink_to("not/there")


def link_through_proc(home: Path, target: Path) -> None:
    (home / ".env").symlink_to(f"/proc/{os.getpid()}/root{target}")


WAYS_OUT = [
    link, relative_link, link_of_a_link, link_of_a_folder, link_beside_settings,
    linked_folder_of_settings, link_to_itself, link_to_nothing, link_through_proc,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS_OUT, ids=lambda way: way.__name__)
@pytest.mark.parametrize("mode", [0o600, 0o644], ids=oct)
def test_no_link_leads_out(
    home: Path, tmp_path: Path, way: Callable[[Path, Path], None], mode: int
) -> None:
    """Not even to what everybody may read: it is not the application's."""
    target = written(tmp_path / "roots" / "secret", LEAK, 0, mode)
    way(home, target)

    with process(home, user=stranger()) as pid:
        values, _ = seen(pid)

    assert values["eventhub.connection_string"] == HUB


@AS_ROOT
@pytest.mark.parametrize(
    ("owner", "mode", "groups"),
    [
        (0, 0o600, ()),  # root's, not for everybody
        (0, 0o640, ()),
        (0, 0o640, (0,)),
        (0, 0o660, (0,)),
        (OTHER, 0o600, ()),
        (OTHER, 0o644, ()),  # another user's: who knows how it came there
        (OTHER, 0o644, (OTHER,)),
        (STRANGER, 0o000, ()),
        (STRANGER, 0o044, ()),
    ],
)
def test_a_file_of_another_user_is_not_read(
    home: Path, owner: int, mode: int, groups: tuple[int, ...]
) -> None:
    written(home / ".env", LEAK, owner, mode)
    written(home / "config.yaml", f"a:\n  connection_string: {SECRET}\n", owner, mode)

    with process(home, user=STRANGER, groups=groups) as pid:
        values, notes = seen(pid)

    assert values["eventhub.connection_string"] == HUB
    assert ".env is not read: " in notes
    assert "config.yaml is not read: " in notes


@AS_ROOT
@pytest.mark.parametrize(
    ("owner", "mode", "groups"),
    [(STRANGER, 0o600, ()), (STRANGER, 0o400, ()), (0, 0o644, ()), (0, 0o644, (0,))],
)
def test_a_file_of_its_own_or_of_roots_for_everybody_is_read(
    home: Path, owner: int, mode: int, groups: tuple[int, ...]
) -> None:
    written(home / ".env", "EVENTHUB_NAME=own\n", owner, mode)

    with process(home, user=STRANGER, groups=groups) as pid:
        values, notes = seen(pid)

    assert values["eventhub.name"] == "own"
    assert not notes or "is not read" not in notes


@AS_ROOT
@only_linux("has these access lists")
def test_an_access_list_counts_as_the_kernel_counts_it(home: Path) -> None:
    """Everybody may read root's file, but for this one user."""
    file = written(home / ".env", LEAK, 0, 0o644)
    entries = b"".join(
        tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little")
        for tag, bits, who in (
            (1, 6, NOBODY), (2, 0, STRANGER), (4, 4, NOBODY), (0x10, 4, NOBODY), (0x20, 4, NOBODY),
        )
    )  # fmt: skip

    try:
        os.setxattr(file, "system.posix_acl_access", (2).to_bytes(4, "little") + entries)
    except OSError:
        pytest.skip("this file system keeps no access lists")

    with process(home, user=STRANGER, groups=(0,)) as pid:
        values, _ = seen(pid)

    assert values["eventhub.connection_string"] == HUB

    with process(home, user=OTHER) as pid:
        assert look_into(pid).values["eventhub.name"].value == "victims"


@AS_ROOT
def test_what_lies_behind_a_closed_folder_is_not_read(home: Path, tmp_path: Path) -> None:
    """A file for everybody in a folder for nobody: named by an argument, or where it started."""
    closed = tmp_path / "closed"
    written(closed / "app" / "main.py", "", 0, 0o644)
    written(closed / "app" / ".env", LEAK, 0, 0o644)
    written(closed / ".env", LEAK, 0, 0o644)
    closed.chmod(0o700)

    with process(home, str(closed / "app" / "main.py"), user=STRANGER) as pid:
        values, _ = seen(pid)
        assert "eventhub.name" not in values

    # Whoever gives up its rights in a folder stays in it, and can't leave it upwards.
    (closed / "app" / ".env").unlink()

    with process(closed / "app", user=STRANGER) as pid:
        values, _ = seen(pid)
        assert "eventhub.name" not in values


@AS_ROOT
@only_linux("shows the root of a process")
def test_above_its_own_root_is_nothing(home: Path, tmp_path: Path) -> None:
    written(tmp_path / ".env", LEAK, 0, 0o644)
    give(home, 0)
    written(home / "work" / "x", "", 0)
    enter = f"os.chroot({str(home)!r}); os.chdir('/work')"

    with process(tmp_path, first=enter) as pid:
        values, _ = seen(pid)

    assert "eventhub.name" not in values


@AS_ROOT
def test_whoever_changed_its_user_has_no_files_read(home: Path) -> None:
    """As a setuid program: started by one, running as another."""
    written(home / ".env", LEAK, 0, 0o644)
    change = f"os.setresuid({STRANGER}, 0, 0)"

    with process(home, first=change) as pid:
        values, notes = seen(pid)

    assert values["eventhub.connection_string"] == HUB
    assert "changed its user" in notes


def test_links_within_the_folder_are_followed(home: Path) -> None:
    """As Kubernetes mounts a configuration."""
    written(home / "..2026_07" / ".env", "EVENTHUB_NAME=own\n")
    give(home / "..2026_07", STRANGER, 0o755)
    (home / "..data").symlink_to("..2026_07")
    (home / ".env").symlink_to("..data/.env")

    with process(home, user=stranger()) as pid:
        assert seen(pid)[0]["eventhub.name"] == "own"


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "huge"])
def test_what_is_no_file_is_not_opened(home: Path, kind: str) -> None:
    path = home / ".env"

    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "huge":
        path.touch()
        os.truncate(path, 10 << 30)
    elif os.geteuid() == 0:
        os.mknod(path, 0o020644, os.makedev(1, 5))  # /dev/zero
    else:
        pytest.skip("only root makes devices")

    give(path, STRANGER)

    with process(home, user=stranger()) as pid:
        values, notes = seen(pid)

    assert values["eventhub.connection_string"] == HUB
    assert ".env is not read: " in notes


def test_what_is_moved_meanwhile_is_not_read(home: Path, tmp_path: Path) -> None:
    """Somebody swaps a file for a link as fast as they can."""
    target = written(tmp_path / "roots" / "secret", LEAK, 0, 0o600)
    own = written(home / "own", "EVENTHUB_NAME=own\n")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for source in (own, target):
                (home / "new").symlink_to(source) if source is target else os.link(
                    own, home / "new"
                )
                (home / "new").rename(home / ".env")

    swapper = threading.Thread(target=swap)
    swapper.start()

    try:
        with process(home, user=stranger()) as pid:
            names = {seen(pid)[0].get("eventhub.name") for _ in range(300)}
    finally:
        stop.set()
        swapper.join()

    assert names <= {"own", None}
    assert "own" in names


def test_variables_are_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VICTIMS_KEY", "victims-key")
    own = "Endpoint=sb://own.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey="
    written(home / ".env", f"EVENTHUB_CONNECTION_STRING={own}${{VICTIMS_KEY}}a\nGROUP=${{HOME}}b\n")
    written(
        home / "config.yaml", "eventhub: {name: 'x${VICTIMS_KEY}', consumer_group: '${GROUP}'}\n"
    )

    with process(home, user=stranger(), environment={}) as pid:
        values, _ = seen(pid)

    assert values == {
        "eventhub.connection_string": f"{own}a",
        "eventhub.name": "x",
        "eventhub.consumer_group": "b",
    }
