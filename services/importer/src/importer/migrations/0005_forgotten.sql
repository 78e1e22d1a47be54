-- The product said that all of a connection's imports are to go: nobody is shown them from then on, and they are pruned.
alter table imports add column forgotten_at timestamptz;
