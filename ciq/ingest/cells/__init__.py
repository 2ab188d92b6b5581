"""What a text or a wider value says as the declared type: exactly, or not at all."""
