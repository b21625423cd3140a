"""Commands on files, with the service's core: publish, simulate, explain, report. Independent of Kafka."""
