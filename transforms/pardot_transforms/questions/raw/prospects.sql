-- Which of our prospects may be mailed at present?
SELECT id, email, first_name, last_name, score, grade
FROM pardot.prospects
WHERE email IS NOT NULL AND NOT coalesce(is_deleted, false) AND NOT coalesce(opted_out, false)
    AND NOT coalesce(is_do_not_email, false) AND NOT coalesce(is_email_hard_bounced, false)
ORDER BY score DESC NULLS LAST, id;

-- Which addresses do several prospects share?
SELECT lower(email) AS email, count(*) AS prospects, list(id ORDER BY id) AS ids
FROM pardot.prospects
WHERE email IS NOT NULL AND NOT coalesce(is_deleted, false)
GROUP BY ALL
HAVING count(*) > 1
ORDER BY prospects DESC, email;

-- How complete are our records: which share has a company, a job title, a telephone number?
SELECT count(*) AS prospects, count(company) / count(*) AS with_company, count(job_title) / count(*) AS with_job_title,
    count(phone) / count(*) AS with_phone
FROM pardot.prospects
WHERE NOT coalesce(is_deleted, false)
HAVING count(*) > 0;
