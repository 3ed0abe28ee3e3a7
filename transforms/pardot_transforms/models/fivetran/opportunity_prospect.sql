-- One row per opportunity and prospect that belongs to it, in the columns of Fivetran's `opportunity_prospect`.
--
-- Fivetran reads this from version 4 of the API, which nests prospects in an opportunity; version 5 does not tell it.
-- So it is what activities tell. The times are the opportunity's, as they are in Fivetran's table.
select
    p.opportunity_id,
    p.prospect_id,
    o.updated_at,
    o._fivetran_synced
from int_opportunity_prospects as p
inner join opportunity as o on o.id = p.opportunity_id
