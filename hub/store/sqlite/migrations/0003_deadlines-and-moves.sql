-- Additive. Clocks are found by their due date over all cases, and remember that their owner was told; a delivery
-- knows the one in whose place it was made.

alter table deadline add column warned integer not null default 0;
-- Holds only what runs: what is over costs the watcher nothing.
create index deadline_running on deadline (clock, warned, due_date, case_no) where state = 'running';

alter table delivery add column replaces text;
