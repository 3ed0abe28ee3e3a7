-- One row: how much score and grade count for a call, and from how many points on a prospect is worth one.
--
-- This is the place to change it. The score counts one point for every score_per_point, most_score_points at most;
-- the grade by its letter, whatever its sign.
select
    cast(20 as bigint) as least_points,
    cast(20 as bigint) as score_per_point,
    cast(15 as bigint) as most_score_points,
    cast(15 as bigint) as grade_a_points,
    cast(8 as bigint) as grade_b_points,
    cast(0 as bigint) as grade_c_points,
    cast(-8 as bigint) as grade_d_points,
    cast(-15 as bigint) as grade_f_points
