"""What can go wrong with the servers that we start ourselves, each said in one sentence.

EmbeddedError
├── DownloadRefused    a jar could not be fetched
├── WrongChecksum      a jar is not the one that `kafka.lock` names
├── NoJava             no Java that is new enough
├── PortTaken          somebody else listens where the server should
├── Ended              the supervised process is not running (any more)
└── NotReady           the server was started but did not get ready
"""

from pathlib import Path


class EmbeddedError(Exception):
    """A server or service could not be brought up on this machine."""


class DownloadRefused(EmbeddedError):
    """A file could not be fetched from the Maven repository."""

    def __init__(self, coordinate: str, repository: str, reason: str) -> None:
        super().__init__(coordinate, repository, reason)
        self.coordinate, self.repository, self.reason = coordinate, repository, reason

    def __str__(self) -> str:
        return (
            f"Could not download {self.coordinate} from {self.repository} ({self.reason}): "
            "check the network, or name a mirror in MAVEN_REPOSITORY_URL."
        )


class WrongChecksum(EmbeddedError):
    """A downloaded file is not the one that was looked at when the lock was made."""

    def __init__(self, coordinate: str, expected: str, found: str) -> None:
        super().__init__(coordinate, expected, found)
        self.coordinate, self.expected, self.found = coordinate, expected, found

    def __str__(self) -> str:
        return (
            f"{self.coordinate} has SHA-256 {self.found[:12]}… where kafka.lock says {self.expected[:12]}…: "
            "it was not used; something between here and the Maven repository changes files."
        )


class NoJava(EmbeddedError):
    """Kafka needs a Java of this version or later; `found` lists what there is instead."""

    def __init__(self, minimum: int, found: list[str]) -> None:
        super().__init__(minimum, found)
        self.minimum, self.found = minimum, found

    def __str__(self) -> str:
        there_is = f"only {' and '.join(self.found)}" if self.found else "none"
        return (
            f"Kafka needs Java {self.minimum} or later and there is {there_is}: "
            "run `make install`, which brings one along, or point JAVA_HOME at one."
        )


class PortTaken(EmbeddedError):
    """The port is in use by another process."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(name, port)
        self.name, self.port = name, port

    def __str__(self) -> str:
        return f"Port {self.port}, where {self.name} should listen, is taken by another process."


class Ended(EmbeddedError):
    """The process that was asked something is not running."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} is not running."


class NotReady(EmbeddedError):
    """A process was started and did not become ready; carries the end of its log."""

    def __init__(self, name: str, reason: str, log: Path, tail: str) -> None:
        super().__init__(name, reason, log, tail)
        self.name, self.reason, self.log, self.tail = name, reason, log, tail

    def __str__(self) -> str:
        return f"{self.name} {self.reason}; its log {self.log} ends:\n{self.tail}"
