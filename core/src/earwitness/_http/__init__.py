"""HTTP for all providers: connections, signing, repeating, bounding. `transport` alone knows the client library."""
