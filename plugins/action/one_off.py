# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the modules that do one thing once: credentials, rename, renumber."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ansible.errors import AnsibleError
from ansible_collections.switchboard.asterisk.plugins.action.resource import ActionModule as ResourceAction
from ansible_collections.switchboard.asterisk.plugins.action.resource import plain
from ansible_collections.switchboard.asterisk.plugins.module_utils.acts import ACTS
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.resource import Resource
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.site import RESOURCES


class ActionModule(ResourceAction):
    def resource(self, arguments: Mapping[str, Any]) -> Resource:
        """Of what kind the task's subject is."""
        plural = arguments.get("kind", "agents")
        found = [each for each in RESOURCES.values() if each.plural == plural]
        if not found:
            raise AnsibleError(f"kind: there are no {plural}")
        return found[0]

    def makes_secrets(self, _state: str) -> bool:
        act = ACTS.get(str(self._task.args.get("act")))
        if act and act.makes and self._task.args.get("credentials_file") is None:
            raise AnsibleError(f"credentials_file: is needed for {self._task.args['act']}: nobody would know the new secret")
        return bool(act and act.makes) or self._task.action.endswith(".rename")

    def file(self, _arguments: Mapping[str, Any]) -> None:
        """They take none."""

    def items(self, arguments: dict[str, Any], _resource: Resource, _file: object) -> tuple[Optional[list[Any]], list[str], str]:
        """The one thing that must not stand among the module's arguments, where Ansible may show it."""
        password = arguments.pop("sip_password", None)
        return (None if password is None else [plain(password)]), [], ""
