"""What can be wrong with a SIE file: the catalogue of problems, in Swedish and English.

A reader's problem is about the file as text (a label, a field, a line); what is wrong with the *books* in it is a
finding (`sie.findings`). The sentences never repeat the file's own text: that stands beside, shortened, in `text`.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem matters.

    ERROR: something of the file could not be read and is missing in the document.
    WARNING: the file deviates from the standard; it was read right, in the way that the sentence says.
    NOTE: good to know; legal or harmless.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem at one place. Line and column count from 1; 0 means the file as a whole."""

    code: str
    severity: Severity
    line: int
    column: int
    text: str
    swedish: str
    english: str


class SieError(Exception):
    """The input can't be read, or the document can't be written, as SIE. Carries what `Document.problems` would."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.english for problem in problems))

    @property
    def code(self) -> str:
        return self.problems[0].code


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CATALOGUE: dict[str, tuple[Severity, str, str]] = {
    # the file as a whole
    "empty": (E, "Filen är tom.", "The file is empty."),
    "file-missing": (E, "Filen finns inte.", "There is no such file."),
    "file-is-folder": (E, "Det är en mapp, inte en fil.", "This is a folder, not a file."),
    "file-forbidden": (E, "Filen får inte läsas: behörighet saknas.", "The file may not be read: permission denied."),
    "file-unreadable": (E, "Filen kunde inte läsas från disken.", "The file could not be read from the disk."),
    "not-sie": (E, "Filen är inte en SIE-fil: ingen rad börjar med en känd etikett.",
                "This is not a SIE file: no line begins with a known label."),
    "sie-5": (E, "Filen är XML (kanske SIE 5), inte en SIE-fil av typ 1–4.",
              "The file is XML (SIE 5, perhaps), not a SIE file of type 1–4."),
    "utf-16": (E, "Filen är kodad i UTF-16. En SIE-fil ska använda teckentabellen PC8 (CP437).",
               "The file is in UTF-16. A SIE file should be in code page 437 (PC8)."),
    "too-many-lines": (E, "Filen har fler än två miljarder rader.", "The file has more than two billion lines."),
    "encoding": (W, "Filen är kodad i {encoding}, inte i PC8 (CP437). Den lästes som {encoding}.",
                 "The file is in {encoding}, not in PC8 (code page 437). It was read as {encoding}."),
    "encoding-unsure": (W, "Teckentabellen kunde inte avgöras säkert. Filen lästes som {encoding}.",
                        "The encoding could not be told for certain. The file was read as {encoding}."),
    "encoding-damaged": (E, "Raden har byte som inte är tecken i {encoding}. De ersattes med �.",
                         "The line has bytes that are no characters in {encoding}. They were replaced with �."),
    "byte-order-mark": (W, "Filen inleds med en byteordningsmarkering (BOM) för UTF-8 men lästes som {encoding}.",
                        "The file begins with a byte order mark of UTF-8 and was read as {encoding}."),
    "control-character": (W, "Filen innehåller styrtecken, som inte får finnas i text. De är kvar i texten.",
                          "The file holds control characters, which are not allowed in text. They are kept."),
    "end-of-file-mark": (N, "Filen slutar med DOS-tecknet för filslut (Ctrl-Z). Det hoppades över.",
                         "The file ends with the DOS end-of-file mark (Ctrl-Z). It was skipped."),
    "line-ends": (W, "Rader slutar med CR utan LF. De lästes som egna rader.",
                  "Lines end with CR without LF. They were read as lines of their own."),
    "checksum-unclosed": (E, "Filen inleder en kontrollsumma (#KSUMMA) men avslutar den inte. Filen är ofullständig.",
                          "The file opens a checksum (#KSUMMA) and never closes it. The file is cut off."),
    "checksum-wrong": (E, "Kontrollsumman (#KSUMMA) stämmer inte. Filen kan vara ändrad eller skadad.",
                       "The checksum (#KSUMMA) is wrong. The file may have been changed or damaged."),
    "record-outside-checksum": (
        W, "Poster står utanför kontrollsumman (#KSUMMA), före den inledande eller efter den avslutande.",
        "Records stand outside the checksum (#KSUMMA), before the opening or after the closing one."),
    "checksum-unopened": (
        W, "Filen har en avslutande kontrollsumma (#KSUMMA) men ingen inledande. Den kontrollerades inte.",
        "The file has a closing checksum (#KSUMMA) but no opening one. It was not verified."),
    "checksum-skipped": (N, "Kontrollsumman kunde inte kontrolleras: texten har tecken som inte finns i CP437.",
                         "The checksum could not be verified: the text does not exist in code page 437."),
    # lines and fields
    "not-a-record": (W, "Raden är ingen SIE-post. Den hoppades över.", "The line is no SIE record. It was skipped."),
    "junk-before-record": (W, "Styrtecken eller en byteordningsmarkering (BOM) står före posten. De hoppades över.",
                           "Control characters or a byte order mark stand before the record. They were skipped."),
    "record-unreadable": (E, "Raden har en etikett men går inte att läsa som en post. Den sparades under övrigt.",
                          "The line holds a label but can't be read as a record. It was kept under other."),
    "unknown-label": (N, "Etiketten #{label} är okänd. Posten sparades under övrigt.",
                      "The label #{label} is unknown. The record was kept under other."),
    "label-case": (W, "Etiketten är inte skriven med versaler. Posten lästes som #{label}.",
                   "The label is not in capitals. The record was read as #{label}."),
    "extra-fields": (N, "#{label} har fler fält än standarden känner till. De sparades under övrigt.",
                     "#{label} has more fields than the standard knows. They were kept under other."),
    "too-many-fields": (E, "Raden har fler än 64 fält. Resten lästes inte.",
                        "The line has more than 64 fields. The rest was not read."),
    "quote-unclosed": (W, "Ett avslutande citattecken saknas. Fältet lästes till radens slut.",
                       "A quotation mark is never closed. The field was read to the end of the line."),
    "quote-backslash": (W, "Ett fält slutar med omvänt snedstreck före citattecknet. Snedstrecket lästes som text.",
                        "A field ends with a backslash before the quotation mark. The backslash was read as text."),
    "quote-inside": (W, "Ett citattecken inne i ett fält saknar omvänt snedstreck. Det lästes som text.",
                     "A quotation mark inside a field lacks its backslash. It was read as text."),
    "quote-doubtful": (E, "Citattecknen på raden kan läsas på flera sätt. Fälten kan vara fel.",
                       "The quotation marks on the line can be read in several ways. The fields may be wrong."),
    "blank-missing": (W, "Ett mellanrum saknas före eller efter objektlistan i #{label}. Posten lästes ändå.",
                      "A blank is missing before or after the object list in #{label}. It was read all the same."),
    "name-missing": (W, "Namnet saknas i #{label}. Posten lästes utan namn.",
                     "The name is missing in #{label}. The record was read without it."),
    "parent-missing": (W, "#UNDERDIM anger ingen överordnad dimension. Den lästes som #DIM.",
                       "#UNDERDIM names no dimension above it. It was read as #DIM."),
    "other-too-many": (E, "Fler än 100 000 okända poster och fält. Resten sparades inte.",
                       "More than 100,000 unknown records and fields. The rest was not kept."),
    "missing-field": (E, "#{label} saknar ett obligatoriskt fält ({field}). Posten lästes inte.",
                      "#{label} lacks a compulsory field ({field}). The record was not read."),
    "empty-record": (N, "#{label} saknar innehåll.", "#{label} has no content."),
    "repeated-record": (W, "#{label} förekommer flera gånger. Den första gäller, övriga sparades under övrigt.",
                        "#{label} occurs more than once. The first one counts, the others were kept under other."),
    # values
    "amount-form": (W, "Beloppet är inte skrivet som standarden säger (t.ex. 100 eller -0.50) men går att läsa.",
                    "The amount is not written as the standard says (as 100 or -0.50), but it can be read."),
    "amount-unreadable": (E, "Beloppet går inte att läsa. Posten lästes inte.",
                          "The amount can't be read. The record was not read."),
    "amount-ambiguous": (E, "Beloppet kan ha tusentalsavgränsare eller tre decimaler. Posten lästes inte.",
                         "The amount may have a thousands separator or three decimals. The record was not read."),
    "amount-decimals": (E, "Beloppet har delar av ett öre. Posten lästes inte.",
                        "The amount has fractions of an öre. The record was not read."),
    "amount-too-large": (E, "Beloppet är större än vad som kan hanteras (92 biljarder kronor). Posten lästes inte.",
                         "The amount is larger than can be handled (92 × 10^15 kronor). The record was not read."),
    "date-form": (W, "Datumet är inte skrivet ÅÅÅÅMMDD men går att läsa.",
                  "The date is not written YYYYMMDD, but it can be read."),
    "date-unreadable": (E, "Datumet finns inte eller går inte att läsa. Det lämnades tomt och sparades under övrigt.",
                        "The date does not exist or can't be read. It was left empty and kept under other."),
    "number-unreadable": (E, "Ett tal i #{label} går inte att läsa. Posten lästes inte.",
                          "A number can't be read in #{label}. The record was not read."),
    "quantity-unreadable": (E, "Kvantiteten går inte att läsa. Den lämnades tom och sparades under övrigt.",
                            "The quantity can't be read. It was left empty and kept under other."),
    "period-unreadable": (E, "Perioden är inte en månad (ÅÅÅÅMM). Posten lästes inte.",
                          "The period is not a month (YYYYMM). The record was not read."),
    "type-form": (W, "Typen i #SIETYP är inte skriven som standarden säger. Den lästes som typ 4.",
                  "The type in #SIETYP is not written as the standard says. It was read as type 4."),
    "type-unreadable": (E, "Typen i #SIETYP är inte 1–4. Filen lästes som typ 1.",
                        "The type in #SIETYP is not 1–4. The file was read as type 1."),
    "account-not-numeric": (W, "Kontonumret är inte numeriskt. Det lästes som text.",
                            "The account number is not numeric. It was read as text."),
    "objects-missing": (W, "Objektlistan {{}} saknas i #{label}. Posten lästes utan objekt.",
                        "The object list {{}} is missing in #{label}. The record was read without objects."),
    "objects-unclosed": (W, "Objektlistan avslutas inte med }}. Den lästes till radens slut.",
                         "The object list is not closed with }}. It was read to the end of the line."),
    "objects-odd": (E, "Objektlistan har en dimension utan objekt. Den hoppades över.",
                    "The object list has a dimension without an object. It was skipped."),
    "objects-too-many": (E, "Objektlistan har fler än 1 000 objekt. Resten lästes inte.",
                         "The object list has more than 1,000 objects. The rest was not read."),
    "period-and-account-swapped": (W, "Period och konto har bytt plats i #{label}. De lästes rätt.",
                                   "Period and account have changed places in #{label}. They were read right."),
    "account-repeated": (W, "Kontot finns flera gånger i kontoplanen. Det första namnet gäller.",
                         "The account is declared more than once. The first name counts."),
    "object-repeated": (W, "Dimensionen eller objektet anges flera gånger. Det första namnet gäller.",
                        "The dimension or object is declared more than once. The first name counts."),
    "account-order": (W, "#{label} står före kontots #KONTO. Uppgiften behölls.",
                      "#{label} stands before the account's #KONTO. What it says was kept."),
    # vouchers
    "series-missing": (W, "Verifikationsserien är utelämnad, så fälten är förskjutna. De lästes rätt.",
                       "The voucher series is left out, which moves the fields. They were read right."),
    "row-text-misplaced": (W, "Radens text står på datumets plats. Den lästes som text.",
                           "The row's text stands in the place of its date. It was read as text."),
    "brace-missing": (W, "{{ saknas efter #VER. Raderna räknades till verifikationen.",
                      "{{ is missing after #VER. The rows were read into the voucher."),
    "brace-on-voucher-line": (W, "{{ står på samma rad som #VER.", "{{ stands on the same line as #VER."),
    "brace-stray": (W, "En lös klammerparentes hör inte till någon verifikation. Den hoppades över.",
                    "A lone brace belongs to no voucher. It was skipped."),
    "voucher-unclosed": (E, "Verifikationen avslutas inte med }}. Rader kan saknas.",
                         "The voucher is not closed with }}. Rows may be missing."),
    "row-outside-voucher": (E, "#{label} hör inte till någon verifikation. Raden lästes inte.",
                            "#{label} belongs to no voucher. The row was not read."),
    "record-inside-voucher": (W, "#{label} står inne i en verifikation. Posten lästes som om den stod utanför.",
                              "#{label} stands inside a voucher. It was read as if it stood outside."),
    # writing
    "not-in-encoding": (E, "Ett tecken i texten finns inte i {encoding}.",
                        "A character in the text does not exist in {encoding}."),
    "backslash-not-writable": (
        E, "Texten slutar med omvänt snedstreck i citattecken, vilket inte kan skrivas så att alla läser det lika.",
        "The text ends with a backslash in quotation marks, which can't be written so that all read it alike."),
    "not-writable": (E, "Texten innehåller styrtecken eller radbrytning, som inte kan skrivas i en SIE-fil.",
                     "The text holds control characters or a line break, which can't be written in a SIE file."),
}  # fmt: skip

FIELDS = {
    "account": "konto", "amount": "belopp", "date": "datum", "dimension": "dimension", "object": "objekt",
    "period": "period", "year": "årsnummer",
}  # fmt: skip
"""Fields that a record can't do without, in Swedish."""
SHOWN = 60
"""How many characters of the file's own text a problem repeats."""


def make(code: str, line: int = 0, column: int = 0, text: str = "", **values: object) -> Problem:
    severity, swedish, english = CATALOGUE[code]
    field = str(values.pop("field", ""))
    shown = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    swedish = swedish.format(field=FIELDS.get(field, field), **values)
    return Problem(code, severity, line, column, shown, swedish, english.format(field=field, **values))


class Problems:
    """Gathers problems; of each code the first hundred are kept and all are counted, so that memory stays bounded."""

    KEPT = 100

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.counts: Counter[str] = Counter()

    def full(self, code: str) -> bool:
        return self.counts[code] >= self.KEPT

    def add(self, code: str, line: int = 0, column: int = 0, text: str = "", **values: object) -> None:
        self.counts[code] += 1
        if self.counts[code] <= self.KEPT:
            self.kept.append(make(code, line, column, text, **values))
