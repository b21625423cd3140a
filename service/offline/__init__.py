"""Work on files with the core that the service uses: publish, simulate, explain, report. Knows no Kafka."""
