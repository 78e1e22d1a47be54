-- When the command of a batch was sent; null in batches of older versions.
alter table batches add column asked_at timestamptz;

-- When the call was about to be made that booked the voucher, by its intent: booked_at is when the receipt was written.
-- Null where that is not known: found in Fortnox after our memory of it was lost, and in receipts of older versions.
alter table receipts add column sent_at timestamptz;
