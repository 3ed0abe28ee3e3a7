-- One row: how days are put together to weeks and fiscal years.
--
-- This is the place to change it. first_fiscal_month is from 1 (January) to 12. A fiscal year is called by the calendar
-- year in which it ends or, where is_named_by_end is false, begins. first_weekday is from 1 (Monday) to 7 (Sunday); ISO
-- weeks begin on Monday whatever it says. Ours is Salesforce's standard fiscal year, the calendar year.
select
    cast(1 as bigint) as first_fiscal_month,
    true as is_named_by_end,
    cast(1 as bigint) as first_weekday
