# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings Python packages to a host as one zip, from which Python imports them. Ansible's copy does the rest, and compares it as it does a file."""
from __future__ import annotations

import os
import tempfile
import zipfile
from typing import Any, Optional

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

ENDINGS = (".py", ".html", ".json")
THE_SAME = (1980, 1, 1, 0, 0, 0)        # time of all that is in it, so that the same files are the same zip


def packed(packages: dict[str, str], dest: str) -> None:
    with zipfile.ZipFile(dest, "w", zipfile.ZIP_DEFLATED) as made:
        for name, folder in sorted(packages.items()):
            paths = sorted(os.path.join(where, each) for where, _folders, files in os.walk(folder) for each in files if each.endswith(ENDINGS))
            if not paths:
                raise AnsibleActionFail(f"packages: there is no Python in {folder}")
            # a folder of its own, by which Python finds a package without __init__.py (a later 3.13 finds it anyway)
            for where in sorted({os.path.dirname(path) for path in paths}):
                entry = zipfile.ZipInfo(os.path.normpath(f"{name}/{os.path.relpath(where, folder)}") + "/", THE_SAME)
                entry.external_attr = 0o755 << 16 | 0x10
                made.writestr(entry, b"")
            for path in paths:
                with open(path, "rb") as file:
                    entry = zipfile.ZipInfo(f"{name}/{os.path.relpath(path, folder)}", THE_SAME)
                    entry.external_attr = 0o644 << 16
                    made.writestr(entry, file.read(), zipfile.ZIP_DEFLATED)


class ActionModule(ActionBase):
    TRANSFERS_FILES = True

    def run(self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, arguments = self.validate_argument_spec({
            "packages": {"type": "dict", "required": True}, "dest": {"type": "path", "required": True},
            "owner": {"type": "str"}, "group": {"type": "str"}, "mode": {"type": "raw"}})
        packages = {name: self._loader.path_dwim(folder) for name, folder in arguments.pop("packages").items()}
        with tempfile.NamedTemporaryFile(suffix=".zip") as file:
            packed(packages, file.name)
            task = self._task.copy()
            task.args = {"src": file.name, **{name: value for name, value in arguments.items() if value is not None}}
            copy = self._shared_loader_obj.action_loader.get("ansible.legacy.copy", task=task, connection=self._connection, play_context=self._play_context,
                                                             loader=self._loader, templar=self._templar, shared_loader_obj=self._shared_loader_obj)
            found: dict[str, Any] = copy.run(task_vars=task_vars)
            return found
