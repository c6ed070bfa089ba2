# SPDX-License-Identifier: GPL-3.0-or-later
"""Two telephones in a call: the whole way from YAML to audio."""


def test_two_phones_call_each_other_by_number(phone):
    anna, bo = phone("anna"), phone("bo")
    for caller, called, number in ((anna, bo, "1002"), (bo, anna, "1001")):
        caller.dial(number)
        called.ringing().answer().established()
        caller.established()
        caller.hears(called)
        called.hears(caller)
        caller.hangup()
        called.ended()


def test_the_callee_sees_name_and_number(phone):
    anna, bo = phone("anna"), phone("bo")
    anna.dial("1002")
    bo.ringing()
    assert bo.caller == ("Anna Svensson", "1001")
    anna.hangup()
