"""What becomes of an error: AWS refuses it, or takes it, and it never works."""

from __future__ import annotations

from batch_constructs.aws.typing_names import Final

REFUSED: Final = "AWS refuses it"
INVALID: Final = "it is created, becomes INVALID, and runs no job"
NEVER_STARTS: Final = "it is registered, and its jobs never start"
NEVER_SUBMITS: Final = "it is created, and every submission is refused"
FAILS: Final = "the submission is taken, and the job fails"

TAKEN: Final = {
    **dict.fromkeys(
        (
            *("environment-role-trust", "image-instance-mismatch", "instance-profile"),
            *("launch-template-ref", "one-vpc", "user-data-mime"),
        ),
        INVALID,
    ),
    **dict.fromkeys(
        (
            *("container-name", "duplicate-environment-variable", "efs-job-role"),
            *("file-system-reference", "job-role-trust", "log-group-reference", "mount-path"),
            *("pod-labels", "pod-secret-name", "pod-security", "pod-volume-kind"),
            *("pod-volume-mount", "pod-volume-name", "s3files-job-role"),
            *("s3files-platform", "secrets-execution-role", "ulimit-order", "unknown-volume"),
        ),
        NEVER_STARTS,
    ),
    **dict.fromkeys(
        (
            *("array-size", "dependency-count", "job-name", "multi-node-array"),
            *("override-kind", "override-size"),
            *("reserved-override", "share-identifier-fifo", "share-identifier-missing"),
            *("submission-attempts", "submission-limit", "submission-payload"),
            *("submission-platform", "submission-priority", "submission-reference"),
            *(
                "submission-required",
                "submission-shape",
                "submission-share-identifier",
                "submission-size",
            ),
            *("submission-tag", "submission-timeout", "submitter-trust"),
        ),
        NEVER_SUBMITS,
    ),
    **dict.fromkeys(("propagated-tag-count", "submission-length"), FAILS),
}
"""Rule → what becomes of what it finds; of any other error `REFUSED`."""


def outcome_of_error(rule: str) -> str:
    """Say what becomes of what an error is about."""
    return TAKEN.get(rule, REFUSED)


UNPROVEN: Final = frozenset(
    (
        *("duplicate-capacity-unit", "duplicate-volume"),
        *("time-limit-reason-queue", "word-case"),
    )
)
"""Warnings that constructors refuse: it makes no sense, though no page says that AWS refuses it."""
