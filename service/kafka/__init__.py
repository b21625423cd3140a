"""The log: everything that talks to Kafka. aiokafka is imported here only."""

from service.kafka.header_names import read_any_header_name

read_any_header_name()
