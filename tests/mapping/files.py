"""A mapping file with every form of the language, and what can be wrong with it."""

GOOD = """
mapping: every-form
source: /desk/every
tenant: {read: org, values: {a: east, b: west}, else: north}
ticket: {read: ticket.number, replace: {" ": "-"}}
tables:
  channels: {tel: phone, mail: email, fax: }
deliveries:
  - rule: created
    when:
      kind: created
      delivery.endpoint: [one, two]
      ticket.closed_at: null
      ticket.state: {not: [draft, spam]}
      "[old.tags, new.tags]": {gained: vip}
      "[old.tags, new.tags] | [*]": {lost: [a, b]}
      ticket.tags: {contains: complaint}
      ticket.title: {begins: [Re, Fwd]}
      ticket.by: {ends: _bot}
      note.author: {differs_from: ticket.author}
      note.kind: {not: {same_as: ticket.kind}}
    event: received
    id: "{ticket.id}/created"
    time:
      read: [ticket.created, delivery.instant]
      format: [rfc3339, "%d.%m.%Y %H:%M", unix_s]
      zone: Asia/Shanghai
      cut: s
      none: [0001-01-01, null]
    data:
      customer_id: {read: ticket.customer}
      channel: {read: ticket.channel, values: channels, unknown: other}
      complexity: general
      priority: {read: lower(ticket.priority), values: {1: low, 2: high}, unknown: ignore}
  - rule: changed
    when: {kind: changed}
    each: {change: changes}
    with:
      field: change.field
      old: {read: change.old, values: {1: low}, else: none}
      who: {find: people, by: change.by, key: id}
    id: "change/{change.id}"
    time:
      read: change.day
      format: "%d.%m.%Y"
      date_at: "09:00"
      zone: "+08:00"
      plus: {minutes: change.after}
    events:
      - closed
      - {event: reassigned, id: "x/{change.id}", data: {agent_id: {read: who.id}}}
  - rule: gone
    when: {kind: gone}
    ticket: ticket.id
    event: voided
    id: "{ticket.id}/gone"
    time: gone_at
    data: {event_id: {id_of: created}, event_source: /desk/other}
  - when: {kind: unsaid}
    event: voided
    id: "{ticket.id}/unsaid"
    time: gone_at
    data: {event_id: {id: "change/{ticket.change}/closed"}}
history:
  - history: tickets
    each: {ticket: tickets, change: ticket.changes}
    with: {first: "ticket.changes[0].old"}
    when: {change.kind: {not: null}}
    endpoint: one
    headers: {x-kind: created}
    body: {kind: "'changed'", ticket: {id: ticket.id, number: first}}
rows:
  columns: {nr: Ticket, what: Action, at: When, who: 4}
  delimiter: tab
  encoding: gb18030
  files:
    people: {file: people.csv, columns: {id: Id, team: Team}}
  ticket: {read: nr, replace: {" ": "-"}}
  time: {read: at, format: "%Y-%m-%d %H:%M", zone: Europe/Rome}
  id: "{nr}/{delivery.row}"
  rules:
    - rule: receipt
      once: true
      event: reopened
      data: {customer_id: {read: who}, channel: other}
    - rule: wait
      when: {what: wait}
      with: {person: {find: people, by: who, key: id}}
      event: paused
      data: {reason: {read: person.team}}
      until_next: resumed
"""


