# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of all resource modules: parse config_file, ship the items and their pictures, write generated secrets down.

It imports little: Ansible compiles what a collection's plugins import each time anew.
"""
from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import secrets
import shlex
import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from importlib import import_module
from typing import Any, Optional

from ansible import constants, context
from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleFileNotFound
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.parsing.vault import VaultLib, VaultSecretsContext, is_encrypted, match_encrypt_secret
from ansible.plugins.action import ActionBase
from ansible_collections.switchboard.asterisk.plugins.module_utils.control.host import Host
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.errors import Trouble, Unreadable, Wrong
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.resource import SINGLE, Resource
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.secrets import is_of, unveil
from ansible_collections.switchboard.asterisk.plugins.module_utils.model.site import RESOURCES
from ansible_collections.switchboard.asterisk.plugins.plugin_utils.credentials import Credentials, Run, Unwritable
from ansible_collections.switchboard.asterisk.plugins.plugin_utils.export import File, as_text
from ansible_collections.switchboard.asterisk.plugins.plugin_utils.people import read
from ansible_collections.switchboard.asterisk.plugins.plugin_utils.pictures import Pictures, has, unpack

APPLYING = ("merged", "replaced", "overridden")
Content = tuple[str, bytes]     # path, text
PARSED = "ansible_collections.switchboard.asterisk.plugins.plugin_utils.parsed"
OF_PARSED = ("sources", "report_file", "import_as", "import_contexts")


class ActionModule(ActionBase):
    _supports_async = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            result.update(self.carry_out(task_vars or {}))
        except (Unwritable, Trouble) as wrong:
            result.update(failed=True, msg=str(wrong))
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as wrong:
            result.update(failed=True, msg=str(wrong))
        result.pop("invocation", None)      # it holds the parameters
        return result

    def carry_out(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        arguments = dict(self._task.args)
        resource = self.resource(arguments)
        plural = resource.plural
        if "_shipped" in arguments:
            raise AnsibleError("_shipped is not an option")
        if arguments.get("state") == "parsed" and self._task.action.endswith(f".{plural}"):
            return dict(import_module(PARSED).parsed(self, resource))       # the only state that needs what reads old files
        for name in OF_PARSED:
            if name in arguments:
                raise AnsibleError(f"{name}: goes with state parsed")
        host = str(self._task.delegate_to or task_vars.get("inventory_hostname", ""))
        ledger, state, check = self.ledger(arguments), str(arguments.get("state", "merged")), self._task.check_mode
        dest, vault_id = arguments.pop("dest", None), arguments.get("credentials_vault_id")
        if dest is not None and state != "gathered":
            raise AnsibleError("dest: goes with state gathered or parsed")
        if boolean(arguments.get("with_secrets", False), strict=False) and ((ledger is None and dest is None) or state != "gathered"):
            raise AnsibleError("with_secrets: goes with state gathered and a dest or credentials_file, the only places they are written to")
        # a task's own check mode is a look ahead; only where all tasks are one do they build on each other
        dry = check and bool(context.CLIARGS.get("check"))
        left = undone(host, str(arguments.get("store", "")))
        album, planned, store = self.album(arguments, state), foreseen(left) if dry else {}, str(arguments.get("store") or Host.state)
        file = self.file(arguments)
        applied = called(*file, resource, self._task.args) if file and state in APPLYING and not planned else ""
        by_host = file is not None and state in APPLYING and is_for_host(*file, resource)
        if applied and not by_host and self._low_level_execute_command(f"test -e {shlex.quote(os.path.join(store, 'applied', applied))}")["rc"] == 0:
            with ledger.run(host, plural, check=True) if ledger else nullcontext(Run("")) as run:
                answer = {} if run.recover else self.recalled(applied, arguments, task_vars)
            if answer:
                return answer
        items, places, folder = (None, [], "") if by_host else self.items(arguments, resource, file)
        pictures = self.pictures(items or [], resource, state, folder)
        recording = self.makes_secrets(state) and ledger is not None
        with ledger.run(host, plural, check) if ledger and recording else nullcontext(Run(secrets.token_hex(32))) as run:
            archive = "" if check or state in ("gathered", "rendered") else self.brought(pictures, store)
            wanted, known = self.wanted(album) if album and not check else ("", [])
            arguments["_shipped"] = packed({"items": items, "places": places, "seed": run.seed, "recording": recording, "recover": run.recover,
                                            "planned": planned, "applied": applied, "file": os.path.basename(file[0]) if file else "",
                                            "pictures": {"offered": sorted(pictures.paths), "archive": archive, "wanted": wanted, "known": known}},
                                           file[1] if file and by_host else b"")
            answer = self._execute_module(module_name=self._task.action, module_args=arguments, task_vars=task_vars)
            if wanted and not answer.get("failed"):
                answer["avatars"] = {"dest": album, "fetched": self.fetched(wanted, str(album)) if answer.pop("packed", False) else 0}
            planned = answer.pop("planned", {})
            if dry:
                foresee(left, planned)
            made = secrets_of(answer, resource, run)
            if ledger and (recording or made) and not answer.get("failed") and not check:
                try:
                    ledger.finish(host, plural, made, run)
                except Unwritable as wrong:
                    answer.update(failed=True, msg=f"{wrong}\nThe host was changed and secrets were made, but not written down. "
                                                   "Nothing is lost: run again with the same credentials_file.")
        if dest is not None and not answer.get("failed"):
            answer["changed"] = self.written(str(dest), vault_id, as_text(plural, told(resource, answer["gathered"], made)))
        if made and ledger:
            answer["credentials"] = {"file": arguments.get("credentials_file"), "count": sum(len(each) for each in made.values())}
        return answer

    def resource(self, _arguments: Mapping[str, Any]) -> Resource:
        """What the task is about: its name says it."""
        plural = self._task.action.rpartition(".")[2]
        return next(each for each in RESOURCES.values() if each.plural == plural)

    def makes_secrets(self, state: str) -> bool:
        """Whether the task may make secrets that have to be written down."""
        return state not in ("gathered", "rendered", "deleted")

    def file(self, arguments: Mapping[str, Any]) -> Optional[Content]:
        """The file of items, in clear."""
        path = arguments.get("config_file")
        if path is None or arguments.get("config") is not None:
            return None
        found = self._find_needle("files", str(path))
        with open(self._loader.get_real_file(found), "rb") as file:     # decrypts a vaulted one
            return found, file.read()

    def recalled(self, applied: str, arguments: Mapping[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """What a host answers that remembers an input; nothing when it has to see it after all."""
        asked = {name: value for name, value in arguments.items() if name not in ("config", "config_file")}
        asked["_shipped"] = packed({"items": None, "places": [], "seed": "", "recording": False, "recover": [], "planned": {}, "applied": applied})
        answer: dict[str, Any] = self._execute_module(module_name=self._task.action, module_args=asked, task_vars=task_vars)
        return {} if answer.get("unknown") else answer

    def items(self, arguments: dict[str, Any], resource: Resource, file: Optional[Content]) -> tuple[Optional[list[Any]], list[str], str]:
        """What is wanted and where it stands, taken out of the arguments, and the folder it came from, if any; None when nothing was given."""
        config, path = arguments.pop("config", None), arguments.pop("config_file", None)
        if config is not None and path is not None:
            raise AnsibleError("config and config_file: give one of the two")
        if file is not None:
            return (*read(*file, resource.plural, self.decrypt, resource.single), os.path.dirname(file[0]))
        if config is None:
            return None, [], ""
        if resource.single and isinstance(config, Mapping):
            config = [config]
        elif resource.single or not isinstance(config, list):
            raise AnsibleError(f"config: must be a {'mapping' if resource.single else 'list'}")
        return [plain(each) for each in config], [], ""

    def pictures(self, items: list[Any], resource: Resource, state: str, folder: str) -> Pictures:
        """The pictures that items name, which are then named by their contents. `folder`: where the items came from."""
        fields = [name for name in resource.pictures if any(isinstance(item, dict) and name in item for item in items)]
        if state == "deleted":      # who goes may go without the file
            for item in items if fields else ():
                for name in fields if isinstance(item, dict) else ():
                    item.pop(name, None)
            fields = []
        beside = self.found("avatars", folder) if fields else None
        pictures = Pictures(lambda said: self.opened_file(said, folder), beside if beside and os.path.isdir(beside) else None)
        pictures.name(items, fields)
        return pictures

    def found(self, said: str, folder: str) -> Optional[str]:
        """Where something is on the controller: beside the items' file, or else where Ansible looks for files."""
        try:
            beside = os.path.join(folder, said)
            return beside if folder and os.path.exists(beside) else str(self._find_needle("files", said))
        except (AnsibleFileNotFound, ValueError):
            return None

    def opened_file(self, said: str, folder: str) -> Optional[str]:
        """The path of a file, in clear when it is encrypted with Ansible Vault. Raises Wrong."""
        path = self.found(said, folder)
        try:
            return path and str(self._loader.get_real_file(path))
        except AnsibleFileNotFound:     # it is a folder or a device
            return path
        except AnsibleError as wrong:
            raise Wrong(str(wrong).partition("\n")[0]) from None

    def brought(self, pictures: Pictures, store: str) -> str:
        """Bring what the host has not yet of the pictures' contents; the path of the archive there, empty when it has all."""
        if not pictures.paths:
            return ""
        listed = self._low_level_execute_command(f"ls {shlex.quote(os.path.join(store, 'avatars'))}")
        try:
            with tempfile.NamedTemporaryFile(dir=constants.DEFAULT_LOCAL_TMP) as local:
                if not pictures.pack(local.name, [f"sha256:{each.strip()}" for each in listed["stdout"].splitlines()]):
                    return ""
                there = self.in_tmpdir()
                self._transfer_file(local.name, there)
                self._fixup_perms2((self._connection._shell.tmpdir, there), execute=False)
                return there
        except AnsibleConnectionFailure:
            raise
        except (AnsibleError, OSError) as wrong:
            raise AnsibleError(f"the avatars could not be brought to the host: {wrong}") from None

    def in_tmpdir(self) -> str:
        """The path of an archive of pictures in the folder on the host that goes with the task."""
        if self._connection._shell.tmpdir is None:
            self._make_tmp_path()
        return str(self._connection._shell.join_path(self._connection._shell.tmpdir, "avatars.tar"))

    def album(self, arguments: Mapping[str, Any], state: str) -> Optional[str]:
        """The folder that gathered pictures go to, if any."""
        path = arguments.get("avatars_dest")
        if path is not None and state != "gathered":
            raise AnsibleError("avatars_dest: goes with state gathered")
        return path and os.path.join(self._loader.get_basedir(), os.path.expanduser(str(path)))

    def wanted(self, album: str) -> tuple[str, list[str]]:
        """Where the module is to put an archive of pictures, and the contents that need not be in it."""
        try:
            os.makedirs(album, exist_ok=True)
            return self.in_tmpdir(), [f"sha256:{each}" for each in sorted(os.listdir(album)) if has(album, f"sha256:{each}")]
        except OSError as wrong:
            raise AnsibleError(f"avatars_dest: {album}: {wrong.strerror}") from None

    def fetched(self, archive: str, album: str) -> int:
        """Put what the module made into the folder; how many pictures."""
        try:
            with tempfile.NamedTemporaryFile(dir=constants.DEFAULT_LOCAL_TMP) as local:
                self._connection.fetch_file(archive, local.name)
                return int(unpack(local.name, album))
        except (Wrong, OSError) as wrong:
            raise AnsibleError(f"avatars_dest: {album}: {wrong}") from None

    def written(self, dest: str, vault_id: Optional[str], text: str) -> bool:
        """Whether the file that resources go to had to be written, or in check mode would have to be."""
        file = File(self.beside(dest), "dest", str.encode if vault_id is None else self.sealer(vault_id), self.opened)
        if vault_id is None and self.is_vaulted(file.path):
            raise AnsibleError(f"dest: {file.path} is encrypted: name the credentials_vault_id to encrypt it with again")
        return file.write(text, vault_id is not None, self._task.check_mode)

    def beside(self, path: str) -> str:
        """A path on the controller; one that does not begin at the root is beside the playbook."""
        return os.path.join(self._loader.get_basedir(), os.path.expanduser(path))

    def sealer(self, vault_id: str) -> Callable[[str], bytes]:
        known = VaultSecretsContext.current().secrets
        name, secret = match_encrypt_secret(known, encrypt_vault_id=vault_id)
        return lambda text: bytes(VaultLib(known).encrypt(text, secret, vault_id=name))

    def ledger(self, arguments: Mapping[str, Any]) -> Optional[Credentials]:
        """Where generated secrets are written down, if anywhere. A named vault id is resolved before anything is done."""
        path, vault_id = arguments.get("credentials_file"), arguments.get("credentials_vault_id")
        if path is None:
            if vault_id is not None and arguments.get("dest") is None:
                raise AnsibleError("credentials_vault_id: needs a credentials_file or dest")
            return None
        path = self.beside(str(path))
        if vault_id is None:
            ledger = Credentials(path, str.encode, self.opened, is_of)
            for each in (ledger.path, *ledger.pending()):
                if self.is_vaulted(each):
                    raise AnsibleError(f"credentials_file: {each} is encrypted: name the credentials_vault_id to encrypt it with again")
            return ledger
        return Credentials(path, self.sealer(vault_id), self.opened, is_of)

    @staticmethod
    def is_vaulted(path: str) -> bool:
        try:
            with open(path, "rb") as file:
                return bool(is_encrypted(file.read(100)))
        except OSError:
            return False

    def opened(self, text: bytes) -> str:
        return self.decrypt(text.decode()) if is_encrypted(text) else text.decode()

    @staticmethod
    def decrypt(text: str) -> str:
        return bytes(VaultLib(VaultSecretsContext.current().secrets).decrypt(text.encode())).decode()


