"""What docs/local-batch-model.md claims, line by line, and the tests that hold it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "local-batch-model.md"

HELD_BY = {
    "compute environments, job queues, job definitions, sch": (
        "every_modelled_operation_answers_in_its_shape"
    ),
    "`SubmitJob`, `DescribeJobs`": "every_modelled_operation_answers_in_its_shape",
    "`GetJobQueueSnapshot`": (
        "the_snapshot_shows_who_is_next_and_who_holds_what jobs_wait_for_a_consumable_resource"
    ),
    "`TagResource`": "tags_are_merged_and_removed jobs_have_tags_and_their_children_do_not",
    "service environments, quota": (
        "every_modelled_operation_answers_in_its_shape "
        "a_queue_with_quota_shares_takes_jobs_of_the_shares_it_has"
    ),
    "`SubmitServiceJob`": "a_training_job_runs_what_its_payload_names",
    "EC2, Spot, Fargate": (
        "a_new_environment_is_valid_and_enabled every_batch_type_is_created_described_and_deleted"
    ),
    "each environment has an ECS": (
        "an_environment_has_a_cluster_until_it_is_deleted an_environment_on_eks_has_no_ecs_cluster"
    ),
    "deletion only when DISABLED": (
        "an_environment_must_be_disabled_before_it_is_deleted "
        "an_environment_with_a_queue_is_not_deleted"
    ),
    "deletion while jobs run": "an_environment_in_use_is_deleted_when_its_job_has_ended",
    "CREATING, UPDATING |": (
        "a_new_environment_is_valid_and_enabled more_capacity_lets_waiting_jobs_run"
    ),
    "CREATING, UPDATING, DELETING and INVALID": "an_environment_in_trouble_takes_no_jobs",
    "updating an environment that is being": (
        "an_environment_that_is_being_modified_is_not_updated "
        "an_environment_that_is_being_made_or_updated_is_not_deleted"
    ),
    "capacity in vCPUs": (
        "jobs_wait_when_the_environment_is_full more_capacity_lets_waiting_jobs_run"
    ),
    "memory, instance sizes": (
        "memory_can_be_what_is_full a_job_fits_an_instance_less_what_its_agent_keeps "
        "an_unmanaged_environment_has_no_limits"
    ),
    "`desiredvCpus`": "desired_vcpus_follow_the_jobs_and_stay_for_the_scale_down_delay",
    "queues by priority": (
        "the_queue_with_the_higher_priority_goes_first jobs_start_in_the_order_of_submission "
        "the_first_environment_with_room_is_taken"
    ),
    "a job at the head": (
        "a_job_without_room_keeps_those_behind_it_waiting_and_the_next_queue_goes_on"
    ),
    "a job that can never fit": "a_job_that_never_fits_blocks_its_queue_and_says_so",
    "`CAPACITY:INSUFFICIENT": (
        "an_environment_without_capacity_blocks_its_queue_until_there_is_some"
    ),
    "`jobStateTimeLimitActions`": (
        "a_time_limit_cancels_a_job_that_blocks_its_queue "
        "an_environment_without_capacity_blocks_its_queue_until_there_is_some"
    ),
    "fair shares:": (
        "a_fair_share_queue_needs_a_share_identifier a_weight_factor_divides_what_a_share_gets "
        "within_a_share_the_scheduling_priority_decides "
        "a_reservation_shrinks_with_every_share_that_is_active"
    ),
    "a scheduling policy keeps its kind": "a_scheduling_policy_keeps_its_kind",
    "the usage of a share": (
        "jobs_start_by_the_weights_whatever_runs_beside_and_the_snapshot_foretells_it "
        "without_a_decay_what_was_used_fades_over_600_seconds"
    ),
    "consumable resources: waiting": (
        "jobs_wait_for_a_consumable_resource a_resource_that_is_not_replenished_is_spent"
    ),
    "the snapshot's": (
        "a_job_that_blocks_its_queue_keeps_its_place_and_its_time_limit_over_a_restart"
    ),
    "deleting a queue": "a_queue_that_is_deleted_terminates_its_jobs",
    "SUBMITTED, PENDING": (
        "a_job_goes_through_its_states_to_success an_exit_code_is_reported_for_every_attempt"
    ),
    "parameters (`Ref::name`)": (
        "parameters_replace_placeholders command_and_resources_can_be_overridden"
    ),
    "array jobs: children": (
        "a_parent_is_pending_until_its_last_child_has_ended "
        "one_failed_child_fails_the_parent_and_not_its_siblings"
    ),
    "children of an array that is waiting": "children_of_an_array_that_waits_are_there_and_pending",
    "`dependsOn`": (
        "a_job_waits_for_what_it_depends_on children_run_one_after_another_if_told_so "
        "each_child_waits_for_its_counterpart a_failed_dependency_fails_the_chain_behind_it"
    ),
    "`retryStrategy`": (
        "rules_decide_about_retries a_job_exits_for_any_reason_by_the_rule_for_any_reason"
    ),
    "overrides of more than": "ecs_takes_overrides_of_so_many_characters_and_no_more",
    "timeouts:": (
        "a_timeout_ends_the_attempt_for_good a_job_that_says_nothing_has_the_grace_of_amazon_ecs"
    ),
    "`CancelJob` of a job": "a_waiting_job_can_be_cancelled",
    "reclaiming a Spot": "a_reclaimed_job_is_retried_as_its_rules_say",
    "several containers (`ecsProperties`)": (
        "containers_of_a_job_run_in_their_order a_container_is_killed_after_its_own_stop_timeout"
    ),
    "`startTimeout`": "what_waits_for_a_container_beyond_its_start_timeout_is_not_started",
    "FireLens": "a_firelens_router_runs_and_what_is_for_it_goes_to_the_group_of_jobs",
    "multi-node parallel": (
        "every_node_runs_and_knows_the_others "
        "the_narrowest_range_counts_and_ranges_can_be_overridden "
        "the_end_of_the_main_node_is_the_end_of_the_job"
    ),
    "nodes: their states": (
        "the_end_of_another_node_is_not "
        "the_first_essential_container_that_ends_decides_what_its_node_came_to "
        "what_a_node_came_to_outlives_a_restart_and_a_job_that_ran_goes_on"
    ),
    "jobs on EKS": (
        "init_containers_run_one_after_another_before_the_others "
        "a_pod_runs_with_its_command_arguments_and_variables"
    ),
    "node groups with several": (
        "a_node_of_several_containers_ends_with_its_essential_one_and_only_the_main_ends_the_job "
        "a_node_may_be_a_pod_and_the_end_of_the_main_pod_is_the_end_of_the_job"
    ),
    "`DescribeJobs` after": "ended_jobs_are_forgotten_after_a_week",
    "the command, as a process": (
        "a_job_begins_in_an_empty_directory_whatever_the_one_before_did_to_its_own "
        "a_command_that_is_not_here_fails_with_a_clear_reason"
    ),
    "environment: the definition's": "a_job_sees_its_environment children_know_their_index",
    "secrets and parameters": (
        "secrets_are_in_the_environment_and_nowhere_else "
        "a_secret_that_the_execution_role_may_not_read_fails_the_job_with_the_reason"
    ),
    "output, line by line": (
        "log_settings_are_followed a_hundred_megabytes_of_output_do_not_fill_the_memory "
        "a_line_without_an_end_is_cut"
    ),
    "exit code;": "the_exit_code_of_what_a_signal_ended_is_128_and_its_number",
    "when a job ends": (
        "children_that_a_job_leaves_behind_end_too a_daemon_in_a_session_of_its_own_ends_too"
    ),
    "home and user": (
        "its_entry_in_the_list_of_users_has_that_home a_job_reads_about_itself_as_in_amazon_ecs "
        "a_job_has_its_role_s_credentials_from_where_they_are_renewed"
    ),
    "the job in its image without": (
        "its_command_runs_in_its_root_file_system a_job_runs_in_its_image_copied_once"
    ),
    "volumes of a job": "a_file_system_is_the_same_for_all_jobs_and_can_be_read_only",
    "the job in its image with a": "where_an_engine_is_chosen_the_job_runs_in_its_image",
    "`Batch Job State Change`": (
        "a_state_change_has_every_field_of_the_sample "
        "parents_and_children_of_an_array_can_be_told_apart"
    ),
    "`Batch Job Queue Blocked`": "a_job_that_never_fits_blocks_its_queue_and_says_so",
    "delivery": "an_aws_event_reaches_a_rule an_event_bus_that_refuses_does_not_stop_the_job",
    "the 21 metrics": (
        "moves_of_jobs_are_published_as_the_metrics_of_the_service "
        "there_are_as_many_metrics_as_the_page_says"
    ),
    "a SageMaker training job": "a_training_job_runs_what_its_payload_names",
    "its service environment's capacity": (
        "it_waits_until_its_environment_has_instances "
        "a_failed_one_is_tried_again_by_its_status_reason "
        "within_a_share_the_highest_priority_goes_first_also_when_it_was_changed"
    ),
    "SCHEDULED": "a_training_job_runs_what_its_payload_names",
    "status reasons after": "a_training_job_runs_what_its_payload_names",
}
"""How a line begins, and the tests that hold it."""


def lines() -> list[str]:
    """Give the lines that claim something."""
    claims, _, _ = PAGE.read_text().partition("## How fast")  # figures, which the bench measures
    rows = [line[2:] for line in claims.splitlines() if line.startswith("| ")]
    return [row for row in rows if "| not claimed" not in row and not row.endswith("| |")]


@cache
def names_of_tests() -> set[str]:
    found = set()
    for path in (ROOT / "tests" / "local").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                found.add(node.name)
    return found


@pytest.mark.parametrize("line", lines(), ids=lambda line: line[:40])
def test_what_the_page_claims_is_held_by_tests(line: str) -> None:
    (held_by,) = [tests for begin, tests in HELD_BY.items() if line.startswith(begin)]

    assert {f"test_{name}" for name in held_by.split()} <= names_of_tests()


def test_nothing_is_held_that_the_page_does_not_claim() -> None:
    unclaimed = [begin for begin in HELD_BY if not any(line.startswith(begin) for line in lines())]

    assert unclaimed == []


def test_there_are_as_many_metrics_as_the_page_says() -> None:
    from batch_constructs.aws.metrics import NATIVE_METRICS

    assert f"the {len(NATIVE_METRICS)} metrics" in PAGE.read_text()


def test_a_job_that_says_nothing_has_the_grace_of_amazon_ecs() -> None:
    from inspect import signature

    from batch_constructs.local.batch import BatchService

    assert signature(BatchService).parameters["grace_seconds"].default == 30
    assert "SIGKILL after 30 seconds" in PAGE.read_text()
