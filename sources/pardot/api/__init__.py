"""Talking to Account Engagement: hosts, login, requests, limits, answers."""
