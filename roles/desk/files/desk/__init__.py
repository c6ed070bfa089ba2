# Copyright (c) 2026, the Switchboard authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk: what people sign in to. web.py speaks to browsers, and over a socket to the keeper, which knows people, the store and Asterisk."""
