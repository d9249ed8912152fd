"""The real app in process, and the services, on real databases."""
