"""What an error answer means: by its content and status, whatever it calls itself."""

from typing import Any

import pytest

from fortnox import (
    Client,
    FortnoxError,
    Invalid,
    MissingLicence,
    MissingScope,
    NotAllowed,
    NotFound,
    PeriodLocked,
    TokenRefused,
    TooManyRequests,
    Unavailable,
    UnreadableAnswer,
)
from fortnox.testing import FreePermits, Said, Script


def pascal(code: int | str, message: str = "Fel") -> dict[str, Any]:
    return {"ErrorInformation": {"Error": 1, "Message": message, "Code": code}}


def lower(code: int | str, message: str = "Fel") -> dict[str, Any]:
    return {"ErrorInformation": {"error": 1, "message": message, "code": code}}


async def error_for(said: Said) -> FortnoxError:
    async with Client(FreePermits("token"), transport=Script(said)) as fortnox:
        with pytest.raises(FortnoxError) as raised:
            await fortnox.invoice("1")
    return raised.value


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (404, pascal(2000434, "Kan inte hitta fakturan."), NotFound),
        (404, lower("2000434"), NotFound),
        (404, pascal(2000762, "No such route"), Invalid),
        (404, b"<html>404 Not Found</html>", UnreadableAnswer),  # no word of Fortnox's about the record
        (400, lower(2000587, "Ett ogiltigt filter har använts."), Invalid),
        (400, pascal(2000359, "Värdet innehåller ej tillåtna tecken. (Saknar behörighet)"), Invalid),  # code over text
        (400, lower(2000401), PeriodLocked),
        (400, lower(2002141), PeriodLocked),
        (401, {"message": "unauthorized"}, TokenRefused),
        (401, b"", TokenRefused),
        (401, b"<html>", TokenRefused),
        (401, pascal(2003275, "Ej autentiserad"), TokenRefused),  # one code, two meanings by status
        (403, pascal(2003275, "Saknar behörighet för leverantörsregister."), NotAllowed),
        (403, pascal(2000310, "Ogiltig inloggning"), TokenRefused),
        (400, lower(2000311), TokenRefused),
        (400, lower(2004054), TokenRefused),
        (403, pascal(2000663, "Har inte behörighet för scope"), MissingScope),
        (400, pascal(2000663), MissingScope),
        (403, pascal(2001101, "Det finns ingen aktiv licens för önskat scope"), MissingLicence),
        (400, lower("2001103", "Api-licens saknas."), MissingLicence),
        (401, pascal(2001103), MissingLicence),
        (400, lower(2001339), NotAllowed),
        (400, lower(2002455), NotAllowed),
        (400, lower(2999999, "Behörighet saknas"), NotAllowed),
        (400, lower(2999999, "Licens saknas för modulen"), MissingLicence),
        (400, lower(2999999, "Felaktig text (Licenser 2024)"), Invalid),
        (400, lower(2999999, 'Texten "behörighet" är för lång'), Invalid),
        (400, {"message": "scope is missing"}, MissingScope),
        (403, {"message": "Forbidden"}, NotAllowed),
        (403, b"<html>blocked</html>", UnreadableAnswer),
        (429, b"", TooManyRequests),
        (429, b"<html>Too Many Requests</html>", TooManyRequests),
        (408, b"", Unavailable),
        (500, pascal(1000003, "System exception"), Unavailable),
        (400, lower(1000029, "Internal error"), Unavailable),
        (503, b"<html>Vi uppdaterar Fortnox</html>", Unavailable),
        (200, pascal(2000434), Invalid),  # an error in the clothes of a success
        (200, lower(1000003), Unavailable),
        (200, b"<html>Vi uppdaterar Fortnox</html>", UnreadableAnswer),
        (200, b'{"Invoice": {"DocumentNumber": "1", "Tot', UnreadableAnswer),
        (200, b"", UnreadableAnswer),
        (204, b"", UnreadableAnswer),
        (200, [], UnreadableAnswer),
        (200, {"Customer": {}}, UnreadableAnswer),
        (200, {"Invoice": None}, UnreadableAnswer),
        (302, b"", UnreadableAnswer),
    ],
)
async def test_an_answer_means_what_its_content_and_status_say(
    status: int, content: object, expected: type[FortnoxError]
) -> None:
    for content_type in ("application/json", "text/html; charset=UTF-8"):
        error = await error_for(Said(status, content, {"Content-Type": content_type}))

        assert type(error) is expected
        assert error.status == status


async def test_an_error_carries_what_fortnox_said() -> None:
    error = await error_for(Said(404, pascal("2000434", "Kan inte hitta fakturan."), {"X-Uid": "k3p9"}))

    assert (error.code, error.message, error.request_id) == (2000434, "Kan inte hitta fakturan.", "k3p9")
    assert str(error) == "GET /3/invoices/1 status=404 code=2000434 request_id=k3p9"


@pytest.mark.parametrize("code", [None, True, "", "x", [], {}, 1.5, "1" * 40])
async def test_a_code_that_is_no_number_is_none(code: Any) -> None:
    assert (await error_for(Said(400, lower(code)))).code is None
