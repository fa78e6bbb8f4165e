"""Finds the ECS cluster of an unmanaged compute environment, which CloudFormation does not tell."""
