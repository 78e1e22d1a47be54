"""Organisation numbers that may be kept and shown: a sole trader's is a personal number."""

import re


def legal_entity(organisation_number: str) -> str | None:
    """The number of a legal entity, as it is written; None for a sole trader's, which is a personal number.

    A legal entity's third digit is 2 or more; there a personal number has the first digit of a month.
    """
    digits = re.sub(r"\D", "", organisation_number)[-10:]
    return f"{digits[:6]}-{digits[6:]}" if len(digits) == 10 and digits[2] >= "2" else None
