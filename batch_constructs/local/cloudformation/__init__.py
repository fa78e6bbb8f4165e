"""Resource types that ministack's CloudFormation lacks, as plain functions over AWS APIs."""
