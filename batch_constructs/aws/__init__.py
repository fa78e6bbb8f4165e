"""What AWS says: each fact once, as data, with the address of AWS's page.

Nothing here imports anything of ours, so that it also ships beside the functions' code.
"""
