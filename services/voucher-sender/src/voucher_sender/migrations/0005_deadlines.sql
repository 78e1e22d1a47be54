-- When the call will certainly have ended, by the settings of the process that made it: a takeover may have others.
alter table vouchers add column ends_by timestamptz;