def with_change(old: str, new: str) -> str:
    """The good file with one thing changed."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


# What the schema sees: the old text, the new text, and what the checker says.
WRONG_FORM = [
    ("  columns: {nr: Ticket, what: Action, at: When, who: 4}\n", "", "rows.columns: is missing"),
    ("who: 4}", "who: 0}", "rows.columns.who: “0” is no position: columns are counted from 1"),
    ("delimiter: tab", "delimiter: tabs", "rows.delimiter: “tabs” must be one character, or tab"),
    ("      once: true", "      once: yes please", "rows.rules[0].once: must be true"),
    ("until_next: resumed", "until_next: resume", "“resume” is no event of the contract"),
    ("people: {file: people.csv,", "people: {fil: people.csv,", "rows.files.people.file: is missing"),
    ("mapping: every-form\n", "", "mapping: is missing"),
    ("mapping: every-form", "maping: every-form", "m.yaml:2: maping: no such field; did you mean mapping?"),
    ("source: /desk/every", "source: desk one", "m.yaml:3: source: “desk one” must have 1 to 128 characters"),
    (
        "    event: received",
        "    event: recieved",
        "“recieved” is no event of the contract; did you mean received?",
    ),
    ("    event: received\n", "", "m.yaml:9: deliveries[0]: must have one of event and events"),
    ("      - closed\n", "      - closd\n", "deliveries[1].events[0]: “closd” is no event"),
    (
        "      customer_id:",
        "      customer_ip:",
        "deliveries[0].data.customer_ip: received has no such field",
    ),
    ("data: {agent_id:", "data: {score:", "reassigned has no such field; it is one of team, agent_id"),
    ('    id: "{ticket.id}/created"', "    id: created", "“created” has no {expression}"),
    ("ticket.state: {not: [draft, spam]}", "ticket.state: {isnt: draft}", "ticket.state.isnt: no such field"),
    ("{begins: [Re, Fwd]}", "{begins: Re, ends: x}", "must have one of not, gained"),
    ("      cut: s\n", "      cut: day\n", "deliveries[0].time.cut: “day” is no unit to cut to"),
    ('date_at: "09:00"', 'date_at: "9:00"', "“9:00” is no time of day"),
    ("plus: {minutes:", "plus: {months:", "must have one of seconds, minutes, hours"),
    ("    each: {change: changes}", "    each: {delivery: changes}", "the name delivery is kept"),
    ("    each: {change: changes}", "    each: {my-change: changes}", "the name must have letters"),
    ("    each: {change: changes}", "    each: {change: changes, more: change.more}", "must name one array"),
    ("unknown: other}", "unknown: ignored}", "“ignored” is no way to take a text; did you mean ignore?"),
    ("{id_of: created}", "{id_off: created}", "event_id.id_off: no such field"),
    ("{id_of: created}", "{id_of: created, id: '{a}'}", "must have one of read, id and id_of"),
    ("    body: {kind: \"'changed'\", ticket: {id: ticket.id, number: first}}\n", "", "body: is missing"),
    ("who: {find: people, by:", "who: {find: people, buy:", "with.who.by: is missing"),
    (
        '      - {event: reassigned, id: "x/{change.id}", data: {agent_id: {read: who.id}}}',
        "      - {when: {field: owner}}",
        "deliveries[1].events[1].event: is missing",
    ),
]
# What only the checker sees.
WRONG_SENSE = [
    ("person.team", "persn.team", "“persn” is no column; did you mean person?"),
    ("encoding: gb18030", "encoding: utf-16", "“utf-16” is no encoding that lines can be read in"),
    ("until_next: resumed", "until_next: closed", "gives closed the data of the rule, which it cannot have"),
    (
        "      once: true\n",
        "      once: true\n      until_next: closed\n",
        "once: has no use beside until_next",
    ),
    ("ticket.created,", "ticket.crea ted,", "“ticket.crea ted” is no JMESPath expression"),
    ("lower(ticket.priority)", "upper(ticket.priority)", "calls upper(), which is no function"),
    ("lower(ticket.priority)", "'lower(ticket.priority, a)'", "calls lower() with 2 arguments; it takes 1"),
    (
        "lower(ticket.priority)",
        "'!ticket.priority'",
        "negates only its first name, not the whole path; write !(…)",
    ),
    ("lower(ticket.priority)", '"@"', "reads @ from the top; write delivery.body"),
    ("lower(ticket.priority)", '"&a"', "has & outside the arguments of a function"),
    ("delivery.endpoint: [one", "delivery.endpint: [one", "reads what delivery does not have"),
    ("values: channels", "values: chanels", "“chanels” is no table of the file; did you mean channels?"),
    ("{id_of: created}", "{id_of: gone}", "“gone” is the id of no other rule's event"),
    ("{id_of: created}", "{id_of: changed}", "“changed” is the id of no other rule's event"),
    ('    id: "{ticket.id}/created"', '    id: "{delivery.happened}"', "names an id with delivery.happened"),
    (
        "      field: change.field\n",
        "      field: lower(field)\n",
        "with.field: uses field, which is not above it",
    ),
    ("      field: change.field\n", "      field: old.name\n", "with.field: uses old, which is not above it"),
    ("zone: Asia/Shanghai", "zone: Asia/Shangai", "“Asia/Shangai” is neither a time zone"),
    ("%d.%m.%Y %H:%M", "dd.MM.yyyy HH:mm", "“dd.MM.yyyy HH:mm” is no format: it is one of rfc3339"),
    ("%d.%m.%Y %H:%M", "%s", "has %s; write unix_s or unix_ms"),
    ("%d.%m.%Y %H:%M", "%Z %d.%m.%Y", "has %Z elsewhere than at its end"),
    ('      date_at: "09:00"\n', "", "time.format: has no time of day; say with date_at"),
    (
        "      - closed\n",
        "      - {event: closed, ticket: [a]}\n",
        "deliveries[1].events[0].ticket: must",
    ),
    ('    id: "{ticket.id}/gone"\n', "", "m.yaml:52: deliveries[2]: the event voided has no id"),
    ('    id: "{ticket.id}/gone"', '    id: "{ticket.id/gone"', "has a { that nothing closes"),
    ("  - rule: gone", "  - rule: created", "another rule has the name created, too"),
    ("else: none}", "else: none, unknown: error}", "unknown: has no use beside else"),
    (
        "{read: ticket.customer}",
        "{read: ticket.customer, unknown: ignore}",
        "unknown: has no use without values",
    ),
    ("mapping: every-form", "<<: *defaults", "uses an anchor or alias; write the lines out"),
    ("mapping: every-form", "mapping: &m every-form", "uses an anchor or alias; write the lines out"),
    ("mapping: every-form", "mapping: !!python/name:os.system every-form", "uses the tag"),
    ("mapping: every-form", "mapping: a\nmapping: b", "mapping: is given twice, first on line 2"),
]
