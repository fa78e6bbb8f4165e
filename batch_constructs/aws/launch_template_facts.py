"""Launch templates of EC2: what AWS Batch's instances take of them.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html
"""

from __future__ import annotations

from batch_constructs.aws.bound import Whole
from batch_constructs.aws.source import Source, docs
from batch_constructs.aws.typing_names import Final

HOP_LIMIT: Final = Whole(1, 64)
"""How far a response of the instance metadata service may travel, in hops of the network."""

HOP_LIMIT_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/APIReference/API_LaunchTemplateInstanceMetadataOptionsRequest.html",
    'HttpPutResponseHopLimit: "Default: 1 Possible values: Integers from 1 to 64".',
)

DOCKER_TIMEOUT_SECONDS: Final = 60
"""The shortest time-out of Docker that is set here."""

DOCKER_TIMEOUT_SOURCE: Final[Source] = Source(
    "https://github.com/aws/amazon-ecs-agent",
    "ECS_CONTAINER_CREATE_TIMEOUT: Minimum value is 1m (60 seconds). If user sets a value below"
    " minimum it will be set to min. Default 4m; ECS_CONTAINER_START_TIMEOUT: 3m;"
    " ECS_IMAGE_PULL_TIMEOUT: 2h.",
)

USER_DATA_BYTES: Final = 16 * 1024
"""The user data of an instance, before it is encoded in base64."""

SHARED_SOURCE: Final[Source] = docs(
    "ram/latest/userguide/shareable.html",
    "Of EC2 it lists what accounts can share, such as capacity reservations and placement groups;"
    " neither launch templates nor key pairs are among it.",
)

USER_DATA_BYTES_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/UserGuide/instancedata-add-user-data.html",
    '"User data is limited to 16 KB, in raw form, before it is base64-encoded."',
)

USER_DATA_ENCODING_SOURCE: Final[Source] = docs(
    "AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html",
    'UserData: "You must provide base64-encoded text." EC2 answers otherwise: "Invalid BASE64'
    ' encoding of user data".',
)
