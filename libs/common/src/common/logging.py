"""Logging: past-tense facts with bound ids, JSON in production, key–value on a terminal; nothing secret in it."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
SECRET_NAMES = re.compile(
    r"token|secret|password|passwd|authorization|api_?key|credential|cookie|^code$|^state$|verifier|dsn|database_url"
    r"|organi[sz]ation_?number|org_?nr|orgnr|personal_?number|personnummer|^text$|description|comments?$|counterparty_name",
    re.IGNORECASE,
)
SECRET_VALUES = (
    re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"),  # a JWT
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{6,}"),
    re.compile(
        r"(?i)((?:access_|refresh_|id_)?token|client_secret|password|code_verifier|code|state)(\"?\s*[=:]\s*\"?)[^\s&\",}']+"
    ),
    re.compile(r"://[^/\s:@]+:[^/\s@]+@"),  # a password in an address
    re.compile(
        r"(?<![0-9A-Fa-f-])(?:19|20)?\d{6}[-+\u2010-\u2015 ]?\d{4}(?![0-9A-Fa-f-])"
    ),  # a personal or company number
)


def redact(value: Any, name: str = "") -> Any:
    """The value without anything secret: by what it is called, and by what it looks like, however deep it lies."""
    if name and SECRET_NAMES.search(name) and value is not None and not isinstance(value, bool):
        return HIDDEN
    if isinstance(value, dict):
        return {redact(key): redact(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(one) for one in value]
    if isinstance(value, bytes):
        return f"[{len(value)} bytes]"
    if isinstance(value, int | float | bool) or value is None:
        return value if value is None or isinstance(value, bool | float) else _redact_number(value)
    return _redact_text(str(value))


def _redact_number(value: int) -> Any:
    return HIDDEN if SECRET_VALUES[-1].fullmatch(str(value)) else value


def _redact_text(text: str) -> str:
    for pattern in SECRET_VALUES:
        text = pattern.sub(HIDDEN, text)
    return text


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The structlog processor; the last before rendering, so that it sees tracebacks too."""
    return {name: value if name in {"timestamp", "level"} else redact(value, name) for name, value in event.items()}


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
    for noisy in ("httpx", "httpcore", "aiokafka", "faststream", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _named(service: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    return add
