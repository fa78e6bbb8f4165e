"""Which machine image instances start from.

https://docs.aws.amazon.com/batch/latest/userguide/batch-ami-ecs.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2

from batch_constructs.aws.compute_environment_facts import ImageType
from batch_constructs.construct import given
from batch_constructs.jsii_objects import has_member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from batch_constructs.arguments import Arguments


@dataclass(frozen=True, kw_only=True)
class InstanceImage:
    """The machine image of one kind of instance.

    Attributes:
        image_type: The kind. Default: Amazon Linux 2023 for the environment's cluster.
        image: A custom image for these instances. Default: the newest of AWS.
        kubernetes_version: On Amazon EKS, the version that the image is for, such as ``"1.34"``.
            Default: the newest that AWS Batch supports.
    """

    image_type: ImageType | str | None = None
    image: ec2.IMachineImage | None = None
    kubernetes_version: str | None = None


AnyImage: TypeAlias = (
    InstanceImage | batch.EcsMachineImage | batch.EksMachineImage | ec2.IMachineImage
)
"""Ours, one of ``aws_batch``, or an image of ``aws_ec2`` for every kind of instance."""

_EXPECTED = "InstanceImage(…), batch.EcsMachineImage, batch.EksMachineImage or ec2.IMachineImage"
_EXPECTED_IMAGE = (
    'an ec2.IMachineImage, such as ec2.MachineImage.generic_linux({"REGION": "ami-…"})'
)


class Images:
    """The machine images of one compute environment, each for its kind of instance."""

    def __init__(
        self,
        arguments: Arguments,
        images: Sequence[AnyImage] | None,
        *,
        default: ImageType = ImageType.ECS_AL2023,
    ) -> None:
        self._images: list[tuple[dict[str, Any], ec2.IMachineImage | None]] = []
        self._default = default
        for place, image in enumerate(
            arguments.items("images", images, _EXPECTED, some=images is not None)
        ):
            if isinstance(image, InstanceImage):
                inner = arguments.within(f"images[{place}]")
                kind = inner.choice("image_type", image.image_type, "an ImageType")
                version = inner.text("kubernetes_version", image.kubernetes_version)
                if image.image is not None and not has_member(image.image, "get_image"):
                    inner.wrong_type("image", image.image, _EXPECTED_IMAGE)
                self._add(kind, default, image.image, version)
            elif isinstance(image, batch.EcsMachineImage | batch.EksMachineImage):
                known = image.image_type
                self._add(None if known is None else known.value, default, image.image, None)
            elif has_member(image, "get_image"):
                self._add(None, default, image, None)
            else:
                arguments.wrong_type(f"images[{place}]", image, _EXPECTED)

    @property
    def have_ecs_agent(self) -> bool:
        """Tell whether all are Amazon Linux for ECS, where a file has the agent's settings."""
        kinds = [properties["ImageType"] for properties, _ in self._images] or [self._default]
        return all(kind in (ImageType.ECS_AL2023, ImageType.ECS_AL2023_NVIDIA) for kind in kinds)

    def known(self) -> list[dict[str, Any]]:
        """Return CloudFormation's ``Ec2Configuration`` as far as it is known before synthesis."""
        return [properties for properties, _ in self._images]

    def make(self, scope: Construct) -> list[dict[str, Any]]:
        """Return CloudFormation's ``Ec2Configuration``."""
        return [
            {
                **properties,
                **({} if image is None else {"ImageIdOverride": image.get_image(scope).image_id}),
            }
            for properties, image in self._images
        ]

    def _add(
        self, kind: Any, default: ImageType, image: ec2.IMachineImage | None, version: Any
    ) -> None:
        properties = given(
            ImageType=str(default) if kind is None else kind, ImageKubernetesVersion=version
        )
        self._images.append((properties, image))
