"""Retires old revisions of job definitions, which CloudFormation keeps all or none of."""
