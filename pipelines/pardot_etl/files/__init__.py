"""The database files and folders that a run works in and leaves."""
