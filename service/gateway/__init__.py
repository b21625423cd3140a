"""The gateway: webhooks of help desks, verified, mapped and ready to be published. Knows no Kafka."""
