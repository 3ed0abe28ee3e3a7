"""From files of text to typed columns; what cannot be read is set aside."""
