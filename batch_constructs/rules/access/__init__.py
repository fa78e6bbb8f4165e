"""Who may do what: a template's policies, asked for one action on one resource at a time.

An answer is `ALLOWED`, `DENIED` or `UNKNOWN`; only `DENIED` is ever a finding.
"""
