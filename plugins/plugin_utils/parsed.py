# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State parsed: an old installation's files become resources, on the controller alone."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import arguments
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.errors import Unreadable
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.numbers import NumberRange
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.resource import Resource
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.settings import SETTINGS
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.site import RESOURCES
from ansible_collections.switchboard.asterisk.plugins.plugin_utils.export import COMMON, File, as_text
from ansible_collections.switchboard.asterisk.plugins.plugin_utils.legacy.chan_sip import Wish
from ansible_collections.switchboard.asterisk.plugins.plugin_utils.legacy.importing import installation

if TYPE_CHECKING:
    from ansible_collections.switchboard.asterisk.plugins.action.resource import ActionModule


def parsed(action: ActionModule, resource: Resource) -> dict[str, Any]:
    """What an old installation's files say of one kind of resource, and what they could not say. No host is touched."""
    _valid, given = action.validate_argument_spec(arguments(resource))
    for name in ("config", "config_file", "credentials_file"):
        if given[name] is not None:
            raise AnsibleError(f"{name}: does not go with state parsed, which reads sources and writes dest")
    if not given["sources"]:
        raise AnsibleError("sources: is needed for state parsed")

    def load(path: str) -> bytes:
        """A file's bytes; of a vaulted one those within."""
        if os.path.isdir(path):
            raise Unreadable(f"{os.path.basename(path)}: is a folder")
        try:
            with open(action._loader.get_real_file(path), "rb") as file:
                return file.read()
        except OSError as wrong:
            raise Unreadable(f"{os.path.basename(path)}: {wrong.strerror}") from None

    numbers = NumberRange.parse(given["number_range"] or SETTINGS.defaults["number_range"], "number_range")
    imported = installation([action._find_needle("files", each) for each in given["sources"]], load, RESOURCES,
                            Wish(given["import_as"], given["import_contexts"]), numbers)
    if resource.kind not in imported.items:
        raise AnsibleError(f"state: parsed is for {', '.join(RESOURCES[kind].plural for kind in imported.items)}: no old file says anything of others")
    items, report = imported.items[resource.kind], imported.report
    changed = False
    if given["dest"] is not None:
        changed = action.written(given["dest"], given["credentials_vault_id"], as_text(resource.plural, items))
    if given["report_file"] is not None:
        file = File(action.beside(given["report_file"]), "report_file", str.encode, action.opened, COMMON)
        changed = file.write(report.markdown(), False, action._task.check_mode) or changed
    secret = {each.name for each in resource.secrets}
    return {"changed": changed, "parsed": [{name: each for name, each in item.items() if name not in secret} for item in items],
            "report": report.compact()}
