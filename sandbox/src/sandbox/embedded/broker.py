"""Apache Kafka, one KRaft node, as a child process."""

import signal
from dataclasses import replace
from pathlib import Path

from sandbox.embedded import jars, java, ports
from sandbox.embedded.errors import EmbeddedError, PortTaken
from sandbox.embedded.supervision import Command, Process, Supervisor

CLUSTER = "Ym9rYnJ5Z2dhLXNhbmRib3g"  # any 16 bytes as URL-safe base64
PATIENCE = 60.0  # seconds; 2–3 on a quiet machine
TRIES = 3  # when somebody takes the free port before Kafka does
READY = "Kafka Server started"
FLAGS = (
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",  # it would leave a folder in the temporary folder
)
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=400
broker.session.timeout.ms=2000
log.cleaner.dedupe.buffer.size=8388608
num.network.threads=2
num.io.threads=4
"""
LOGGING = """\
status = error
appender.log.type = Console
appender.log.name = log
appender.log.layout.type = PatternLayout
appender.log.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.log.ref = log
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = info
"""


class Kafka(Process):
    """One broker; ready when it answers clients.

    Without `data` it lives in the supervisor's folder and is gone with it; with `data` it finds its topics there again.
    """

    def __init__(self, supervisor: Supervisor, *, data: Path | None = None, port: int | None = None) -> None:
        self._home = supervisor.folder / "kafka"
        self._data = data or self._home / "data"
        self._port, self._port_is_fixed = port or ports.free(), port is not None
        super().__init__(
            supervisor,
            Command(
                name="Kafka",
                args=(),  # known at start
                env={"KAFKA_OPTS": ""},
                ready=lambda process: READY in process.logged(),
                patience=PATIENCE,
                stop_signal=signal.SIGTERM if data else signal.SIGKILL,  # what is thrown away needs no shutdown
            ),
        )

    @property
    def bootstrap(self) -> str:
        return f"{ports.LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Starts it: the first time with formatting, later on the same port and data."""
        for left in reversed(range(TRIES)):
            try:
                self._prepare()
                super().start()
            except PortTaken:
                if not left or (self._port_is_fixed and not ports.is_free(self._port)):
                    raise
                if not self._port_is_fixed:
                    self._port = ports.free()
            else:
                self._port_is_fixed = True
                return

    def not_ready(self, reason: str) -> EmbeddedError:
        if "Address already in use" in self.logged():
            return PortTaken(self.command.name, self._port)
        return super().not_ready(reason)

    def _prepare(self) -> None:
        if not ports.is_free(self._port):
            raise PortTaken(self.command.name, self._port)
        self._home.mkdir(exist_ok=True)
        properties = self._home / "server.properties"
        properties.write_text(
            PROPERTIES.format(host=ports.LOOPBACK, port=self._port, controller=ports.free(), data=self._data)
        )
        (self._home / "log4j2.properties").write_text(LOGGING)
        program = self._java()
        if not (self._data / "meta.properties").exists():
            self._format([*program, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties)])
        self.command = replace(self.command, args=[*program, "kafka.Kafka", str(properties)])

    def _format(self, args: list[str]) -> None:
        """Kafka refuses to start on a folder that does not carry a cluster's id."""
        formatting = Process(self.supervisor, replace(self.command, name="kafka-format", args=args))
        formatting.launch()
        if formatting.wait(PATIENCE) != 0:
            raise formatting.not_ready("could not prepare Kafka's data folder")

    def _java(self) -> list[str]:
        return [
            str(java.find()),
            *FLAGS,
            f"-Djava.io.tmpdir={self._home}",
            f"-Dlog4j2.configurationFile={self._home / 'log4j2.properties'}",
            "-cp",
            jars.names(jars.class_path()),
        ]
