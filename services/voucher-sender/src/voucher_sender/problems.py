"""What can go wrong with a batch as a whole, in words for whom it concerns."""

from common.problems import Problem

NO_YEAR = Problem(
    code="vouchers.no-financial-year",
    swedish="Räkenskapsåret {year} finns inte i Fortnox. Där finns: {years}.",
    next_step="Lägg upp räkenskapsåret i Fortnox, eller rätta räkenskapsåret i uppdraget, och skicka igen.",
    english="Financial year {year} does not exist in Fortnox, which has: {years}.",
)
DIFFERENT_YEAR = Problem(
    code="vouchers.different-financial-year",
    swedish="Räkenskapsåret {year} stämmer inte med det i Fortnox, som är {fortnox_year}.",
    next_step="Rätta räkenskapsåret i uppdraget eller i Fortnox, och skicka igen.",
    english="Fortnox has a financial year {fortnox_year} where the batch says {year}.",
)
NO_SERIES = Problem(
    code="vouchers.no-series",
    swedish="Verifikationsserien {series} finns inte i Fortnox för räkenskapsåret. Serier som kan väljas: {usable}.",
    next_step="Välj en annan serie, eller lägg upp serien i Fortnox, och skicka igen.",
    english="Series {series} does not exist in that financial year; usable ones: {usable}.",
)
SERIES_NOT_MANUAL = Problem(
    code="vouchers.series-not-manual",
    swedish="Verifikationsserien {series} är inte öppen för manuella verifikationer. Serier som kan väljas: {usable}.",
    next_step="Välj en annan serie, eller ändra serien till manuell i Fortnox, och skicka igen.",
    english="Series {series} does not take manual vouchers; usable ones: {usable}.",
)
NOT_ALLOWED = Problem(
    code="vouchers.not-allowed",
    swedish="Fortnox tillåter inte bokföring via anslutningen: licens eller behörighet saknas.",
    next_step="Kontrollera att företaget har licensen Bokföring och att anslutningen har behörighet, och skicka igen.",
    english="Fortnox does not allow it: a licence, scope or right is missing (code {code}).",
)
OTHERS_FAILED = Problem(
    code="vouchers.others-failed",
    swedish="Verifikationen är rätt, men skickades inte eftersom andra i samma omgång har fel.",
    next_step="Rätta de andra verifikationerna och skicka omgången igen.",
    english="Nothing was sent since other vouchers of the batch did not pass, and its policy is all or nothing.",
)
STOPPED = Problem(
    code="vouchers.stopped",
    swedish="Verifikationen skickades inte eftersom Fortnox avvisade en tidigare verifikation i omgången.",
    next_step="Åtgärda felet på den avvisade verifikationen och skicka de återstående igen.",
    english="Not sent: Fortnox refused an earlier voucher of the batch, and its policy is all or nothing.",
)
OTHER_COMPANY = Problem(
    code="vouchers.other-company",
    swedish="Anslutningen leder nu till ett annat företag i Fortnox än när omgången påbörjades.",
    next_step="Kontrollera vilket företag som är anslutet till uppdraget. Inget har bokförts i det nya företaget.",
    english="The connection leads to another tenant than when the batch began.",
)
UNKNOWN_CONNECTION = Problem(
    code="vouchers.unknown-connection",
    swedish="Anslutningen till Fortnox finns inte längre.",
    next_step="Anslut uppdraget till Fortnox och skicka igen.",
    english="The connector does not know the connection.",
)
UNREADABLE_ANSWER = Problem(
    code="vouchers.unreadable-answer",
    swedish="Ett svar från Fortnox har ett innehåll som vi inte förstår. Inget mer har skickats.",
    next_step="Kontakta supporten och uppge referensen.",
    english="The field {field} in the answer to {call} can't be read; trying again would not help.",
)
FORTNOX_AWAY = Problem(
    code="vouchers.fortnox-away",
    swedish="Fortnox svarar inte som det ska just nu. Omgången väntar.",
    next_step="Vänta. Arbetet fortsätter av sig självt när Fortnox svarar.",
    english="Fortnox can't be asked just now ({reason}); the batch goes on by itself.",
)
CONNECTOR_AWAY = Problem(
    code="vouchers.connector-away",
    swedish="Anslutningen till Fortnox är tillfälligt stoppad hos oss. Omgången väntar.",
    next_step="Vänta. Arbetet fortsätter av sig självt.",
    english="The connector does not answer ({reason}); the batch goes on by itself.",
)
DATABASE_AWAY = Problem(
    code="vouchers.database-away",
    swedish="Arbetet är tillfälligt stoppat hos oss. Omgången väntar.",
    next_step="Vänta. Arbetet fortsätter av sig självt.",
    english="The sender's own database can't do it just now ({reason}); the batch goes on by itself.",
)
SERIES_TAKEN = Problem(
    code="vouchers.series-taken",
    swedish="En annan omgång bokförs just nu i samma serie. Omgången väntar på sin tur.",
    next_step="Vänta. Arbetet fortsätter av sig självt när den andra omgången är klar.",
    english="Another sender posts in that series of the company ({reason}); the batch waits for its turn.",
)
SERIES_UNCERTAIN = Problem(
    code="vouchers.series-uncertain",
    swedish="En tidigare verifikation i serien är osäker. Omgången väntar tills vi vet om den har bokförts.",
    next_step="Vänta. Arbetet fortsätter av sig självt.",
    english="The outcome of a voucher of another batch in the series is unknown ({reason}); this batch is held back.",
)
GAVE_UP_WAITING = Problem(
    code="vouchers.gave-up-waiting",
    swedish="Omgången har väntat i {hours} timmar utan att kunna fortsätta och har stoppats.",
    next_step="Kontrollera att företaget är anslutet till Fortnox och skicka omgången igen.",
    english="The batch could not go on for {hours} hours and was stopped; the last reason: {reason}.",
)
ONLY_CHECKED = Problem(
    code="vouchers.only-checked",
    swedish="Omgången kontrollerades bara. Inget skickades, så det finns inget kvitto.",
    next_step="Skicka verifikationerna till Fortnox först.",
    english="The batch has mode check: nothing was sent, and there are no receipts.",
    status=409,
)
MARKERS_HIDDEN = Problem(
    code="vouchers.markers-hidden",
    swedish="Fortnox visar inte vårt märke på {series} {number}. Därför skickas inget mer av omgången.",
    next_step="Kontrollera att kommentaren syns på verifikationen i Fortnox, och skicka de återstående igen.",
    english="Neither list nor single read shows the marker of {series} {number}: later looks would be blind.",
)
CARRY_BALANCES = Problem(
    code="vouchers.carry-balances",
    swedish="Nästa räkenskapsår ({next_year}) finns redan i Fortnox. Dess ingående balanser ändras inte av sig själva.",
    next_step="Öppna nästa räkenskapsår i Fortnox och välj Överför balanser från föregående år.",
    english="The next financial year {next_year} exists; its opening balances must be carried over by hand.",
)
NOT_AS_BOOKED = Problem(
    code="vouchers.not-as-booked",
    swedish="Av omgångens verifikationer har {vouchers} bokförts tidigare men ändrats eller tagits bort i Fortnox.",
    next_step="Kontrollera dem i Fortnox; kontrollens anmärkningar säger vilka. De bokförs inte igen av sig själva.",
    english="Of the old receipts {vouchers} are of vouchers that Fortnox no longer has as they were booked.",
)
AWAITING_APPROVAL = Problem(
    code="vouchers.awaiting-approval",
    swedish="{vouchers} av omgångens verifikationer väntar på attest i Fortnox.",
    next_step="Be den som attesterar att attestera dem i Fortnox.",
    english="{vouchers} vouchers of the batch wait for approval in Fortnox.",
)
UNCERTAIN_UNSEEN = Problem(
    code="voucher.uncertain-not-seen",
    swedish="Fortnox svar uteblev. Verifikationen syns inte i Fortnox än, och vi väntar tills det är säkert.",
    next_step="Vänta. Bokför inte verifikationen för hand: den skickas igen när det är säkert att den inte finns.",
    english="The outcome of a POST is unknown and the voucher is not seen yet; it is looked for again.",
)
UNCERTAIN_AWAY = Problem(
    code="voucher.uncertain-fortnox-away",
    swedish="Fortnox svarar inte, så vi vet ännu inte om verifikationen har bokförts.",
    next_step="Vänta. Bokför inte verifikationen för hand: vi fortsätter när Fortnox svarar.",
    english="The outcome of a POST is unknown and Fortnox can't be asked ({reason}); it is tried again.",
)
UNCERTAIN_LOST = Problem(
    code="voucher.uncertain-connection-lost",
    swedish="Anslutningen till Fortnox fungerar inte, så vi vet ännu inte om verifikationen har bokförts.",
    next_step="Anslut uppdraget till Fortnox igen. Bokför inte verifikationen för hand innan vi har fått besked.",
    english="The outcome of a POST is unknown, and the connection is lost or lacks a right ({reason}).",
)
UNCERTAIN_DATABASE = Problem(
    code="voucher.uncertain-database-away",
    swedish="Arbetet är tillfälligt stoppat hos oss, så vi vet ännu inte om verifikationen har bokförts.",
    next_step="Vänta. Bokför inte verifikationen för hand: vi fortsätter så snart vi kan.",
    english="The outcome of a POST is unknown and the sender's own database fails ({reason}); it is tried again.",
)
UNCERTAIN_GAP = Problem(
    code="voucher.uncertain-gap",
    swedish="Nummer {numbers} i serien visas inte av Fortnox, så vi vet ännu inte om verifikationen har bokförts.",
    next_step="Kontrollera serien i Fortnox. Bokför inte verifikationen för hand innan vi har fått besked.",
    english="Numbers {numbers} of the series are not shown by Fortnox: a gap that can't be explained.",
)
UNCERTAIN_LOOK_ALIKE = Problem(
    code="voucher.uncertain-look-alike",
    swedish="Nummer {numbers} i serien har verifikationens datum och rader men inte vårt märke: den kan vara bokförd.",
    next_step="Kontrollera i Fortnox om det är samma verifikation. Bokför den inte för hand innan det är avgjort.",
    english="Numbers {numbers} have the voucher's date and rows without our marker: a person decides if one is it.",
)
UNCERTAIN_CONTRADICTED = Problem(
    code="voucher.uncertain-contradicted",
    swedish="Fortnox lista visar vårt märke på nummer {numbers}, men verifikationen själv gör det inte.",
    next_step="Kontrollera numret i Fortnox. Bokför inte verifikationen för hand innan det är avgjort.",
    english="The list shows the marker at numbers {numbers} and the voucher itself doesn't: a person decides.",
)
UNCERTAIN_GAVE_UP = Problem(
    code="voucher.uncertain-gave-up",
    swedish="Arbetet har stoppats utan att vi vet om verifikationen har bokförts.",
    next_step="Sök efter {marker} i Fortnox. Skicka omgången igen: verifikationen dubbleras inte.",
    english="The job was given up while the outcome of {marker} was unknown; sending the batch again is safe.",
)
DUPLICATED = Problem(
    code="voucher.duplicated",
    swedish="Verifikationen finns flera gånger i Fortnox: {places}.",
    next_step="Avgör vilken som ska vara kvar och gör en ändringsverifikation för de andra i Fortnox.",
    english="Several vouchers carry the marker {marker}: {places}.",
)
NOTHING_TO_DECIDE = Problem(
    code="decision.not-needed",
    swedish="Verifikationen {voucher_id} väntar inte på något avgörande.",
    next_step="Kontrollera företagets anslutning och verifikationens id.",
    english="No voucher {voucher_id} of that company waits for a decision; see `undecided`.",
    status=409,
)
DECISION_BUSY = Problem(
    code="decision.busy",
    swedish="Omgången eller serien arbetas med just nu.",
    next_step="Försök igen om en stund.",
    english="A sender is at work on the batch or in the series just now: try again.",
    status=409,
    retry_after=5,
)
DECISION_CANT_LOOK = Problem(
    code="decision.cannot-look",
    swedish="Fortnox kan inte tillfrågas just nu, så avgörandet kan inte prövas.",
    next_step="Försök igen när Fortnox svarar och företaget är anslutet.",
    english="Fortnox can't be asked ({reason}), so nothing is decided: try again.",
    status=503,
    retry_after=30,
)
DECISION_TOO_EARLY = Problem(
    code="decision.too-early",
    swedish="Det är för tidigt att säga att verifikationen inte är bokförd: anropet kan ännu synas.",
    next_step="Försök igen efter {sure_from}.",
    english="The call may yet show in Fortnox's lists: try again after {sure_from}.",
    status=409,
)
DECISION_SEEN = Problem(
    code="decision.seen-in-fortnox",
    swedish="Verifikationen finns i Fortnox: {places}.",
    next_step="Ange i stället att den är bokförd, och som vilken.",
    english="The voucher's marker is seen at {places}: it is booked; decide with --booked-as.",
    status=409,
)
DECISION_NOT_THERE = Problem(
    code="decision.not-there",
    swedish="Verifikation {place} finns inte i Fortnox i räkenskapsåret med id {financial_year}.",
    next_step="Kontrollera serie, nummer och räkenskapsår.",
    english="Fortnox has no voucher {place} in its financial year {financial_year}.",
    status=409,
)
DECISION_DIFFERS = Problem(
    code="decision.differs",
    swedish="Verifikation {place} i Fortnox skiljer sig från den godkända: {differences}.",
    next_step="Kontrollera att det är rätt verifikation.",
    english="{place} differs from what was approved ({differences}); add --although-it-differs if it is the one.",
    status=409,
)
DECISION_ANOTHERS = Problem(
    code="decision.anothers-voucher",
    swedish="Verifikation {place} i Fortnox är en annan av våra verifikationer: {other}.",
    next_step="Kontrollera serie, nummer och räkenskapsår. Samma verifikation kan inte vara kvitto för två.",
    english="{place} is another of our vouchers ({other}); one voucher is never the receipt of two.",
    status=409,
)
DECISION_RECEIPT = Problem(
    code="decision.receipt-stays",
    swedish="Verifikationen har redan kvitto på {place}, och ett kvitto ändras inte.",
    next_step="Avgör att {place} gäller, och gör ändringsverifikationer för de andra i Fortnox.",
    english="The receipt names {place} and never changes: decide for that one, and correct the others in Fortnox.",
    status=409,
)
