"""The other verbs of the command line, a module each, and what two of them share."""
