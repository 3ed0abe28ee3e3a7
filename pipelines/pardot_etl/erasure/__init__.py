"""A person out of everything that is kept."""
