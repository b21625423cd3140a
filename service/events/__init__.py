"""Event conversion: CloudEvents to facts, announcements to event data. Independent of Kafka."""
