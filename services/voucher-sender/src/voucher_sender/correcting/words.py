"""Why a voucher can't be corrected, in words for the accountant."""

from common.problems import Problem

CORRECTION_REFUSED = Problem(
    code="vouchers.correction-refused",
    swedish="Inga ändringsverifikationer har skickats: {refused} av {vouchers} verifikationer kan inte ändras.",
    next_step="Se vad som gäller för varje verifikation, och begär sedan ändringen på nytt för de övriga.",
    english="{refused} of {vouchers} vouchers can't be corrected, and a correction is all or nothing.",
)
NOT_OURS = Problem(
    code="voucher.not-ours",
    swedish="Verifikationen {id} har inte bokförts härifrån i det här företaget.",
    next_step="Gör ändringsverifikationen direkt i Fortnox.",
    english="There is no receipt for voucher_id {id} in this company; only what we booked can be corrected.",
)
ORIGINAL_REMOVED = Problem(
    code="voucher.original-removed",
    swedish="Enligt kvittot bokfördes verifikationen som {place}, {receipt}. I Fortnox finns den inte längre.",
    next_step="Kontrollera i Fortnox om den har tagits bort. Då behövs ingen ändringsverifikation.",
    english="The receipt says {place}, {receipt}; Fortnox has no voucher with that number any more.",
)
ORIGINAL_REPLACED = Problem(
    code="voucher.original-replaced",
    swedish="Enligt kvittot bokfördes verifikationen som {place}, {receipt}. I Fortnox har en annan numret: {fortnox}.",
    next_step="Kontrollera i Fortnox om vår verifikation har tagits bort. Då behövs ingen ändringsverifikation.",
    english="The receipt says {place}, {receipt}; the number is another voucher's now, without our marker: {fortnox}.",
)
ORIGINAL_CHANGED = Problem(
    code="voucher.original-changed",
    swedish="Verifikation {place} har ändrats i Fortnox sedan den bokfördes (kvittot → Fortnox): {changes}.",
    next_step="Kontrollera ändringen i Fortnox, och gör det som återstår där.",
    english="{place} was changed in Fortnox after it was booked (receipt → Fortnox): {changes}.",
)
ALREADY_CORRECTED = Problem(
    code="voucher.already-corrected",
    swedish="Verifikation {place} är redan ändrad genom {by}.",
    next_step="Inget behöver göras. Ska ändringen tas tillbaka: begär en ändring av {by}.",
    english="{place} is already reversed by {by}, which we booked.",
)
CORRECTION_IN_PROGRESS = Problem(
    code="voucher.correction-in-progress",
    swedish="En ändring av verifikation {place} pågår redan.",
    next_step="Vänta tills den är klar.",
    english="{place} is being reversed by correction {correction}, which has not ended.",
)
REVERSED_IN_FORTNOX = Problem(
    code="voucher.reversed-in-fortnox",
    swedish="Verifikation {place} är redan återförd i Fortnox genom {by}: samma rader med omvänd debet och kredit.",
    next_step="Kontrollera {by} i Fortnox. Hör den till något annat: gör ändringsverifikationen direkt i Fortnox.",
    english="{place} was already reversed in Fortnox by {by}: the same rows with their sides swapped.",
)
