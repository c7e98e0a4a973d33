"""What a Korean voice leaves out, or says instead of a sign."""

from __future__ import annotations

import re

SPOKEN = (
    (re.compile(r"(?<=\d)–(?=~?\d)"), "에서 "),
    (re.compile(r"^[▲△●✓✗X!i+x] "), ""),
    (re.compile(r"~(?=\d)"), "약 "),
    (re.compile(r"≤(?=\d)"), "최대 "),
    (re.compile(r"≥(?=\d)"), "최소 "),
    (re.compile(r"<(\d[\d.,]*[건%]?)"), r"\1 미만"),
    (re.compile(r">(\d[\d.,]*[건%]?)"), r"\1 초과"),
    (re.compile(r"–"), "알 수 없음"),
    (re.compile(r"[`“”]"), ""),
)
