"""The log: everything that talks to Kafka. aiokafka is imported here only."""

from service.kafka.batches import read_in_pieces
from service.kafka.client import expect_silence
from service.kafka.light_records import give_light_records

expect_silence()
read_in_pieces()
give_light_records()
