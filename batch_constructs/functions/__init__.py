"""The code that runs inside Lambda: one folder ships as it is, with nothing but boto3 beside it.

Nothing here imports the rest of the library; at synthesis only the path of this folder is used.
"""
