"""Versions 3 and 4 of the API: another spelling of the same account, in XML or JSON.

What is not imitated: everything that writes; reads by email or CRM id; ``identifiedCompany``, profiles and
visitor referrers, which the account has no data for; searches of prospects by ``new`` and ``assigned_to_user``.
"""
