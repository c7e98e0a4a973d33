"""Which container or unit a cgroup's path means, as runtimes and systemd really write them."""

from __future__ import annotations

import pytest

from ehtui.sources.supervisors import Unit, parse

ID = "4c01db0b339c4f4a9a0b5f4d2e7c8b61d4c01db0b339c4f4a9a0b5f4d2e7c8b6"
SHORT = ID[:12]
POD = "7f1c8a52-0a0e-4f0e-9d35-0f3e6f1f2a11"

CASES = {
    "a service": ("0::/system.slice/rag.service", Unit("systemd", "rag.service")),
    "an instance in a slice": (
        "0::/system.slice/system-rag.slice/rag@1.service",
        Unit("systemd", "rag@1.service"),
    ),
    "below a service that delegates": (
        "0::/system.slice/rag.service/workers/1",
        Unit("systemd", "rag.service"),
    ),
    "with cgroup v1": (
        "12:pids:/system.slice/rag.service\n1:name=systemd:/system.slice/rag.service",
        Unit("systemd", "rag.service"),
    ),
    "a user's service": (
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/rag.service",
        Unit("systemd", "rag.service", 1000),
    ),
    "a session": ("0::/user.slice/user-1000.slice/session-3.scope", None),
    "a terminal of a desktop": (
        (
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
            "app-org.gnome.Terminal.slice/vte-spawn-1.scope"
        ),
        None,
    ),
    "the user's manager itself": ("0::/user.slice/user-1000.slice/user@1000.service", None),
    "docker, systemd driver": (f"0::/system.slice/docker-{ID}.scope", Unit("docker", SHORT)),
    "docker, cgroupfs driver": (f"5:pids:/docker/{ID}", Unit("docker", SHORT)),
    "podman": (
        f"0::/machine.slice/libpod-{ID}.scope/container",
        Unit("podman", SHORT),
    ),
    "what watches a podman container": (f"0::/machine.slice/libpod-conmon-{ID}.scope", None),
    "a pod": (
        (
            f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
            f"pod{POD.replace('-', '_')}.slice/cri-containerd-{ID}.scope"
        ),
        Unit("kubernetes", f"pod {POD}"),
    ),
    "a pod, cgroupfs driver": (
        f"3:pids:/kubepods/besteffort/pod{POD}/{ID}",
        Unit("kubernetes", f"pod {POD}"),
    ),
    "containerd alone": (
        f"0::/system.slice/cri-containerd-{ID}.scope",
        Unit("containerd", SHORT),
    ),
    "inside of a container": ("0::/", None),
    "a controller that is kept elsewhere": ("4:cpu:/system.slice/rag.service", None),
    "nothing": ("", None),
    "no cgroup file": ("\x00::::\n:", None),
}


@pytest.mark.parametrize(("text", "unit"), CASES.values(), ids=CASES)
def test_a_cgroup_names_its_keeper(text: str, unit: Unit | None) -> None:
    assert parse(text) == unit
