"""What of the voucher-sender's own tables goes, and when.

Kept for ever: `vouchers` and `receipts`, by which a voucher is never booked twice, and `corrections` and `decisions`,
which are part of the books' story. `batch_vouchers` go with their batch, and so do corrections that came to nothing,
with the name of who asked for them.
"""

from datetime import timedelta

from common.pruning import Rule

KEEP_BATCHES = timedelta(days=400)  # a financial year and its closing
KEEP_LOCKS = timedelta(days=30)  # long past the day for which they are believed

CAME_TO_NOTHING = """
    requested_at < clock() - $1::interval
    and not exists (select from batches b where b.batch_id = corrections.correction_id)
    and not exists (
        select from vouchers v
        where v.tenant = corrections.tenant and v.voucher_id = corrections.corrected_by
          and v.state in ('intended', 'booked', 'duplicated'))
"""

RULES = (
    Rule("batches", "ended_at < clock() - $1::interval", KEEP_BATCHES, lot=50),
    Rule("corrections", CAME_TO_NOTHING, KEEP_BATCHES),
    Rule("series_locks", "seen_at < clock() - $1::interval", KEEP_LOCKS),
    Rule("companies", "removed_at < clock() - $1::interval", KEEP_BATCHES),
)
