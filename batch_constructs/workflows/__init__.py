"""Jobs that wait for jobs."""
