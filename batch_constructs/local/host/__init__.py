"""The host that jobs run on: a process of its own, which starts their processes and ends them.

It lives without what is installed beside this package: jobs may see it, so it is small.
"""
