"""aiokafka, made fit: clients for clusters in which a broker hangs, and records that cost little."""
