"""A policy file that uses every field."""

VIP = """\
policy: vip
version: 3
effective_from: 2026-01-01T00:00:00+08:00
title: {en: Promise, zh: 承诺}
match:
  tenant: north
  region: [no, "1:30", 010]
calendar: always
stalled_after: 20m
clocks:
  response:
    clause: 2.10
    start: received
    stop: [response_started]
    when: {priority: [p1, p2]}
    pause: [customer, vendor]
    levels:
      - {level: warning, after: 80%}
      - {level: minor, after: 30m}
      - {level: major, after: 1h}
"""
