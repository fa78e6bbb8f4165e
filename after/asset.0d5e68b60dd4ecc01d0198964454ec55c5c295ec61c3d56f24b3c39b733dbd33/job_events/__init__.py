"""What AWS Batch says about jobs, told to people (``notify``) and counted (``count``)."""
