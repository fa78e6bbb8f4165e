"""Compute environments: where jobs run, on Fargate, EC2, Spot or the user's own instances."""
