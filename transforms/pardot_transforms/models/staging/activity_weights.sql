-- One row per type of visitor activity, and kind of asset where that matters, that counts for the activity points.
--
-- This is the place to change what counts. A row without an asset_kind is for every kind; where several rows fit, their
-- points add up. Types that are not listed count nothing. Ours are those of Account Engagement's baseline scoring that
-- activities show: opens and events are 0 there, page views are no activities, and what an opportunity does to a score is
-- nothing that the person did.
-- Source: Pardot Knowledge Base, Prospect Scoring Overview, "Baseline Scoring System" (last updated in November 2016).
select
    cast(t.type as bigint) as type,
    cast(t.asset_kind as varchar) as asset_kind,
    cast(t.points as bigint) as points
from (
    values
        (4, null, 50),
        (1, null, 3),
        (21, null, 3),
        (7, null, 3),
        (20, null, 3),
        (2, 'file', 3),
        (3, null, -5)
) as t (type, asset_kind, points)
