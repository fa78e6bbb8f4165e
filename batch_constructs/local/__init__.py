"""An AWS on the laptop: the real ``cdk`` CLI deploys to it, and AWS Batch jobs really run.

``server`` starts and stops it, ``batch`` is the model of the AWS Batch service, ``host`` the
process that jobs run under, ``adapter`` teaches Batch to ministack, ``cloudformation`` holds the
resource types that ministack lacks, ``cdk_deployment`` and ``demo`` drive it. It needs the
``local`` extra: ``pip install 'batch-constructs[local]'``.
"""
