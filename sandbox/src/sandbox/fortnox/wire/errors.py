"""Refusals as Fortnox words them (fact 7), and the codes for which nobody has recorded one."""

from __future__ import annotations

from datetime import date


class Refusal(Exception):
    """A call is refused: status, Fortnox's code and its Swedish sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message


def system_error() -> Refusal:
    return Refusal(500, 1000003, "System exception")


def no_such_route() -> Refusal:
    return Refusal(404, 2000762, "No such route")


def response_type() -> Refusal:
    return Refusal(400, 1000030, "Invalid response type")


def content_type() -> Refusal:
    return Refusal(400, 1000031, "Invalid content type")


def broken_json() -> Refusal:
    return Refusal(400, 2002115, "Error deserializing JSON: JSON_ERROR_SYNTAX")


def wrong_data() -> Refusal:
    return Refusal(400, 2001392, "Ingen eller felaktig typ av data.")


def unknown_field(name: str) -> Refusal:
    return Refusal(400, 2001399, f"Felaktigt fältnamn ({name})")


def not_numeric(name: str) -> Refusal:
    return Refusal(400, 2000108, f"Värdet måste vara numeriskt ({name})")


def forbidden_characters(name: str) -> Refusal:
    return Refusal(400, 2000359, f"Värdet innehåller ej tillåtna tecken. ({name})")


def bad_parameter() -> Refusal:
    return Refusal(400, 2000588, "Ogiltig parameter i anropet.")


def bad_filter() -> Refusal:
    return Refusal(400, 2000587, "Ett ogiltigt filter har använts.")


def no_invoice() -> Refusal:
    return Refusal(404, 2000434, "Kan inte hitta fakturan.")


def no_customer() -> Refusal:
    return Refusal(404, 2000433, "Kan inte hitta kunden.")


def no_project() -> Refusal:
    return Refusal(404, 2001161, "Kan inte hitta projektet.")


def no_account(status: int = 404) -> Refusal:
    return Refusal(status, 2000423, "Kan inte hitta kontot.")


def inactive_account(number: int) -> Refusal:
    return Refusal(400, 2000550, f'Konto "{number}" är inte aktivt')


def period_locked(until: date) -> Refusal:
    return Refusal(
        400,
        2000401,
        f"Administratören har låst perioden t.o.m. {until}. Lås upp perioden för att fortsätta.",
    )


def start_outside_year() -> Refusal:
    return Refusal(400, 2002363, "Fråndatumet ligger utanför aktuellt räkenskapsår")


def no_scope(status: int) -> Refusal:
    return Refusal(status, 2000663, "Har inte behörighet för scope")


def no_licence_for_scope(status: int) -> Refusal:
    return Refusal(status, 2001101, "Det finns ingen aktiv licens för önskat scope")


def no_api_licence(status: int) -> Refusal:
    return Refusal(status, 2001103, "Api-licens saknas.")


def no_right_to_suppliers(status: int) -> Refusal:
    return Refusal(status, 2003275, "Saknar behörighet för leverantörsregister.")


# The texts below are recorded, or near to it; their codes are not (fact 6.4): 2999nnn says that they are made up.


def series_not_manual(code: str) -> Refusal:
    return Refusal(400, 2999001, f"Verifikationsserien är inte manuell ({code})")


def series_missing() -> Refusal:
    return Refusal(400, 2999002, "Ogiltig verifikationsserie angiven")


def no_year_for_date() -> Refusal:
    return Refusal(400, 2999003, "Räkenskapsår saknas för valt datum")


def date_outside_year() -> Refusal:
    return Refusal(400, 2999004, "Datumet ligger utanför valt räkenskapsår")


def unbalanced() -> Refusal:
    return Refusal(400, 2999005, "Verifikationen balanserar inte")


def odd_row() -> Refusal:
    return Refusal(400, 2999006, "Ange antingen debet eller kredit, större än noll")


def project_required(account: int) -> Refusal:
    return Refusal(400, 2999007, f"Projekt är obligatoriskt på konto {account}")


def cost_centre_required(account: int) -> Refusal:
    return Refusal(400, 2999008, f"Kostnadsställe är obligatoriskt på konto {account}")


def object_not_allowed(account: int) -> Refusal:
    return Refusal(400, 2999009, f"Kostnadsställe eller projekt får inte anges på konto {account}")


def no_cost_centre() -> Refusal:
    return Refusal(404, 2999010, "Kan inte hitta kostnadsstället.")


def too_long(name: str, most: int) -> Refusal:
    return Refusal(400, 2999011, f"Värdet får vara högst {most} tecken långt ({name})")


def no_supplier() -> Refusal:
    return Refusal(404, 2999012, "Kan inte hitta leverantören.")


def no_voucher() -> Refusal:
    return Refusal(404, 2999013, "Kan inte hitta verifikationen.")


def no_payment() -> Refusal:
    return Refusal(404, 2999014, "Kan inte hitta betalningen.")


def inactive_cost_centre() -> Refusal:
    return Refusal(400, 2999015, "Kostnadsstället är inte aktivt.")


def project_not_open(number: str) -> Refusal:
    return Refusal(400, 2999016, f"Projektredovisningsperioden är inte aktiv för projekt {number}")
