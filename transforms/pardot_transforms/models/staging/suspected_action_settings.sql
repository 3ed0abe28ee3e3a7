-- One row: from what on a machine is suspected behind what a person did.
--
-- This is the place to change it. A machine is suspected behind a second with clicks on least_links different links or
-- more, and behind a click in an email that follows its being sent by most_seconds_after_send or fewer. NULL: nothing is
-- suspected for that reason.
select
    cast(3 as bigint) as least_links,
    cast(10 as bigint) as most_seconds_after_send
