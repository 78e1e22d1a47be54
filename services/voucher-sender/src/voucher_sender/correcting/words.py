"""Why a voucher can't be corrected, in words for the accountant."""

from common.problems import Problem

CORRECTION_REFUSED = Problem(
    code="vouchers.correction-refused",
    swedish="Inga ändringsverifikationer har skickats: {refused} av {vouchers} verifikationer kan inte ändras.",
    next_step="Se vad som gäller för varje verifikation. Eventuella övriga kan ändras med en ny begäran.",
    english="{refused} of {vouchers} vouchers can't be corrected, and a correction is all or nothing.",
)
REQUESTED_BY = Problem(
    code="vouchers.requested-by-missing",
    swedish="Det framgår inte vem som begär ändringen. Inga ändringsverifikationer har skickats.",
    next_step="Ange vem som begär ändringen, med högst {most} tecken, och begär den på nytt.",
    english="requested_by must say who asks, in 1 to {most} characters; it has {length}.",
)
NOT_OURS = Problem(
    code="voucher.not-ours",
    swedish="Verifikationen {id} har inte bokförts härifrån i det här företaget.",
    next_step="Gör ändringsverifikationen direkt i Fortnox.",
    english="There is no receipt for voucher_id {id} in this company; only what we booked can be corrected.",
)
NOT_YET_KNOWN = Problem(
    code="voucher.not-yet-known",
    swedish="Vi vet ännu inte om verifikationen {id} har bokförts: den håller på att skickas, eller är osäker.",
    next_step="Vänta på besked om verifikationen, och begär sedan ändringen på nytt. Bokför inget för hand.",
    english="voucher_id {id} is under way or its outcome is unknown: there may be something to correct, or nothing.",
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
ORIGINAL_UNMARKED = Problem(
    code="voucher.original-unmarked",
    swedish="Verifikation {place} ser ut som vår, men saknar vår märkning i Fortnox. Märkningen kan ha rensats.",
    next_step="Kontrollera {place} i Fortnox, och gör ändringsverifikationen där.",
    english="{place} has the receipt's date and rows but no marker: cleared, or another voucher with the same content.",
)
ORIGINAL_CHANGED = Problem(
    code="voucher.original-changed",
    swedish="Verifikation {place} har ändrats i Fortnox sedan den bokfördes (kvittot → Fortnox): {changes}.",
    next_step="Kontrollera ändringen i Fortnox, och gör det som återstår där.",
    english="{place} was changed in Fortnox after it was booked (receipt → Fortnox): {changes}.",
)
SHARED_PLACE = Problem(
    code="voucher.shared-place",
    swedish="Verifikation {place} har kvitto även som verifikationen {other}, så en ändring kan bli dubbel.",
    next_step="Kontrollera i Fortnox om {place} redan är ändrad, och gör det som återstår där.",
    english="The receipt of voucher_id {other} names {place} too; one voucher must not be reversed as two.",
)
ALREADY_CORRECTED = Problem(
    code="voucher.already-corrected",
    swedish="Verifikation {place} är redan ändrad genom {by}.",
    next_step="Inget behöver göras. Ska ändringen tas tillbaka: begär en ändring av {by}.",
    english="{place} is already reversed by {by}, which we booked.",
)
CORRECTED_IN_TURN = Problem(
    code="voucher.corrected-in-turn",
    swedish="Verifikation {place} är ändrad genom {by}, som i sin tur är ändrad. Den senaste ändringen är {last}.",
    next_step="Kontrollera i Fortnox vad som gäller nu. Ska något ändras igen: begär en ändring av {last}.",
    english="{place} was reversed by {by}, which was reversed in turn; the last of them is {last}.",
)
CORRECTION_CHANGED = Problem(
    code="voucher.correction-changed",
    swedish="Verifikation {place} har ändrats genom {by}. Senaste ändringen står inte kvar som den bokfördes: {why}.",
    next_step="Kontrollera i Fortnox vad som gäller. {place} kan inte ändras härifrån igen: gör det som återstår där.",
    english="{place} was reversed by {by}, but the last correction is no longer as it was booked: {why}.",
)
CORRECTION_DOUBLED = Problem(
    code="voucher.correction-doubled",
    swedish="Ändringen av verifikation {place} finns flera gånger i Fortnox och måste avgöras först.",
    next_step="Gör en ändringsverifikation för dubbletten i Fortnox och kontakta supporten.",
    english="The voucher that reverses {place} was found more than once in Fortnox; a person must decide.",
)
CORRECTION_IN_PROGRESS = Problem(
    code="voucher.correction-in-progress",
    swedish="En ändring av verifikation {place} pågår redan.",
    next_step="Vänta tills den är klar.",
    english="{place} is being reversed by correction {correction}, which has not ended.",
)
REVERSED_IN_FORTNOX = Problem(
    code="voucher.reversed-in-fortnox",
    swedish="Verifikation {place} är redan återförd i Fortnox genom {by}: samma belopp med omvänd debet och kredit.",
    next_step="Kontrollera {by} i Fortnox. Hör den till något annat: gör ändringsverifikationen direkt i Fortnox.",
    english="{place} was already reversed in Fortnox by {by}: the same amounts with their sides swapped.",
)
PERHAPS_REVERSED = Problem(
    code="voucher.perhaps-reversed",
    swedish="Verifikation {by} i Fortnox nämner {place} och har ett av dess konton med omvänd debet och kredit.",
    next_step="Kontrollera om {by} redan ändrar {place}. Gör det som återstår direkt i Fortnox.",
    english="{by} names {place} and has one of its accounts on the other side: it may correct it in part.",
)
