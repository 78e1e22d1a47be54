"""What must never be in a log: found by what it is called, and by what it looks like."""

import re
from collections.abc import Callable, Mapping
from typing import Any

HIDDEN = "[hidden]"
DEEPEST = 12  # levels of nesting that are looked at

SECRET_NAMES = re.compile(
    r"token|secret|password|passwd|authorization|api_?key|credential|cookie|verifier|dsn|database_url", re.IGNORECASE
)
"""Hidden unless it is a number, such as the seconds that a token has left."""
PERSONAL_NAMES = re.compile(
    r"organi[sz]ation_?number|org_?nr|orgnr|corporate_?identity|personal_?number|person_?nummer|person_?nr|ssn"
    r"|^text$|_text$|description|comments?$|(company|customer|supplier|counterparty|person)_?name|e_?mail|phone",
    re.IGNORECASE,
)
AMBIGUOUS_NAMES = frozenset({"code", "state"})
"""An authorisation code or the code of a problem; a browser's secret state or that of a job."""
PLAIN_WORDS = re.compile(r"[A-Za-z]{1,20}([._ -][A-Za-z]{1,20}){0,6}|\d{1,9}")

CALLED_SECRET = re.compile(
    r"""
    ( (?:access_|refresh_|id_)?token | (?:client_)?secret | password | passwd | pwd | code_verifier
    | api[_-]?key | authorization | cookie | assertion )
    ( (?:\\?["'])? \s* (?:=|:|%3D|%3A) \s* )
    (?: \\?"[^"]*" | \\?'[^']*' | [^\s&,;)}\]"'\\]+ )
    """,
    re.IGNORECASE | re.VERBOSE,
)
LOOKS_SECRET = re.compile(
    r"""
      (?P<kept> [0-9a-f]{8} (?:-[0-9a-f]{4}){3} -[0-9a-f]{12}                      # a UUID
              | (?<![\w-]) [0-9a-f]{64} (?![\w-]) )                                # a SHA-256
    | (?<![\w-]) [0-9a-f]{40} (?![\w-])                                            # a refresh token
    | (?<![\w-]) (?=[\w-]*[A-Z]) (?=[\w-]*[a-z]) (?=[\w-]*\d) [\w-]{32,} ={0,2}    # a key of ours
    | (?<!\d) (?<!\d[.,]) (?:(?:18|19|20)[ \u00a0]?)? (?P<day>\d{6})
      (?P<sign>[ \u00a0]?[-+\u2010-\u2015\u2212][ \u00a0]? | [ \u00a0]?) \d{4} (?![\d-]) (?!\.\d)
    """,
    re.VERBOSE,
)

ITS_END = r"(?=\n(?:HINT|CONTEXT|QUERY|STATEMENT):|\n\n(?:The above exception|During handling)|\Z)"
"""Where a message that holds values ends: these may have line breaks of their own."""

Replacement = str | Callable[["re.Match[str]"], str]

PATTERNS: tuple[tuple["re.Pattern[str]", Replacement], ...] = (
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"), HIDDEN),  # a JWT
    (re.compile(r"(?i)\b(bearer|basic)(\s+|%20|\+)[\w.~+/=-]{6,}"), rf"\1\2{HIDDEN}"),
    (CALLED_SECRET, rf"\1\2{HIDDEN}"),
    (re.compile(r"(?i)([?&](?:code|state)=)[^\s&\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"""(?i)(["'](?:code|state)["']\s*:\s*["'])(?=[^"']*\d)[^"']{16,}"""), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)SE\d{10}01(?!\d)"), HIDDEN),  # a VAT number
    (re.compile(r"(://[^/\s:@]*:)\S+@"), rf"\1{HIDDEN}@"),  # a password in an address
    (re.compile(r"input_value=.*?(?=, input_type=)", re.DOTALL), f"input_value={HIDDEN}"),  # pydantic
    (re.compile(rf"(invalid input for query argument \$\d+: ).*?{ITS_END}", re.DOTALL), rf"\1{HIDDEN}"),  # asyncpg
    (re.compile(rf"(DETAIL: ).*?{ITS_END}", re.DOTALL), rf"\1{HIDDEN}"),  # PostgreSQL, which tells keys and whole rows
    (LOOKS_SECRET, lambda match: HIDDEN if _is_secret(match) else match[0]),
)


def redact(value: Any, name: str = "", depth: int = 0) -> Any:
    """The value without anything secret, however deep it lies."""
    if value is None or isinstance(value, bool):
        return value
    if _is_called_secret(name, value) or depth > DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {redact(_text(key)): redact(one, _text(key), depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(one, "", depth + 1) for one in value]
    return _redact_scalar(value)


def _redact_scalar(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, int | float):
        return HIDDEN if _is_personal_number(str(value)) else value
    return redact_text(_text(value))


def redact_text(text: str) -> str:
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def _is_called_secret(name: str, value: Any) -> bool:
    if not name:
        return False
    if PERSONAL_NAMES.search(name):
        return True
    if SECRET_NAMES.search(name):
        return not isinstance(value, int | float)
    return name.lower() in AMBIGUOUS_NAMES and isinstance(value, str) and not PLAIN_WORDS.fullmatch(value)


def _is_secret(match: "re.Match[str]") -> bool:
    """Six and four digits are a personal or company number: with a hyphen, or without one if they begin with a date."""
    if match["kept"]:
        return False
    return match["day"] is None or match["sign"].strip() != "" or _is_day(match["day"])


def _is_day(digits: str) -> bool:
    """YYMMDD; a coordination number has 60 added to its day."""
    return 1 <= int(digits[2:4]) <= 12 and (1 <= int(digits[4:6]) <= 31 or 61 <= int(digits[4:6]) <= 91)


def _is_personal_number(digits: str) -> bool:
    """A number among numbers: only what begins with a date and has the right check digit (modulus 10)."""
    if (
        not digits.isdecimal()
        or len(digits) not in {10, 12}
        or (len(digits) == 12 and digits[:2] not in {"18", "19", "20"})
    ):
        return False
    digits = digits[-10:]
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return _is_day(digits[:6]) and sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001  (a line with a gap is better than none)
        return f"[{type(value).__name__}, unprintable: {type(error).__name__}]"
