"""The log: everything that talks to Kafka. aiokafka is imported here only."""

from service.kafka.client.batches import read_in_pieces
from service.kafka.client.client import expect_silence
from service.kafka.client.light_records import give_light_records

expect_silence()
read_in_pieces()
give_light_records()
