"""The door for events: the bus in this process or Kafka, the relay out, the consumer in."""