def called(path: str, text: bytes, resource: Resource, arguments: Mapping[str, Any]) -> str:
    """What an input is called on a host where it changes nothing; nothing of one that has to be read in any case, for values that only its reader decrypts.

    The same name is the same text, read by the same code, and given with the same arguments. Passwords may stand in it: so guessing has to take its time.
    """
    if b"!vault" in text:
        return ""
    whole = hashlib.sha256(text)
    for each in (__file__, sys.modules[read.__module__].__file__ or ""):
        with open(each, "rb") as code:
            whole.update(code.read())
    given = {name: plain(value) for name, value in arguments.items() if name != "config_file"}
    whole.update(json.dumps([resource.kind, os.path.splitext(path)[1].lower(), given]).encode())
    return hashlib.scrypt(whole.digest(), salt=b"applied", n=1 << 14, r=8, p=1, dklen=20).hex()


def undone(host: str, store: str) -> str:
    """Where a run in check mode keeps what it left undone. Ansible's folder for local files is each run's own, and goes with it."""
    return os.path.join(constants.DEFAULT_LOCAL_TMP, f"switchboard-{hashlib.sha256(f'{host} {store}'.encode()).hexdigest()[:16]}")


def foreseen(left: str) -> dict[str, dict[str, Any]]:
    """kind: key: what would be said of it by now, had the tasks so far been carried out; None when it would be gone."""
    try:
        with open(f"{left}.json", encoding="utf-8") as file:
            return dict(json.load(file))
    except FileNotFoundError:
        return {}


