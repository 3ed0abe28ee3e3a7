-- Which landing pages are hidden from search engines?
SELECT name, url, is_do_not_index
FROM pardot.landing_pages
WHERE NOT coalesce(is_deleted, false)
ORDER BY is_do_not_index DESC NULLS LAST, name;
