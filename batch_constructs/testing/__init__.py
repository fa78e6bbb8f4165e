"""What your own tests import: an AWS on the laptop that a stack is deployed to in about a second.

`batch_constructs.testing.local_aws` has the classes; the ``local_aws`` fixture comes with pytest.
"""
