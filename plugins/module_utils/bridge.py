# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Between Ansible and the rest: arguments in, result out. The only file here that knows Ansible."""
from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .acts import ACTS
from .control.host import Host
from .model.errors import Trouble
from .model.fields import Word
from .model.resource import Resource
from .model.site import RESOURCES
from .task import run, run_act, run_rename, run_renumber

STATES = ("merged", "replaced", "overridden", "deleted", "gathered", "rendered", "parsed")
ARGUMENTS: dict[str, dict[str, Any]] = {
    "config_file": {"type": "path"},
    "state": {"type": "str", "choices": list(STATES), "default": "merged"},
    "scope": {"type": "dict", "options": {"names": {"type": "str"}, "numbers": {"type": "str"}}},
    "max_deletions": {"type": "str"},
    "allow_empty": {"type": "bool", "default": False},
    "cascade": {"type": "bool", "default": False},
    "credentials_file": {"type": "path"},
    "credentials_vault_id": {"type": "str"},
    "with_secrets": {"type": "bool", "default": False},
    "avatars_dest": {"type": "path"},
    "number_range": {"type": "str"},
    "update_password": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
    "realm": {"type": "str"},
    "asterisk_config_dir": {"type": "path", "default": Host.config},
    "store": {"type": "path", "default": Host.state},
    "lock_timeout": {"type": "int", "default": 120},
    # of state parsed, which is the action plugin's alone
    "sources": {"type": "list", "elements": "path"},
    "dest": {"type": "path"},
    "report_file": {"type": "path"},
    "import_as": {"type": "str", "choices": ["auto", "agents", "extensions"], "default": "auto"},
    "import_contexts": {"type": "list", "elements": "str", "default": []},
    # from the action plugin: the items and their places, the seed of generated secrets, and where pictures are
    "_shipped": {"type": "str", "no_log": True},
}
HOST_ARGUMENTS = {name: ARGUMENTS[name] for name in ("asterisk_config_dir", "store", "lock_timeout", "_shipped")}
LEDGER_ARGUMENTS = {name: ARGUMENTS[name] for name in ("credentials_file", "credentials_vault_id")}
ACT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "kind": {"type": "str", "choices": ["agents", "extensions", "users"], "default": "agents"},
    "names": {"type": "list", "elements": "str", "required": True},
    "act": {"type": "str", "choices": list(ACTS), "required": True},
    **LEDGER_ARGUMENTS, **HOST_ARGUMENTS,
}
RENAME_ARGUMENTS: dict[str, dict[str, Any]] = {
    "kind": {"type": "str", "choices": sorted(each.plural for each in RESOURCES.values() if isinstance(each.by_name[each.key], Word)), "default": "agents"},
    "name": {"type": "str", "required": True},
    "to": {"type": "str", "required": True},
    "sip_password": {"type": "str", "no_log": True},
    **LEDGER_ARGUMENTS, **HOST_ARGUMENTS,
}
RENUMBER_ARGUMENTS: dict[str, dict[str, Any]] = {
    "kind": {"type": "str", "choices": sorted(each.plural for each in RESOURCES.values() if "number" in each.by_name), "default": "agents"},
    "name": {"type": "str", "required": True},
    "to": {"type": "str", "required": True},
    **HOST_ARGUMENTS,
}


def arguments(resource: Resource) -> dict[str, dict[str, Any]]:
    """The options of a resource's module."""
    config = {"type": "dict"} if resource.single else {"type": "list", "elements": "dict"}
    return {"config": config, **ARGUMENTS}


def main(resource: Resource) -> None:
    """What every resource module does."""
    gc.disable()        # it ends in seconds and makes no cycles worth collecting; looking for them among 10,000 items costs a fifth of its time
    module = AnsibleModule(argument_spec=arguments(resource), supports_check_mode=True, no_log=True, mutually_exclusive=[("config", "config_file")])
    answer(module, functools.partial(run, resource))


def main_act() -> None:
    """What module credentials does."""
    answer(AnsibleModule(argument_spec=ACT_ARGUMENTS, supports_check_mode=True, no_log=True), run_act)


def main_rename() -> None:
    """What module rename does."""
    answer(AnsibleModule(argument_spec=RENAME_ARGUMENTS, supports_check_mode=True, no_log=True), run_rename)


def main_renumber() -> None:
    """What module renumber does."""
    answer(AnsibleModule(argument_spec=RENUMBER_ARGUMENTS, supports_check_mode=True, no_log=True), run_renumber)


def main_of(spec: dict[str, dict[str, Any]], task: Callable[[Mapping[str, Any], bool, bool, dict[str, Any]], None]) -> None:
    """What a module does that changes nothing."""
    answer(AnsibleModule(argument_spec=spec, supports_check_mode=True), task)


def answer(module: AnsibleModule, task: Callable[[Mapping[str, Any], bool, bool, dict[str, Any]], None]) -> None:
    """Carry out the module's task and tell Ansible how it went."""
    result: dict[str, Any] = {"changed": False}
    try:
        task(module.params, module.check_mode, module._diff, result)
    except Trouble as trouble:
        module.fail_json(msg=str(trouble))
    for warning in result.pop("warnings", []):
        module.warn(warning)
    module.exit_json(**result)
