-- One row: what a build is told.
select '{{ var("time_zone") }}' as time_zone
