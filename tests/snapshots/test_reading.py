"""The sceptic who reads pictures finds what does not add up, and nothing else."""

from __future__ import annotations

import pytest

from tests.snapshots.reading import complaints

TAKEN_AT = 1_795_348_981.0  # 12:03:01
SCREEN = """\
 ehtui  ns / hub ▸ $Default   ✓ 2 owners hold all 2 partitions; lag 32
─ Partitions ─ 2 · lag 32 · in 14/s · out 6/s ────────── read <2s · clock +0.3s ─
  ID  HEALTH     OWNER                     LEASE    LAST SEQ  CHECKPOINT     LAG
▌  0  overdue    ◇ d7c5f186  ━━━━━━╌╌╌╌       8s       1,425       1,395      30
   1  ok         ▱ 7b5d5ff3  ━━━━━━━━━╌      11s         391         389       2

─ Consumers ─ 1 ──────────────────────────────── ─ Groups ─ 2 ──────────────────
    PID UP      CPU% OWNER       OWNS       LAG     GROUP        OWNERS        LAG
▌ 17816 1m       2.0 ◆ 2a769868  2            2   ▌ $Default          2         32
                                                    analytics         1         77
─ Timeline ─ 2 ─────────────────────────────────────────────────────────────────
  ~12:03:00  P0    d7c5f186 stopped renewing; another owner takes it
                   12:03:40–12:03:50
"""


def of(screen: str) -> list[str]:
    return list(complaints(screen.splitlines(), TAKEN_AT))


def test_a_true_picture_is_believed() -> None:
    assert of(SCREEN) == []


@pytest.mark.parametrize(
    ("true", "untrue", "said"),
    [
        ("1,395      30", "1,345      30", "lag 30 beside 1425 and 1345 (P0)"),
        ("· lag 32 ·", "· lag 33 ·", "lag 33 in the title, and 32 in the rows"),
        ("2         32", "2         31", "lag 32 in the title, and 31 in the groups"),
        ("Partitions ─ 2", "Partitions ─ 3", "Partitions 3, and 2 rows"),
        ("Consumers ─ 1", "Consumers ─ 2", "Consumers 2, and 1 rows"),
        ("Groups ─ 2", "Groups ─ 1", "Groups 1, and 2 rows"),
        ("~12:03:00", "~12:04:00", "told at 12:03:02"),
    ],
)
def test_what_does_not_add_up_is_found(true: str, untrue: str, said: str) -> None:
    assert any(each.startswith(said) for each in of(SCREEN.replace(true, untrue)))


HUBS = """\
 ehtui  all hubs   ▲ shipped: P2 has had no live owner for 2m19s
─ Hubs ─ 2 · 3 groups · 1 hub without a group ──────────────────────────────────
  PROFILE   HUB      GROUP      HEALTH       HELD    LAG   AGE
▌ orders    shipped  $Default   overdue  2/3 by 2  1,823  <10s
  orders    shipped  analytics  ok       2/3 by 2      3  <10s
  orders    audit    –          –             –/3      –  <10s
  orders    shipped  billing    ok       3/3 by 3     15  <10s

 shipped ▸ $Default: ▲ P2 has had no live owner for 2m19s
"""


def test_hubs_and_groups_are_counted() -> None:
    assert of(HUBS) == []
    assert of(HUBS.replace("3 groups", "2 groups"))[0].startswith(
        "hubs, groups, hubs without: (2, 2"
    )
    assert of(HUBS.replace("─ 2 ·", "─ 3 ·"))
    assert of(HUBS.replace("1 hub ", "2 hubs "))
