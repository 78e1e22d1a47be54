"""Prints the example environment with a new secret for each `random` and `random-key`; `make up` makes .env with it."""

import base64
import re
import secrets
import sys
from pathlib import Path

MADE = {
    "random": lambda: secrets.token_urlsafe(24),
    "random-key": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),  # AES-256
}
PLACEHOLDER = re.compile(r"""(?<=[="])(random-key|random)(?=["\n])""")


def main(example: Path) -> None:
    """All else stays as it is."""
    sys.stdout.write(PLACEHOLDER.sub(lambda word: MADE[word[1]](), example.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
