"""The log: everything that talks to Kafka. aiokafka is imported here only."""

from service.kafka.header_names import read_any_header_name
from service.kafka.record import give_light_records

read_any_header_name()
give_light_records()
