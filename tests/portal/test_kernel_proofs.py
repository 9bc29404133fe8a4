"""What is promised of the plugin kernel, line by line, and the tests that prove each."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from bench import hooks
from portal.kernel.hooks import Hooks

TESTS = Path(__file__).parent.parent
PROOFS = {
    "1. a plugin raising in every hook, one at a time: pages 200, item missing, one log record": [
        "portal/test_kernel_isolation.py::test_every_page_answers_while_one_hook_raises",
        "portal/test_kernel_isolation.py::test_exactly_one_record_names_plugin_hook_and_line",
    ],
    "2. an AttributeError inside a hook is reported": [
        "portal/test_kernel_hooks.py::test_a_raising_hook_costs_its_contribution_and_one_log_record",
        "portal/test_kernel_isolation.py::test_exactly_one_record_names_plugin_hook_and_line",
    ],
    "3. import error, wrong argument, misspelt hook: broken with the reason, the site starts": [
        "portal/test_kernel_faults.py::test_a_fault_in_the_code_is_named",
    ],
    "3. bad manifest": [
        "portal/test_kernel_faults.py::test_a_fault_in_the_manifest_names_key_and_remedy",
        "portal/test_kernel_faults.py::test_a_manifest_needs_its_few_lines",
    ],
    "3. version conflict": [
        "portal/test_kernel_faults.py::test_a_plugin_for_another_portal_is_incompatible",
        "portal/test_kernel_faults.py::test_a_plugin_without_what_it_builds_on_is_incompatible",
    ],
    "3. duplicate id": [
        "portal/test_kernel_faults.py::test_two_plugins_of_one_name_are_both_refused_and_both_places_named",
    ],
    "3. table without prefix": [
        "portal/test_kernel_faults.py::test_a_table_without_the_plugins_prefix_is_refused",
    ],
    "3. template outside its namespace": [
        "portal/test_kernel_faults.py::test_a_fault_in_the_files_is_named",
    ],
    "3. app-wide blueprint handler; the probe leaves no trace": [
        "portal/test_kernel_faults.py::test_a_blueprint_that_reaches_beyond_its_pages_leaves_no_trace",
    ],
    "3a. with a plugin that can't be imported: deactivate, doctor and --help work": [
        "portal/test_cli.py::test_an_active_plugin_that_breaks_can_still_be_looked_at_and_switched_off",
        "portal/test_cli.py::test_a_plugin_that_exits_at_import_can_be_switched_off",
        "portal/test_cli.py::test_a_plugin_that_ends_the_process_is_switched_off_without_being_imported",
        "plugins/operation/test_commands.py::test_the_doctor_names_a_broken_plugin_and_fails",
    ],
    "4. switching is seen by a second process on its next request, static and API included": [
        "portal/test_kernel_life.py::test_switching_off_is_seen_by_another_worker_on_its_next_request",
        "portal/test_kernel_life.py::test_switching_on_is_seen_by_another_worker_on_its_next_request",
        "portal/test_kernel_life.py::test_the_first_request_after_switching_off_may_be_for_a_static_file",
        "portal/test_kernel_life.py::test_programs_learn_why_an_address_is_gone",
        "browser/test_plugin_story.py::test_an_administrator_sees_a_plugin_live_break_mend_and_leave",
    ],
    "5. deactivated with live references: pages that refer show plain titles": [
        "plugins/setup/test_references.py::test_a_reference_to_an_inactive_plugin_is_a_plain_title",
        "plugins/setup/test_references.py::test_a_reference_to_an_object_that_is_gone_is_a_plain_title",
    ],
    "6. two processes upgrade at once; killed between steps and run again": [
        "portal/test_kernel_steps.py::test_of_two_processes_one_upgrades_and_one_waits",
        "portal/test_kernel_steps.py::test_an_upgrade_that_was_killed_is_taken_up_again",
    ],
    "7. uninstalled keeping data, then installed again: the same tables": [
        "plugins/setup/test_leaving.py::test_uninstalling_keeps_all_data_and_a_new_installation_goes_on_there",
        "test_example_plugin.py::test_a_plugin_lives_and_dies_well_and_all_workers_agree",
    ],
    "7. purged: nothing of it is left": [
        "plugins/setup/test_leaving.py::test_purging_leaves_the_database_as_it_was_before",
        "plugins/setup/test_leaving.py::test_purging_takes_histories_shares_and_versions_along",
        "plugins/setup/test_leaving.py::test_every_table_of_the_core_with_rows_of_plugins_is_known_to_the_purge",
    ],
    "8. may() and visible() agree on 10,000 random pairs per object type": [
        "portal/test_permissions.py::test_questions_and_lists_agree_on_ten_thousand_pairs",
        "portal/test_permissions.py::test_a_wrong_map_would_be_found",
    ],
    "9. every hook has a test, an example, a policy; its page is generated": [
        "test_promises.py::test_a_hook_has_a_policy_a_description_and_somebody_who_answers",
        "test_promises.py::test_a_hook_is_asked_by_the_core_or_a_house_plugin",
        "test_promises.py::test_the_generated_pages_are_up_to_date",
    ],
    "10. SystemExit in a hook ends no worker; a veto that raises denies": [
        "portal/test_kernel_hooks.py::test_a_raising_hook_costs_its_contribution_and_one_log_record",
        "portal/test_kernel_hooks.py::test_an_exit_inside_a_transaction_becomes_an_error_of_the_operation",
        "portal/test_kernel_isolation.py::test_a_denying_hook_that_raises_means_no",
        "portal/test_permissions.py::test_veto_that_fails_forbids",
    ],
    "11. statements grow by at most one per active plugin": [
        "portal/test_kernel_isolation.py::test_statements_grow_by_at_most_one_per_active_plugin",
        "portal/test_kernel_isolation.py::test_a_plugin_that_asks_more_than_once_is_found",
    ],
    "12. asking eight plugins costs at most twice what calling them costs": [
        "portal/test_kernel_proofs.py::test_asking_eight_plugins_costs_at_most_twice_what_calling_them_costs",
        "portal/test_kernel_proofs.py::test_a_dispatcher_that_prepares_each_call_anew_is_found",
    ],
}


@pytest.mark.parametrize("promise", PROOFS)
def test_a_promise_of_the_kernel_has_its_proof(promise: str) -> None:
    for proof in PROOFS[promise]:
        path, _colons, name = proof.partition("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.full
def test_a_dispatcher_that_prepares_each_call_anew_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared = Hooks._ready

    def unprepared(hooks: Hooks, hook: str) -> Any:
        hooks._cache.clear()
        return prepared(hooks, hook)

    monkeypatch.setattr(Hooks, "_ready", unprepared)

    assert hooks.ratio() > 2.0


@pytest.mark.full
def test_asking_eight_plugins_costs_at_most_twice_what_calling_them_costs() -> None:
    assert min(hooks.ratio() for _try in range(3)) <= 2.0