def foresee(left: str, planned: Mapping[str, Mapping[str, Any]]) -> None:
    """Add to it. Several forks may, where tasks are delegated to one host."""
    if not any(planned.values()):
        return
    with open(f"{left}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = foreseen(left)
        with open(f"{left}.new", "w", encoding="utf-8") as file:
            json.dump({**known, **{kind: {**known.get(kind, {}), **changed} for kind, changed in planned.items()}}, file)
        os.replace(f"{left}.new", f"{left}.json")


def is_for_host(path: str, text: bytes, resource: Resource) -> bool:
    """Whether the host can read a file of items as it is: JSON that names no picture, also not by characters that are written as numbers."""
    here = [rb"\\u00[4-7]", *(f'"{name}"'.encode() for name in resource.pictures)]
    return text != b"" and path.lower().endswith(".json") and not re.search(b"|".join(here), text)


def packed(load: dict[str, Any], text: bytes = b"") -> str:
    """What the module needs, small enough to be an argument: so it goes with the module, and no file has to be made on the host.

    `text`: a file of items that the host reads by itself.
    """
    try:
        return base64.b64encode(zlib.compress(json.dumps(load).encode() + b"\n" + text, 1)).decode()
    except RecursionError:
        raise Unreadable("the items are nested too deeply") from None


def told(resource: Resource, gathered: Any, secrets_by_key: Mapping[str, Mapping[str, Any]]) -> Any:
    """What was gathered, with its secrets in it, as a config_file takes it."""
    def whole(item: Mapping[str, Any], key: str) -> dict[str, Any]:
        return resource.nested({**dict(resource.flat(item)), **secrets_by_key.get(key, {})})

    return whole(gathered, SINGLE) if resource.single else [whole(item, item[resource.key]) for item in gathered]


def secrets_of(answer: dict[str, Any], resource: Resource, run: Run) -> dict[str, dict[str, Any]]:
    """By key and field: what the module derived from a seed, or gathered. They leave the result here."""
    made: dict[str, dict[str, Any]] = unveil(run.seed, answer.pop("veiled")) if "veiled" in answer else {}
    seeds = [run.seed, *run.recover]
    for key, name, seed in answer.pop("generated", []):
        field = resource.by_name[name]
        made.setdefault(key, {})[field.written_as or name] = field.make(seeds[seed], resource.kind, key)
    return made


def plain(value: Any) -> Any:
    """JSON's own types, from whatever Ansible's templating and vault made of them."""
    if isinstance(value, Mapping):
        return {str(key) if isinstance(key, str) else key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)
