"""TCP ports on the loopback interface for the processes that we start."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 by IANA):
# otherwise, while a killed server is down, any client's connection may sit on its port, even one to that very port.
CHOICE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free() -> int:
    """A port that nobody listens on; somebody may still come first, so that servers try again with another."""
    chosen = random.SystemRandom()
    while not is_free(port := chosen.choice(CHOICE)):
        pass
    return port


def answers(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
