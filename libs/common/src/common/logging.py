"""Logging: past-tense facts with bound ids, JSON in production, key–value on a terminal; nothing secret in it."""

import logging
import sys
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from common.redaction import redact

KEPT = frozenset({"timestamp", "level", "service"})
QUIET = {
    "asyncpg": logging.ERROR,  # its pool warns with a traceback each second that the database is away
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "aiokafka": logging.WARNING,
    "kafka.consumer": logging.ERROR,  # FastStream warns at each start that it creates no topics
    "uvicorn.access": logging.WARNING,
    "asyncio": logging.WARNING,
}


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The structlog processor; the last before rendering, so that it sees tracebacks too."""
    return {name: value if name in KEPT else redact(value, name) for name, value in event.items()}


def _flatten_extra(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """FastStream passes its ids as `extra`."""
    extra = event.pop("extra", None)
    return {**extra, **event} if isinstance(extra, dict) else event


def configure(service: str, *, style: str = "auto", level: str = "INFO") -> None:
    """Sends structlog's and the standard library's lines through the same processors to standard output."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _flatten_extra,
    ]
    console = style == "console" or (style == "auto" and sys.stdout.isatty())
    renderer: Processor = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _named(service),
                structlog.processors.format_exc_info,
                redact_event,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy, least in QUIET.items():
        logging.getLogger(noisy).setLevel(least)
    for name in logging.root.manager.loggerDict:
        _disown(logging.getLogger(name))
    logging.raiseExceptions = False  # a line that can't be formatted would be printed as it is
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        structlog.get_logger().critical("process.crashed", exc_info=(kind, error, traceback))


def _disown(logger: logging.Logger) -> None:
    """Takes a library's logger its own handlers (FastStream has some): all lines go through ours."""
    logger.handlers.clear()
    logger.propagate = True


def _named(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    return add
