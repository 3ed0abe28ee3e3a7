-- One row per rule by which a prospect is a marketing qualified lead (MQL); one that is met is enough.
--
-- This is the place to change a rule or to add one. A rule is either of a stage or of the prospect itself.
-- Of a stage: the prospect is in a lifecycle stage whose name, in small letters, is like stage_name, where % stands for
-- any text; with counts_later_stages also in one of a greater position. Ours are these: the stages are those that you
-- have configured in Account Engagement, and what is not called so there is to be named here.
-- Of the prospect: it has least_score, and least_grade (A+ to F), and is assigned to a user; what is NULL does not
-- matter. (3, 'assigned', null, false, null, null, true) is what the lifecycle report of Account Engagement counts, and
-- (4, 'score and grade', null, false, 100, 'B-', null) what is often agreed with sales. Of rules that are met at the same
-- time, the one of the smallest number is named.
select
    cast(t.rule_number as bigint) as rule_number,
    t.rule,
    t.stage_name,
    t.counts_later_stages,
    cast(t.least_score as bigint) as least_score,
    cast(t.least_grade as varchar) as least_grade,
    cast(t.is_assigned as boolean) as is_assigned
from (
    values
        (1, 'stage marketing qualified', 'marketing qualified%', true, null, null, null),
        (2, 'stage MQL', 'mql%', true, null, null, null)
) as t (rule_number, rule, stage_name, counts_later_stages, least_score, least_grade, is_assigned)
