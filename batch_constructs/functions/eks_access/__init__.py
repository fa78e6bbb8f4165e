"""Lets AWS Batch use a namespace of an Amazon EKS cluster, which CloudFormation cannot say."""
