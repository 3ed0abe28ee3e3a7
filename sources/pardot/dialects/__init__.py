"""The versions of the API: what is asked for in each, and what its answers mean; the rest of the client sees one."""
