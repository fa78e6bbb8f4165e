"""``batch-constructs check``: files are read, the rules asked, and what they find is written."""
