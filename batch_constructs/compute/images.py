"""Which machine image instances start from.

https://docs.aws.amazon.com/batch/latest/userguide/batch-ami-ecs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_batch as batch

from batch_constructs.construct import given
from batch_constructs.offers import offers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2
    from constructs import Construct

    from batch_constructs.arguments import Arguments

_DEFAULT_TYPE = "ECS_AL2023"


class Images:
    """The machine images of one compute environment, each for its kind of instance."""

    def __init__(
        self,
        arguments: Arguments,
        images: Sequence[batch.EcsMachineImage | ec2.IMachineImage] | None,
    ) -> None:
        self._images: list[tuple[str, ec2.IMachineImage | None]] = []
        for image in arguments.items(
            "images", images, "batch.EcsMachineImage or ec2.IMachineImage"
        ):
            if isinstance(image, batch.EcsMachineImage):
                kind = image.image_type
                self._images.append((_DEFAULT_TYPE if kind is None else kind.value, image.image))
            elif offers(image, "get_image"):
                self._images.append((_DEFAULT_TYPE, image))
            else:
                arguments.wrong_type("images", image, "batch.EcsMachineImage or ec2.IMachineImage")

    def known(self) -> list[dict[str, Any]]:
        """Return CloudFormation's ``Ec2Configuration`` as far as it is known before synthesis."""
        return [{"ImageType": kind} for kind, _ in self._images]

    def make(self, scope: Construct) -> list[dict[str, Any]]:
        """Return CloudFormation's ``Ec2Configuration``."""
        return [
            given(
                ImageType=kind,
                ImageIdOverride=None if image is None else image.get_image(scope).image_id,
            )
            for kind, image in self._images
        ]
