"""The log: everything that talks to Kafka. aiokafka is imported here only."""
