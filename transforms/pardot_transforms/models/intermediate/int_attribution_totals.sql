-- One row per opportunity and model, with what the parts add up to; a data test compares it with the value.
select
    opportunity_id,
    model,
    max(opportunity_value) as opportunity_value,
    sum(attributed_value) as attributed_value,
    count(*) as parts,
    cast(sum(case when is_attributed then 0 else 1 end) as bigint) as unattributed_parts
from attribution
group by opportunity_id, model
