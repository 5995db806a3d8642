"""What requests are allowed to say: query parameters, cursors, ids and bodies, and the same for OpenAPI."""
