"""What a user would pick instead, each doing the same work as the service."""
