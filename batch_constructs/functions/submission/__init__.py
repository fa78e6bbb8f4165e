"""Functions that submit AWS Batch jobs: the gateway's, the ready-made one, Spot rescue's."""
