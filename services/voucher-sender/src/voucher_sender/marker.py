"""The marker: how a voucher in Fortnox is recognised as ours, and as which of ours."""

import hashlib
import re

PREFIX = "BKB"
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs, without 0, 1, I and O, which are misread
GROUPS, GROUP = 4, 4  # 16 signs of 5 bits: 80 bits, so that no two vouchers ever share one
PATTERN = re.compile(rf"\b{PREFIX}(?:-[{ALPHABET}]{{{GROUP}}}){{{GROUPS}}}\b")


def marker_of(client_id: str, tenant: int, voucher_id: str) -> str:
    """The voucher's marker, such as `BKB-7KQM-2XTC-9WHD-4RPN`; the same for ever, whatever becomes of our database."""
    digest = hashlib.sha256("\0".join((client_id, str(tenant), voucher_id)).encode()).digest()
    number = int.from_bytes(digest[: GROUPS * GROUP * 5 // 8])
    signs = [ALPHABET[number >> 5 * place & 31] for place in range(GROUPS * GROUP)]
    groups = ["".join(signs[start : start + GROUP]) for start in range(0, len(signs), GROUP)]
    return "-".join([PREFIX, *groups])


def comment_of(marker: str, note: str = "") -> str:
    """What `Comments` holds: the field that Fortnox's voucher list shows and that nobody prints (Fortnox fact 6.2)."""
    return f"Bokbrygga, referens {marker}" + (f". {note}" if note else "")


def markers_in(comments: str | None) -> frozenset[str]:
    """The markers in a comment, whatever somebody has written around them."""
    return frozenset(PATTERN.findall((comments or "").upper()))
