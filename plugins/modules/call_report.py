#!/usr/bin/python
# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: call_report
short_description: Counts what became of calls, per queue, agent and hour
version_added: 0.1.0
description:
  - Reads the logs that Asterisk keeps of calls on the host, and counts those of a period. It changes nothing.
  - The playbook C(switchboard.asterisk.report) makes a page of it.
  - No number and no name of a customer is in it.
  - A call counts to the period, the day and the hour in which it began.
  - How each number is counted is said in C(docs/call-records.md) of this collection.
author:
  - Switchboard (@switchboard)
options:
  start:
    description: A day (C(2026-11-25)), or a day and a time (C(2026-11-25 08:00)), by the host's clock. Midnight before now when not given.
    type: str
  end:
    description: The same. A day alone is counted to its end. Now when not given.
    type: str
  time_zone:
    description: Days and hours by the clock of this time zone (C(Europe/Stockholm)) instead of the host's own.
    type: str
  logs:
    description: Folder of Asterisk's logs.
    type: path
    default: /var/log/asterisk
  store:
    description: Folder of the store, which knows the names of agents and queues.
    type: path
    default: /var/lib/switchboard
attributes:
  check_mode:
    description: It changes nothing anyway.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
"""

EXAMPLES = r"""
- name: Count the calls of a week
  switchboard.asterisk.call_report:
    start: 2026-11-16
    end: 2026-11-22
  register: week

- name: Say how many callers of queues were answered in time
  ansible.builtin.debug:
    msg: "{{ week.report.total.service_level }} %"
"""

RETURN = r"""
report:
  description: The report.
  type: dict
  returned: success
  contains:
    from:
      description: When it begins.
      type: str
    to:
      description: The first moment after it.
      type: str
    total:
      description: All queues together, with the same counts as one.
      type: dict
    queues:
      description:
        - For each queue how many calls were C(offered), and of these C(answered), C(abandoned) (hung up while waiting), C(timed_out), C(left) (sent on),
          C(refused) (not let in), C(lost) (Asterisk ended) and C(waiting) (still); C(within) and C(abandoned_early) are those within the C(target).
        - C(service_level) in percent, nothing for a queue without a target; waits and talk in seconds.
      type: list
      elements: dict
    agents:
      description: For each agent who had calls, how many were C(answered) (C(queued) of them from queues), C(missed) and C(made), and seconds spoken in them.
      type: list
      elements: dict
    hours:
      description: The counts of all queues by hour of the day.
      type: list
      elements: dict
    days:
      description: The counts of all queues by day, at most 400 days.
      type: list
      elements: dict
    listened:
      description: Who listened to whom, when and how; the last 500 times.
      type: list
      elements: dict
    unreadable:
      description: Lines of the logs that could not be read.
      type: int
    damaged:
      description: Rotated logs that could not be read to their end.
      type: list
      elements: str
module:
  description: Peak memory in MiB, seconds and Python of the module on the host.
  type: dict
  returned: always
"""

from ansible_collections.switchboard.asterisk.plugins.module_utils.bridge import main_of
from ansible_collections.switchboard.asterisk.plugins.module_utils.reporting import ARGUMENTS, run_report

if __name__ == "__main__":
    main_of(ARGUMENTS, run_report)
