# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task of module call_report: what a host's logs say of a period."""
from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from .control.host import ZONES, Host
from .model.errors import Unready, Wrong
from .records.logs import Logs
from .records.period import Period, midnight, moment, said
from .records.report import Names, report
from .task import measured, opened

ARGUMENTS: dict[str, dict[str, Any]] = {
    "start": {"type": "str"},
    "end": {"type": "str"},
    "time_zone": {"type": "str"},
    "logs": {"type": "path", "default": "/var/log/asterisk"},
    "store": {"type": "path", "default": Host.state},
}


def run_report(params: Mapping[str, Any], _check: bool, _diff: bool, result: dict[str, Any]) -> None:
    """From arguments to `result`. It changes nothing, so check mode is no different. Raises Trouble."""
    if params["time_zone"]:
        set_zone(params["time_zone"])
    now = time.time()
    period = Period(moment(params["start"], "start") if params["start"] else midnight(now), moment(params["end"], "end", last=True) if params["end"] else now)
    if period.end <= period.start:
        raise Wrong(f"is not after the start, {said(period.start)}", "end")
    logs = Logs(params["logs"])
    if not os.path.isdir(logs.folder):
        raise Unready(f"there is no {logs.folder}: has role asterisk set this host up?")
    with opened(Host(state=params["store"])) as store:
        documents = store.read()[2]
    try:
        result["report"] = {**report(logs, period, Names.of(documents)), "time_zone": params["time_zone"] or time.strftime("%Z", time.localtime(period.start)),
                            "made": said(now)}
    except OSError as wrong:
        raise Unready(f"{wrong.filename or logs.folder} cannot be read ({wrong.strerror}): become root") from None
    measured(result)


def set_zone(name: str) -> None:
    """The clock that days and hours are told by, in this process."""
    if not os.path.isfile(os.path.join(ZONES, name)) or ".." in name or name.startswith("/"):
        raise Wrong(f"{name} is no time zone that this host knows: see {ZONES}", "time_zone")
    os.environ["TZ"] = name
    time.tzset()
