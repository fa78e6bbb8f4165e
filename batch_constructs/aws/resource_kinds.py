"""Kinds of AWS Batch's resources, as ARNs and the service authorization reference call them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
"""

from __future__ import annotations

from batch_constructs.aws.typing_names import Final

COMPUTE_ENVIRONMENT: Final = "compute-environment"
CONSUMABLE_RESOURCE: Final = "consumable-resource"
JOB: Final = "job"
JOB_DEFINITION: Final = "job-definition"
JOB_DEFINITION_REVISION: Final = "job-definition-revision"
JOB_QUEUE: Final = "job-queue"
QUOTA_SHARE: Final = "quota-share"
SCHEDULING_POLICY: Final = "scheduling-policy"
SERVICE_ENVIRONMENT: Final = "service-environment"
SERVICE_JOB: Final = "service-job"
