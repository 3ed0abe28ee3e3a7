"""The sections of the page, one file each: what it asks of the database, and what it makes of the answers."""
