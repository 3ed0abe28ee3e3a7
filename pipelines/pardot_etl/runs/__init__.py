"""The run from top to bottom: its lock, its rounds, what it heals, what it remembers."""
