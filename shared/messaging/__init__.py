"""How events come and go: the bus in this process or Kafka, the relay out, the consumer in."""
