-- One row per type of visitor activity that counts for or against a call.
--
-- This is the place to change what counts. points_7d is for each activity of the last 7 days, points_30d for each of
-- the days before these, up to the 30th; only the first `most` of each of the two stretches count, so that a scanner
-- that opens an email a hundred times is no hot prospect. Types that are not listed count nothing.
select
    cast(t.type as bigint) as type,
    cast(t.points_7d as bigint) as points_7d,
    cast(t.points_30d as bigint) as points_30d,
    cast(t.most as bigint) as most,
    t.reason
from (
    values
        (4, 20, 10, 3, 'form completed'),
        (24, 20, 10, 2, 'webinar attended'),
        (22, 20, 10, 2, 'chat'),
        (29, 15, 8, 2, 'event visited'),
        (25, 12, 6, 2, 'webinar registered for'),
        (28, 12, 6, 2, 'event registered for'),
        (30, 12, 6, 2, 'form in a video completed'),
        (34, 8, 4, 3, 'video watched'),
        (3, 6, 3, 2, 'form tried, with an error'),
        (1, 5, 2, 5, 'link clicked'),
        (21, 5, 2, 5, 'custom redirect clicked'),
        (7, 5, 2, 3, 'site searched'),
        (17, 4, 2, 3, 'advertisement clicked'),
        (26, 3, 1, 3, 'social post clicked'),
        (27, 3, 1, 3, 'video started'),
        (2, 3, 1, 5, 'page, form or file viewed'),
        (20, 3, 1, 5, 'visit'),
        (11, 1, 0, 3, 'email opened'),
        (12, -10, -5, 1, 'unsubscribe page opened'),
        (35, -10, -5, 1, 'unsubscribe page opened'),
        (14, -30, -30, 1, 'spam complaint')
) as t (type, points_7d, points_30d, most, reason)
