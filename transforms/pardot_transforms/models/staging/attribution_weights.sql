-- One row per model of attribution: how it shares the value of an opportunity among the touches before it.
--
-- This is the place to change a model or to add one. The first touch, the touch that made a prospect known (lead
-- creation) and the last touch, which is the one that the opportunity came after, have weights of their own; a touch
-- that is several of these has their sum. other_weight is shared by all touches without a weight of their own. Only
-- the proportions matter: what nobody is there for goes to the others. With half_life_days the weight of a touch
-- halves for every so many days before the last one. All weights are whole numbers.
select
    t.model,
    cast(t.first_weight as bigint) as first_weight,
    cast(t.lead_weight as bigint) as lead_weight,
    cast(t.last_weight as bigint) as last_weight,
    cast(t.other_weight as bigint) as other_weight,
    cast(t.half_life_days as bigint) as half_life_days
from (
    values
        ('first', 1, 0, 0, 0, null),
        ('last', 0, 0, 1, 0, null),
        ('linear', 0, 0, 0, 1, null),
        ('u_shaped', 40, 0, 40, 20, null),
        ('w_shaped', 30, 30, 30, 10, null),
        ('time_decay', 0, 0, 0, 1, 7)
) as t (model, first_weight, lead_weight, last_weight, other_weight, half_life_days)
