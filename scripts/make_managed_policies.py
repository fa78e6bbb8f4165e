"""Write ``aws/managed_policies.json``: ``uv run scripts/make_managed_policies.py``.

The documents are AWS's own, as moto's wheel carries them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from moto.iam.aws_managed_policies import aws_managed_policies_data

OUTPUT: Final = Path(__file__).parent.parent / "batch_constructs" / "aws" / "managed_policies.json"

WANTED: Final = (
    "AWSBatchFullAccess",
    "AWSBatchServiceEventTargetRole",
    "AWSBatchServiceRole",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSStepFunctionsFullAccess",
    "AWSXRayDaemonWriteAccess",
    "AdministratorAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerServiceforEC2Role",
    "AmazonEC2FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonEC2RoleforSSM",
    "AmazonEC2SpotFleetTaggingRole",
    "AmazonECSInfrastructureRolePolicyForManagedInstances",
    "AmazonECSInstanceRolePolicyForManagedInstances",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonECS_FullAccess",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonElasticFileSystemClientFullAccess",
    "AmazonElasticFileSystemClientReadWriteAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSQSFullAccess",
    "AmazonSSMFullAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMReadOnlyAccess",
    "CloudWatchAgentServerPolicy",
    "CloudWatchFullAccess",
    "CloudWatchLogsFullAccess",
    "CloudWatchLogsReadOnlyAccess",
    "IAMFullAccess",
    "PowerUserAccess",
    "SecretsManagerReadWrite",
)
"""What people attach to the roles of environments, jobs and submitters."""


def text() -> str:
    """Give the policies as JSON, one a line."""
    published: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    rows = []
    for name in WANTED:
        policy = published[name]
        kept = {
            "path": policy["Path"].strip("/"),
            "version": policy["DefaultVersionId"],
            "date": policy["UpdateDate"][:10],
            "document": policy["Document"],
        }
        rows.append(f'"{name}": {json.dumps(kept, sort_keys=True, separators=(",", ":"))}')
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    OUTPUT.write_text(text())
    print(f"{OUTPUT.name}: {len(WANTED)} policies, {OUTPUT.stat().st_size} bytes")
